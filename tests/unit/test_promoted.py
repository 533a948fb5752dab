"""Promoted models follow the change log; what can't be read never replaces what is served."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.errors import TenantNotFound
from commerce.domain.tenants import ModelKind
from commerce.store import Store, migrate, open_store
from deployments.changes import ChangeFeed
from deployments.errors import StageUntrained
from deployments.promoted import PromotedModels
from models.artifacts import CARD, Published, publish, read_model, write_model
from tests.builders import TENANT

KIND = ModelKind.SEGMENTATION


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}"
    await migrate(url)
    async with open_store(url) as opened:
        await opened.create_tenant(TENANT, DEMO_POLICY)
        yield opened


def made(folder: Path, text: str) -> Published:
    source = folder / f"source-{text}"
    write_model(source, KIND.value, {"text": text}, {"numbers": np.zeros(1)})
    return publish(source, str(folder / "trained"))


def text_of(folder: Path) -> str:
    return str(read_model(folder, KIND.value)[0]["text"])


async def test_a_promotion_is_served_and_a_damaged_one_is_not(store: Store, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        models = PromotedModels(store, KIND, tmp_path / "cache", text_of, thread)
        feed = ChangeFeed(store, 50, models.apply)
        await feed.start()
        await models.load_all()
        with pytest.raises(StageUntrained):
            models.of("demo")
        first = made(tmp_path, "first")
        await store.promote_model("demo", KIND, first.version, first.url)
        await feed.poll()
        assert models.of("demo") == "first" and first.version[:12] in models.versions
        # Another kind's promotion is not ours.
        await store.promote_model("demo", ModelKind.RECOMMENDATION, first.version, first.url)
        await feed.poll()
        damaged = made(tmp_path, "second")
        (Path(damaged.url) / CARD).write_text("forged")
        await store.promote_model("demo", KIND, damaged.version, damaged.url)
        await feed.poll()
        assert models.of("demo") == "first" and damaged.version[:12] not in models.versions
        third = made(tmp_path, "third")
        await store.promote_model("demo", KIND, third.version, third.url)
        await feed.poll()
        assert models.of("demo") == "third"


async def test_the_last_promotion_is_the_one_that_is_stored(store: Store) -> None:
    assert await store.promoted_model("demo", KIND) is None
    await store.promote_model("demo", KIND, "a" * 64, "first")
    await store.promote_model("demo", KIND, "b" * 64, "second")
    stored = await store.promoted_model("demo", KIND)
    assert stored is not None and (stored.version, stored.url) == ("b" * 64, "second")
    assert await store.promoted_model("demo", ModelKind.RECOMMENDATION) is None
    with pytest.raises(TenantNotFound):
        await store.promote_model("nobody", KIND, "a" * 64, "first")
