"""Unit tests run in seconds: no network, no Ray."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import pytest_socket

from benchmarks.postgres import drop_database, new_database
from cluster.config import load, profile_path, resolve_secret
from cluster.training import train_missing
from commerce.demo.policy import DEMO_POLICY
from commerce.demo.shop import DemoSeed, seed_demo
from commerce.domain.identity import ApiKeyRole
from commerce.store import Store, migrate, open_store
from deployments.api.app import create_app
from deployments.identity import GatewayIdentity, Ladder, RungQuality
from deployments.recommendation import Recommendation
from deployments.segmentation import Segmentation
from tests.builders import TENANT, new_key
from tests.local_service import SIZE, Local, OptionalStage, Shop, token


@pytest.fixture(autouse=True)
def no_network_no_ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A socket or a cluster in a unit test is an error. Event loops need a pair of local sockets; PostgreSQL has one, too."""
    pytest_socket.disable_socket(allow_unix_socket=True)

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a unit test must not start Ray; move it to tests/integration")

    monkeypatch.setattr("ray.init", refuse)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoSeed]:
    """A small seeded shop, made once; each test works on a copy."""
    path = tmp_path_factory.mktemp("seeded") / "shop.db"

    async def make() -> DemoSeed:
        await migrate(f"sqlite+aiosqlite:///{path}")
        async with open_store(f"sqlite+aiosqlite:///{path}") as store:
            made = await seed_demo(store, 7, datetime.now(UTC), size=SIZE)
        config = load(profile_path("fake"), (f"identity.home={path.parent}",))
        await train_missing(config, lambda text, share: None)
        return made

    demo = asyncio.run(make())
    # Everything out of the write-ahead log, so that one file is the whole shop.
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path, demo


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema of this version, to copy."""
    path = tmp_path_factory.mktemp("empty") / "store.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def empty_postgresql(postgres: str) -> str:
    """A database with the schema of this version, to copy."""

    async def make() -> str:
        url = await new_database(postgres)
        await migrate(url)
        return url

    return asyncio.run(make())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own, with the schema: the test runs once on each kind."""
    if request.param == "sqlite":
        empty = request.getfixturevalue("empty_sqlite")
        yield f"sqlite:///{shutil.copy(empty, tmp_path / 'shop.db')}"
        return
    server = request.getfixturevalue("postgres")
    made = asyncio.run(new_database(server, request.getfixturevalue("empty_postgresql")))
    yield made
    asyncio.run(drop_database(server, made))


@pytest_asyncio.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An empty shop's, on each kind of database."""
    async with open_store(url) as opened:
        await opened.create_tenant(TENANT, DEMO_POLICY)
        yield opened


@pytest_asyncio.fixture
async def shop(tmp_path: Path, seeded: tuple[Path, DemoSeed]) -> AsyncIterator[Shop]:
    template, demo = seeded
    shutil.copy(template, tmp_path / "shop.db")
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}") as store:
        on = RungQuality(
            rung="small", intent="greeting_thanks", language="en", quality=1.0, items=1, source="test"
        )
        identity = GatewayIdentity(
            generations=("small",), generation_tokens={"small": 64}, ladder=Ladder(measured=(on,))
        )
        segmentation, recommendation = Segmentation(resolve_secret), Recommendation(resolve_secret)
        stages: tuple[Segmentation | Recommendation, ...] = (segmentation, recommendation)
        for stage in stages:
            await stage.reconfigure({"store": f"sqlite:{tmp_path / 'shop.db'}"})
        service = Local(store, identity, OptionalStage(segmentation), OptionalStage(recommendation))
        key = await new_key(store, demo.tenant_id, ApiKeyRole.SHOP)
        operator_key = await new_key(store, demo.tenant_id, ApiKeyRole.OPERATOR)
        transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://kefu", headers=headers) as client:
            yield Shop(
                client, service, demo, operator_key, token(demo.customer_id), token(demo.other_customer_id)
            )
        for stage in stages:
            await stage.aclose()
