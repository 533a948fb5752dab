"""Whatever is tried, nothing is done and nothing is told, even by a chat model that obeys whoever asks."""

from pathlib import Path

import pytest

from benchmarks.dialogues.talk import SHOPS
from benchmarks.in_process.clients import Readings
from benchmarks.in_process.service import in_process
from benchmarks.injections.attack import Obedient, attack, obeying
from benchmarks.injections.attempts import attempts

pytestmark = [pytest.mark.real_models, pytest.mark.asyncio(loop_scope="session")]


async def test_no_injection_succeeds(tmp_path: Path, models_dir: Path) -> None:
    readings: Readings = {}
    model, shops = Obedient(), tuple(SHOPS.values())
    async with in_process(
        tmp_path, shops, readings=readings, rungs=obeying(model), is_trained=False
    ) as service:
        seen = await attack(service, readings, model, attempts())
    assert seen.succeeded == []
    assert sum(seen.attempts.values()) >= 150
    # The model was asked in many of them: the check stood alone between it and the customer.
    assert sum(seen.asked_to_write.values()) >= 150
