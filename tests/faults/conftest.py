"""Empty databases whose commits are durable, as they are served."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.postgres import drop_database, new_database, postgres_server


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own, without a schema: the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shops.db'}"
        return
    server = request.getfixturevalue("durable_postgres")
    made = asyncio.run(new_database(server))
    yield made
    asyncio.run(drop_database(server, made))
