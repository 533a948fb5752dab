"""One service for all dialogues: the demonstration shop with the laptop profile's models."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from benchmarks.dialogues.talk import SHOPS
from benchmarks.in_process.clients import Readings
from benchmarks.in_process.service import InProcess, in_process


@dataclass
class Stage:
    """Where dialogues are played. What was read once is remembered."""

    service: InProcess
    readings: Readings = field(default_factory=dict)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> AsyncIterator[Stage]:
    readings: Readings = {}
    home = tmp_path_factory.mktemp("dialogues")
    async with in_process(home, tuple(SHOPS.values()), readings=readings, is_trained=False) as service:
        yield Stage(service, readings)
