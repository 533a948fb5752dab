"""The understanding stage: a shop's promoted adapter reads for that shop alone, and a candidate reads in its shadow."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.errors import StoreUnavailable
from commerce.domain.feedback import ShadowTally
from commerce.domain.tenants import ModelKind
from commerce.store import Store, migrate, open_store
from deployments import shadow, understanding
from deployments.identity import UnderstandingIdentity
from deployments.shadow import Shadow
from deployments.understanding import Understanding
from models.artifacts import Published, publish, write_model
from models.errors import EngineFailed
from models.types import IntentScore, Understood
from models.types.understanding import Explanation
from models.understanding.engine import UnderstandingSpec, read_each
from models.understanding.fake import FakeUnderstanding
from tests.builders import TENANT

LIVE, SHADOW = ModelKind.UNDERSTANDING, ModelKind.UNDERSTANDING_SHADOW
OTHER = replace(TENANT, tenant_id="other")
POISON = "poison"


class Named(FakeUnderstanding):
    """The fake engine, whose readings tell which adapter made them."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        if (self._name == "broken" and list(texts) != ["热身", "warm-up"]) or POISON in texts:
            raise EngineFailed("understanding", "this can't be read")
        said = super().predict(texts)
        return [replace(reading, intent=self._name, probability=0.5) for reading in said]

    def explain(self, text: str) -> Generator[None, None, Explanation]:
        found = yield from super().explain(text)
        return replace(found, intents=(IntentScore(self._name, 1.0),))


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
    readings = await stage.understand([(tenant_id, text) for text in texts or ("hello",)])
    return [reading.intent for reading in readings if isinstance(reading, Understood)]


async def until(is_so: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait for what another task brings about: there is no event to wait for across the change log."""
    async with asyncio.timeout(seconds):
        while not await is_so():
            await asyncio.sleep(0.02)


async def until_said_by(stage: Understanding, name: str) -> None:
    async def is_so() -> bool:
        return await said(stage, "demo") == [name]

    await until(is_so)


async def until_shadowed(stage: Understanding) -> None:
    async def is_so() -> bool:
        model = (await stage.status()).model
        return "shadow demo" in model and "not loaded" not in model

    await until(is_so)


async def tallied(store: Store, version: str, texts: int) -> ShadowTally:
    """The candidate's counts, once they are of so many texts."""
    found: list[ShadowTally] = []

    async def is_so() -> bool:
        tally = await store.shadow_tally("demo", version)
        found[:] = [tally] if tally is not None and tally.texts == texts else []
        return bool(found)

    await until(is_so)
    return found[0]


async def test_a_promoted_adapter_reads_for_its_shop_alone_and_a_rollback_takes_it_back(
    stage: Understanding, store: Store, tmp_path: Path
) -> None:
    assert await said(stage, "demo") == await said(stage, "other") == ["configured"]
    mine = published(tmp_path, "mine")
    await store.promote_model("demo", LIVE, mine.version, mine.url)

    await until_said_by(stage, "mine")
    batch = await stage.read([("demo", "a"), ("other", "b"), ("demo", "c")])
    assert [reading.intent for reading in batch if isinstance(reading, Understood)] == [
        "mine",
        "configured",
        "mine",
    ]
    status = await stage.status()
    assert f"demo:{mine.version[:12]}" in status.model and status.change_seq == await store.latest_change()
    assert await store.rollback_model("demo", LIVE) is None

    await until_said_by(stage, "configured")


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

    await until_shadowed(stage)
    batch = await stage.read([("demo", "one"), ("other", "four"), ("demo", "two"), ("demo", "three")])
    assert [reading.intent for reading in batch if isinstance(reading, Understood)] == ["configured"] * 4

    tally = await tallied(store, candidate.version, 3)
    # The other shop's message is not read.
    assert (tally.texts, tally.same_intent, tally.same_decision, tally.failed) == (3, 0, 3, 0)
    assert tally.live_ms > 0 and tally.shadow_ms > 0 and tally.live_version is None


async def test_a_candidate_that_fails_harms_no_answer(
    stage: Understanding, store: Store, tmp_path: Path
) -> None:
    broken = published(tmp_path, "broken")
    await store.promote_model("demo", SHADOW, broken.version, broken.url)

    await until_shadowed(stage)
    assert await said(stage, "demo", "one", "two") == ["configured"] * 2

    tally = await tallied(store, broken.version, 2)
    assert (tally.texts, tally.failed) == (2, 2)
    await stage.check_health()


async def test_counts_wait_for_a_store_that_is_away(
    stage: Understanding, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = published(tmp_path, "candidate")
    await store.promote_model("demo", SHADOW, candidate.version, candidate.url)

    await until_shadowed(stage)
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

    await tallied(store, candidate.version, 2)


async def test_what_is_counted_is_stored_at_the_end(
    stage: Understanding, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = published(tmp_path, "candidate")
    await store.promote_model("demo", SHADOW, candidate.version, candidate.url)
    await until_shadowed(stage)
    monkeypatch.setattr(shadow, "_FLUSH_S", 3600.0)
    was_counted, add = asyncio.Event(), Shadow._add

    def counted(self: Shadow, tenant_id: str, tally: ShadowTally) -> None:
        add(self, tenant_id, tally)
        was_counted.set()

    monkeypatch.setattr(Shadow, "_add", counted)
    await said(stage, "demo", "one")
    await asyncio.wait_for(was_counted.wait(), 10)
    assert await store.shadow_tally("demo", candidate.version) is None

    await stage.aclose()
    assert (await tallied(store, candidate.version, 1)).shadow_ms > 0


async def test_a_flush_that_is_cut_keeps_the_counts_that_it_had_not_come_to(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Shadow(store)
    tally = ShadowTally("a" * 64, None, 0, 0, 0, 0, 0, 0, 1, 0.0, 0.0)
    for tenant_id in ("demo", "other"):
        kept._add(tenant_id, tally)

    async def cut(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as ending, pytest.raises(asyncio.CancelledError):
        ending.setattr(Store, "add_shadow_tally", cut)
        await kept.flush()
    await kept.flush()
    assert await store.shadow_tally("other", tally.version) == tally


async def test_explanations_do_not_wait_for_a_model_that_is_being_loaded(
    stage: Understanding, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_loading, goes_on = threading.Event(), threading.Event()

    def held(spec: UnderstandingSpec) -> Named:
        is_loading.set()
        assert goes_on.wait(30)
        return load(spec)

    monkeypatch.setattr(understanding, "load", held)
    mine = published(tmp_path, "mine")
    await store.promote_model("demo", LIVE, mine.version, mine.url)
    try:
        assert await asyncio.to_thread(is_loading.wait, 30)
        found = await asyncio.wait_for(stage.explain("other", "我要发票"), 10)
        assert found.intents[0].intent == "configured"
    finally:
        goes_on.set()
    await until_said_by(stage, "mine")


async def test_explanations_come_from_the_shops_own_adapter(
    stage: Understanding, store: Store, tmp_path: Path
) -> None:
    mine = published(tmp_path, "mine")
    await store.promote_model("demo", LIVE, mine.version, mine.url)
    await until_said_by(stage, "mine")
    for tenant_id, name in (("demo", "mine"), ("other", "configured")):
        found = await stage.explain(tenant_id, "我要发票")
        assert [token.text for token in found.tokens] == ["发票"] and found.intents[0].intent == name


async def test_a_text_that_cannot_be_read_fails_alone(stage: Understanding) -> None:
    messages = [("demo", "one"), ("demo", POISON), ("other", "two"), ("demo", "three")]
    found = await stage.understand(messages)
    assert [type(answer) for answer in found] == [Understood, EngineFailed, Understood, Understood]


async def test_a_promotion_while_a_batch_is_read_is_for_the_next(
    stage: Understanding, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = published(tmp_path, "mine"), published(tmp_path, "theirs")
    await store.promote_model("demo", LIVE, mine.version, mine.url)
    await until_said_by(stage, "mine")
    entered, goes_on = threading.Event(), threading.Event()

    def held(engine: Named, texts: Sequence[str]) -> list[Understood | Exception]:
        entered.set()
        assert goes_on.wait(30)
        return read_each(engine, texts)

    with monkeypatch.context() as slow:
        slow.setattr(understanding, "read_each", held)
        batch = asyncio.create_task(stage.read([("demo", "one"), ("other", "two")]))
        assert await asyncio.to_thread(entered.wait, 30)
        await store.promote_model("other", LIVE, theirs.version, theirs.url)

        async def is_promoted() -> bool:
            return f"other:{theirs.version[:12]}" in (await stage.status()).model

        await until(is_promoted)
        goes_on.set()
        assert [getattr(reading, "intent", None) for reading in await batch] == ["mine", "configured"]
    assert await said(stage, "other") == ["theirs"]


@pytest_asyncio.fixture
async def of_two_threads(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Understanding]:
    monkeypatch.setattr(understanding, "load", load)
    made = Understanding(lambda _: f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}")
    await made.reconfigure({"engine": "bert", "threads": 2, "models_dir": str(tmp_path)})
    yield made
    await made.aclose()


class Meeting:
    """Stands for `read_each`: goes on once two threads are there, and remembers what they read."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2)
        self.parts: list[list[str]] = []

    def __call__(self, engine: Named, texts: Sequence[str]) -> list[Understood | Exception]:
        self.parts.append(list(texts))
        self._both.wait(30)
        return [
            replace(reading, intent=text) for reading, text in zip(engine.predict(texts), texts, strict=True)
        ]


async def test_each_thread_reads_a_batch_of_its_own(
    of_two_threads: Understanding, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting()
    monkeypatch.setattr(understanding, "read_each", meeting)
    said_each = await asyncio.gather(*(said(of_two_threads, "demo", text) for text in ("one", "two")))
    assert said_each == [["one"], ["two"]]
    assert sorted(meeting.parts) == [["one"], ["two"]]


async def test_a_large_batch_is_read_by_all_threads_and_answered_in_its_order(
    of_two_threads: Understanding, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting()
    monkeypatch.setattr(understanding, "read_each", meeting)
    texts = [f"text {number}" for number in range(7)]
    assert await said(of_two_threads, "demo", *texts) == texts
    assert sorted(meeting.parts) == [texts[0::2], texts[1::2]]


@pytest.mark.parametrize(
    ("chosen", "callers"),
    [
        ({"engine": "bert", "threads": 4}, 4),
        ({"engine": "bert", "threads": 4, "runtime": "torch"}, 1),
        ({"engine": "fake", "threads": 4}, 1),
    ],
)
def test_threads_of_openvino_alone_read_batches_of_their_own(chosen: dict[str, object], callers: int) -> None:
    spec = understanding.spec_of(UnderstandingIdentity.model_validate(chosen))
    assert (spec.threads, spec.callers) == (4, callers)
