"""Promoted models follow the change log; what can't be read never replaces what is served."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.errors import NothingToRollBack, PromotionConflict, TenantNotFound
from commerce.domain.tenants import ChangeKind, ModelKind, ModelVersion, PromotedModel
from commerce.store import Store
from commerce.store.sqlite import SQLiteConnection
from deployments.changes import ChangeFeed
from deployments.errors import StageUntrained
from deployments.promoted import PromotedModels
from deployments.trained import TrainedStage
from models.artifacts import CARD, Published, publish, read_model, write_model
from tests.builders import TENANT

KIND = ModelKind.SEGMENTATION
LIVE, SHADOW = ModelKind.UNDERSTANDING, ModelKind.UNDERSTANDING_SHADOW
FIRST, SECOND, THIRD = (ModelVersion(letter * 64, f"file:///{letter}") for letter in "abc")


def made(folder: Path, text: str) -> Published:
    source = folder / f"source-{text}"
    write_model(source, KIND.value, {"text": text}, {"numbers": np.zeros(1)})
    return publish(source, str(folder / "trained"))


def text_of(folder: Path) -> str:
    return str(read_model(folder, KIND.value)[0]["text"])


class Held:
    """A loader: what it reads comes out when it is let go; of the texts in `broken` nothing does, while there are any."""

    def __init__(self, *broken: str) -> None:
        self.broken = set(broken)
        self.held: set[str] = set()
        self.tried: list[str] = []
        self.is_held, self.goes_on, self.has_ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, folder: Path) -> str:
        text = text_of(folder)
        self.tried.append(text)
        if text in self.held:
            self.is_held.set()
            assert self.goes_on.wait(30)
            self.has_ended.set()
        if text in self.broken:
            raise RuntimeError("CUDA out of memory")
        return text


ModelsOf = Callable[[Callable[[Path], str]], PromotedModels[str]]


@pytest_asyncio.fixture
async def models_of(store: Store, tmp_path: Path) -> AsyncIterator[ModelsOf]:
    """Promoted models over that loader, ended with the test."""
    made: list[PromotedModels[str]] = []

    def make(load: Callable[[Path], str]) -> PromotedModels[str]:
        made.append(PromotedModels(store, KIND, tmp_path / "cache", load))
        return made[-1]

    yield make
    for models in made:
        await models.aclose()


async def until_served(models: PromotedModels[str], tenant_id: str, text: str) -> None:
    """Wait for what another task brings about."""
    async with asyncio.timeout(10):
        while (found := models.find(tenant_id)) is None or found[1] != text:
            await asyncio.sleep(0.01)


async def test_a_promotion_is_served_and_a_damaged_one_is_not(
    store: Store, tmp_path: Path, models_of: ModelsOf
) -> None:
    models = models_of(text_of)
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
    assert models.of("demo") == "first"
    assert models.versions == f"demo:{first.version[:12]}, demo:{damaged.version[:12]} not loaded"
    third = made(tmp_path, "third")
    await store.promote_model("demo", KIND, third.version, third.url)
    await feed.poll()
    assert models.of("demo") == "third" and models.versions == f"demo:{third.version[:12]}"


async def test_whatever_a_model_raises_it_is_tried_again_ever_more_rarely(
    store: Store, tmp_path: Path, models_of: ModelsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    load = Held("first")

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 11:
            load.broken.clear()

    monkeypatch.setattr("deployments.promoted.sleep", sleep)
    models = models_of(load)
    feed = ChangeFeed(store, 50, models.apply)
    await feed.start()
    first = made(tmp_path, "first")
    await store.promote_model("demo", KIND, first.version, first.url)
    await feed.poll()
    await until_served(models, "demo", "first")
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] and len(load.tried) == 12
    assert models.versions == f"demo:{first.version[:12]}"


async def test_a_retry_holds_up_no_other_shop_and_gives_way_to_a_later_promotion(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, has_failed, is_tried_again = Held("broken"), asyncio.Event(), asyncio.Event()

    async def sleep(_: float) -> None:
        has_failed.set()
        await is_tried_again.wait()

    monkeypatch.setattr("deployments.promoted.sleep", sleep)
    stage = TrainedStage(lambda _: url, KIND, load)
    await stage.reconfigure({"poll_ms": 50, "cache_dir": str(tmp_path / "cache")})
    await store.create_tenant(replace(TENANT, tenant_id="other"), DEMO_POLICY)
    broken, later, theirs = (made(tmp_path, text) for text in ("broken", "later", "theirs"))
    try:
        async with asyncio.timeout(20):
            await store.promote_model("demo", KIND, broken.version, broken.url)
            # Not before: the others do wait a little for a first attempt.
            await has_failed.wait()
            assert "not loaded" in stage.models.versions
            load.held, load.broken = {"broken"}, set()
            is_tried_again.set()
            assert await asyncio.to_thread(load.is_held.wait, 10)

            await store.promote_model("other", KIND, theirs.version, theirs.url)
            await until_served(stage.models, "other", "theirs")
            assert await stage.compute(str.upper, stage.models.of("other")) == "THEIRS"
            while (await stage.status()).change_seq != await store.latest_change():
                await asyncio.sleep(0.01)

            await store.promote_model("demo", KIND, later.version, later.url)
            await until_served(stage.models, "demo", "later")
            load.goes_on.set()
            assert await asyncio.to_thread(load.has_ended.wait, 10)
            # Its own turn comes before a further promotion's.
            await store.promote_model("other", KIND, later.version, later.url)
            await until_served(stage.models, "other", "later")
            assert stage.models.of("demo") == "later" and "not loaded" not in stage.models.versions
    finally:
        load.goes_on.set()
        await stage.aclose()


async def test_a_first_attempt_that_hangs_is_not_waited_for_and_is_made_again(
    store: Store, tmp_path: Path, models_of: ModelsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, is_tried_again = Held(), asyncio.Event()
    load.held = {"first"}
    for limit in ("_PATIENCE_S", "_ATTEMPT_S"):
        monkeypatch.setattr(f"deployments.promoted.{limit}", 0.2)
    monkeypatch.setattr("deployments.promoted.sleep", lambda _: is_tried_again.wait())
    models = models_of(load)
    feed = ChangeFeed(store, 50, models.apply)
    await feed.start()
    first = made(tmp_path, "first")
    await store.promote_model("demo", KIND, first.version, first.url)
    try:
        await asyncio.wait_for(feed.poll(), 10)
        assert feed.seq == await store.latest_change()
        assert models.versions == f"demo:{first.version[:12]} not loaded"
        load.held = set()
        is_tried_again.set()
        await until_served(models, "demo", "first")
    finally:
        load.goes_on.set()


async def test_nothing_is_tried_again_after_the_end(
    store: Store, tmp_path: Path, models_of: ModelsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    async def sleep(_: float) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("demo")

    monkeypatch.setattr("deployments.promoted.sleep", sleep)
    models = models_of(Held("first"))
    first = made(tmp_path, "first")
    await store.promote_model("demo", KIND, first.version, first.url)
    await models.load_all()
    await asyncio.sleep(0)
    await models.aclose()
    assert ended == ["demo"]


async def test_the_last_promotion_is_the_one_that_is_stored(store: Store) -> None:
    assert await store.promoted_model("demo", KIND) is None
    await store.promote_model("demo", KIND, "a" * 64, "first")
    await store.promote_model("demo", KIND, "b" * 64, "second")
    stored = await store.promoted_model("demo", KIND)
    assert stored is not None and (stored.version, stored.url) == ("b" * 64, "second")
    assert await store.promoted_model("demo", ModelKind.RECOMMENDATION) is None
    with pytest.raises(TenantNotFound):
        await store.promote_model("nobody", KIND, "a" * 64, "first")


async def promote(store: Store, *models: ModelVersion) -> None:
    for model in models:
        await store.promote_model("demo", KIND, model.version, model.url)


async def served(store: Store) -> tuple[ModelVersion, ModelVersion | None] | None:
    """What is served, and what was before it."""
    found = await store.promoted_model("demo", KIND)
    return None if found is None else (ModelVersion(found.version, found.url), found.previous)


async def test_a_promotion_keeps_what_it_replaces(store: Store) -> None:
    await promote(store, FIRST)
    assert await served(store) == (FIRST, None)
    await promote(store, FIRST)
    assert await served(store) == (FIRST, None)
    await promote(store, SECOND)
    assert await served(store) == (SECOND, FIRST)
    # Again what is served already: there is still the first one to go back to.
    await promote(store, SECOND)
    assert await served(store) == (SECOND, FIRST)
    await promote(store, THIRD)
    assert await served(store) == (THIRD, SECOND)


async def test_a_second_rollback_undoes_the_first(store: Store) -> None:
    await promote(store, FIRST, SECOND)
    back = await store.rollback_model("demo", KIND)
    assert back == await store.promoted_model("demo", KIND)
    assert await served(store) == (FIRST, SECOND)
    await store.rollback_model("demo", KIND)
    assert await served(store) == (SECOND, FIRST)


async def test_behind_the_first_adapter_is_what_ships(store: Store) -> None:
    await promote(store, FIRST)
    await store.promote_model("demo", LIVE, THIRD.version, THIRD.url)
    assert await store.rollback_model("demo", LIVE) is None
    assert await store.promoted_model("demo", LIVE) is None
    assert await served(store) == (FIRST, None)
    before = await store.latest_change()
    with pytest.raises(
        NothingToRollBack, match=r"no understanding model to go back to: .* promote a model first"
    ):
        await store.rollback_model("demo", LIVE)
    assert await store.latest_change() == before


async def test_the_only_model_of_a_kind_of_which_none_ships_stays(store: Store) -> None:
    await promote(store, FIRST)
    with pytest.raises(NothingToRollBack):
        await store.rollback_model("demo", KIND)
    assert await served(store) == (FIRST, None)


async def test_a_candidate_takes_the_live_adapters_place_in_one_step(store: Store) -> None:
    await store.promote_model("demo", LIVE, FIRST.version, FIRST.url)
    await store.promote_model("demo", SHADOW, SECOND.version, SECOND.url)
    before = await store.latest_change()
    for candidate, live in ((THIRD, FIRST.version), (SECOND, THIRD.version), (SECOND, None)):
        with pytest.raises(PromotionConflict, match="judge it again"):
            await store.promote_candidate("demo", candidate.version, live)
    assert await store.latest_change() == before
    made = await store.promote_candidate("demo", SECOND.version, FIRST.version)
    assert made == await store.promoted_model("demo", LIVE)
    assert (made.version, made.previous) == (SECOND.version, FIRST)
    assert await store.promoted_model("demo", SHADOW) is None
    assert [c.entity_id for c in await store.changes_since(before)] == [LIVE.value, SHADOW.value]
    with pytest.raises(PromotionConflict):
        await store.promote_candidate("demo", SECOND.version, SECOND.version)


async def test_the_first_candidate_takes_the_place_of_what_ships(store: Store) -> None:
    await store.promote_model("demo", SHADOW, FIRST.version, FIRST.url)
    assert (await store.promote_candidate("demo", FIRST.version, None)).previous is None


async def test_replicas_hear_of_every_promotion_and_rollback(store: Store) -> None:
    async def heard(change: Coroutine[Any, Any, PromotedModel | None]) -> list[tuple[str, ChangeKind, str]]:
        before = await store.latest_change()
        await change
        return [(c.tenant_id, c.kind, c.entity_id) for c in await store.changes_since(before)]

    logged = [("demo", ChangeKind.MODEL, KIND.value)]
    assert await heard(store.promote_model("demo", KIND, FIRST.version, FIRST.url)) == logged
    assert await heard(store.promote_model("demo", KIND, SECOND.version, SECOND.url)) == logged
    assert await heard(store.rollback_model("demo", KIND)) == logged


@pytest.mark.parametrize("change", ["promote", "rollback", "candidate"])
async def test_what_replicas_cannot_hear_of_does_not_happen(
    store: Store, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("no change log")

    await promote(store, FIRST, SECOND)
    await store.promote_model("demo", SHADOW, THIRD.version, THIRD.url)
    changes: dict[str, Callable[[], Awaitable[object]]] = {
        "promote": lambda: promote(store, THIRD),
        "rollback": lambda: store.rollback_model("demo", KIND),
        "candidate": lambda: store.promote_candidate("demo", THIRD.version, None),
    }
    with monkeypatch.context() as broken:
        broken.setattr("commerce.store.models.record_change", fail)
        with pytest.raises(RuntimeError, match="no change log"):
            await changes[change]()
    assert await served(store) == (SECOND, FIRST)
    assert await store.promoted_model("demo", LIVE) is None


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_write_that_is_cancelled_at_any_operation_is_whole_or_not_there_and_locks_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, seen, cut = {name: getattr(SQLiteConnection, name) for name in ("short", "long", "commit")}, 0, 0
    tasks: list[asyncio.Task[PromotedModel]] = []
    while seen >= cut:  # until it ended before it could be cut
        cut, seen, before = cut + 1, 0, await store.latest_change()

        async def counted(self: SQLiteConnection, *args: Any, name: str, cut: int = cut, **named: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == cut:
                tasks[-1].cancel()
            return await calls[name](self, *args, **named)

        with monkeypatch.context() as watched:
            for name in calls:
                watched.setattr(SQLiteConnection, name, partialmethod(counted, name=name))
            tasks.append(asyncio.create_task(store.promote_model("demo", KIND, f"{cut:064}", "somewhere")))
            await asyncio.wait(tasks)
        found = await store.promoted_model("demo", KIND)
        is_there = found is not None and found.version == f"{cut:064}"
        assert await store.latest_change() - before == is_there
        async with asyncio.timeout(2):
            await store.promote_model("demo", LIVE, FIRST.version, FIRST.url)
    assert cut > 5
