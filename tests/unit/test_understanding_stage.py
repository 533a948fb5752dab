"""The understanding stage: a shop's promoted adapter reads for that shop alone, and a candidate reads in its shadow."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.errors import StoreUnavailable
from commerce.domain.tenants import ModelKind
from commerce.store import Store, migrate, open_store
from deployments import understanding
from deployments.understanding import Understanding
from models.artifacts import Published, publish, write_model
from models.errors import EngineFailed
from models.types import Understood
from models.understanding.engine import UnderstandingSpec
from models.understanding.fake import FakeUnderstanding
from tests.builders import TENANT

LIVE, SHADOW = ModelKind.UNDERSTANDING, ModelKind.UNDERSTANDING_SHADOW
OTHER = replace(TENANT, tenant_id="other")


class Named(FakeUnderstanding):
    """The fake engine, whose readings tell which adapter made them."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        if self._name == "broken" and list(texts) != ["热身", "warm-up"]:
            raise EngineFailed("understanding", "this adapter reads nothing")
        said = super().predict(texts)
        return [replace(reading, intent=self._name, probability=0.5) for reading in said]


def unbatched() -> Any:
    """In place of Serve's batching, which is of one replica's event loop: each message by itself."""

    async def predict(self: Understanding, message: tuple[str, str]) -> Understood | Exception:
        return (await self.read([message]))[0]

    def set_to(_: float) -> None:
        """There is no batch to limit."""

    predict.set_max_batch_size = predict.set_batch_wait_timeout_s = set_to  # type: ignore[attr-defined]
    return predict


def load(spec: UnderstandingSpec) -> Named:
    folder = spec.adapter.removeprefix("path:")
    name = Path(folder, "name.txt")
    return Named(name.read_text() if name.is_file() else "configured")


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}"
    await migrate(url)
    async with open_store(url) as opened:
        for tenant in (TENANT, OTHER):
            await opened.create_tenant(tenant, DEMO_POLICY)
        yield opened


@pytest_asyncio.fixture
async def stage(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Understanding]:
    monkeypatch.setattr(understanding, "load", load)
    monkeypatch.setattr(Understanding, "_predict", unbatched())
    made = Understanding(lambda _: f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}")
    await made.reconfigure({"engine": "fake", "poll_ms": 50, "models_dir": str(tmp_path)})
    yield made
    await made.aclose()


def published(folder: Path, name: str) -> Published:
    source = folder / f"source-{name}"
    write_model(source, "understanding", {}, {"numbers": np.zeros(1)})
    (source / "name.txt").write_text(name)
    return publish(source, str(folder / "trained"))


async def said(stage: Understanding, tenant_id: str, *texts: str) -> list[str]:
    return [reading.intent for reading in await stage.understand(tenant_id, list(texts or ("hello",)))]


async def until(is_so: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait for what another task brings about: there is no event to wait for across the change log."""
    async with asyncio.timeout(seconds):
        while not await is_so():
            await asyncio.sleep(0.02)


async def test_a_promoted_adapter_reads_for_its_shop_alone_and_a_rollback_takes_it_back(
    stage: Understanding, store: Store, tmp_path: Path
) -> None:
    assert await said(stage, "demo") == await said(stage, "other") == ["configured"]
    mine = published(tmp_path, "mine")
    await store.promote_model("demo", LIVE, mine.version, mine.url)

    async def is_mine() -> bool:
        return await said(stage, "demo") == ["mine"]

    await until(is_mine)
    batch = await stage.read([("demo", "a"), ("other", "b"), ("demo", "c")])
    assert [reading.intent for reading in batch if isinstance(reading, Understood)] == [
        "mine",
        "configured",
        "mine",
    ]
    status = await stage.status()
    assert f"demo:{mine.version[:12]}" in status.model and status.change_seq == await store.latest_change()
    assert await store.rollback_model("demo", LIVE) is None

    async def is_back() -> bool:
        return await said(stage, "demo") == ["configured"]

    await until(is_back)


async def test_a_new_replica_starts_with_what_was_promoted(
    stage: Understanding, store: Store, tmp_path: Path
) -> None:
    mine = published(tmp_path, "mine")
    await store.promote_model("demo", LIVE, mine.version, mine.url)
    again = Understanding(lambda _: f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}")
    await again.reconfigure({"engine": "fake", "models_dir": str(tmp_path)})
    assert await said(again, "demo") == ["mine"]
    await again.aclose()


async def test_a_candidate_never_answers_and_is_counted(
    stage: Understanding, store: Store, tmp_path: Path
) -> None:
    candidate = published(tmp_path, "candidate")
    await store.promote_model("demo", SHADOW, candidate.version, candidate.url)

    async def is_loaded() -> bool:
        return "shadow demo" in (await stage.status()).model

    await until(is_loaded)
    batch = await stage.read([("demo", "one"), ("other", "four"), ("demo", "two"), ("demo", "three")])
    assert [reading.intent for reading in batch if isinstance(reading, Understood)] == ["configured"] * 4

    async def is_tallied() -> bool:
        tally = await store.shadow_tally("demo", candidate.version)
        return tally is not None and tally.texts == 3

    await until(is_tallied)
    tally = await store.shadow_tally("demo", candidate.version)
    assert tally is not None
    # The other shop's message is not read.
    assert (tally.texts, tally.same_intent, tally.same_decision, tally.failed) == (3, 0, 3, 0)
    assert tally.live_ms > 0 and tally.shadow_ms > 0 and tally.live_version is None


async def test_a_candidate_that_fails_harms_no_answer(
    stage: Understanding, store: Store, tmp_path: Path
) -> None:
    broken = published(tmp_path, "broken")
    await store.promote_model("demo", SHADOW, broken.version, broken.url)

    async def is_loaded() -> bool:
        return "shadow demo" in (await stage.status()).model

    await until(is_loaded)
    assert await said(stage, "demo", "one", "two") == ["configured"] * 2

    async def is_tallied() -> bool:
        tally = await store.shadow_tally("demo", broken.version)
        return tally is not None and tally.texts == 2

    await until(is_tallied)
    tally = await store.shadow_tally("demo", broken.version)
    assert tally is not None and (tally.texts, tally.failed) == (2, 2)
    await stage.check_health()


async def test_counts_wait_for_a_store_that_is_away(
    stage: Understanding, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = published(tmp_path, "candidate")
    await store.promote_model("demo", SHADOW, candidate.version, candidate.url)

    async def is_loaded() -> bool:
        return "shadow demo" in (await stage.status()).model

    await until(is_loaded)
    asked = asyncio.Event()

    async def refuse(*_: object) -> None:
        asked.set()
        raise StoreUnavailable("away")

    with monkeypatch.context() as away:
        away.setattr(Store, "add_shadow_tally", refuse)
        await said(stage, "demo", "one")
        await asyncio.wait_for(asked.wait(), 10)
    assert await store.shadow_tally("demo", candidate.version) is None
    await said(stage, "demo", "two")

    async def has_both() -> bool:
        tally = await store.shadow_tally("demo", candidate.version)
        return tally is not None and tally.texts == 2

    await until(has_both)


async def test_explanations_come_from_the_shops_own_adapter(stage: Understanding) -> None:
    found = await stage.explain("demo", "我要发票")
    assert [token.text for token in found.tokens] == ["发票"]
