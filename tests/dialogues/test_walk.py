"""A short random walk; `python -m benchmarks.dialogues.walk` goes the whole way."""

import pytest

from benchmarks.dialogues.walk import walk
from tests.dialogues.conftest import Stage

pytestmark = [pytest.mark.real_models, pytest.mark.asyncio(loop_scope="session")]


async def test_nothing_goes_wrong_on_a_random_walk(stage: Stage) -> None:
    seen = await walk(stage.service, stage.readings, turns=1_000, seed=7)
    assert seen.violations == []
    assert seen.turns == 1_000
    # It came to something: things were asked, offered, declined and done.
    assert min(seen.moves[move] for move in ("ask", "propose", "act", "drop", "hand_off", "clarify")) >= 5
    assert len(seen.done) >= 5
