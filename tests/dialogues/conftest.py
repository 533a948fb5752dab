"""One service for all dialogues: the demonstration shop with the laptop profile's models."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from benchmarks.dialogues.talk import SHOPS, first_messages
from benchmarks.in_process.clients import Readings
from benchmarks.in_process.service import InProcess, in_process
from benchmarks.in_process.shops import DEMO
from tests.dialogues.script import Dialogue


@dataclass
class Stage:
    """Where dialogues are played. What was read once is remembered."""

    service: InProcess
    readings: Readings = field(default_factory=dict)

    async def read(self, dialogues: Sequence[Dialogue]) -> None:
        """All that they say, in batches."""
        messages = [
            message for each in dialogues for message in first_messages(each.name, each.has, _says(each))
        ]
        await self.service.read(DEMO.tenant_id, messages)


def _says(dialogue: Dialogue) -> list[str]:
    return [turn["says"] for turn in dialogue.turns if "says" in turn]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> AsyncIterator[Stage]:
    readings: Readings = {}
    home = tmp_path_factory.mktemp("dialogues")
    async with in_process(home, tuple(SHOPS.values()), readings=readings, is_trained=False) as service:
        yield Stage(service, readings)
