"""The BERT stage: what waits is read together, by engines which run in threads of their own.

The configuration names the adapter that reads for every shop without one of its own. A shop's promoted adapter takes its
place at the change log's word, and a candidate reads in its shadow.
"""

import asyncio
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from commerce.domain.tenants import Change, ModelKind
from commerce.store import Store, open_store
from deployments.changes import ChangeFeed
from deployments.coalescing import Coalescer, Limits
from deployments.contracts import Message, StageStatus
from deployments.errors import NotReady
from deployments.identity import UnderstandingIdentity
from deployments.promoted import PromotedModels
from deployments.shadow import Heard, Shadow
from models.types import Understood
from models.types.understanding import Explanation
from models.understanding.engine import Understander, UnderstandingSpec, load, read_each

_WHOLE: Final = 4
"""So many texts are one batch of the encoder."""


def spec_of(identity: UnderstandingIdentity) -> UnderstandingSpec:
    """The engine's own settings, out of the stage's identity."""
    return UnderstandingSpec(
        engine=identity.engine,
        encoder=identity.encoder,
        adapter=identity.adapter,
        models_dir=identity.models_dir,
        threads=identity.threads,
        callers=identity.callers,
        runtime=identity.runtime,
        device="cuda" if identity.placement.gpus else "cpu",
        gpu_memory_share=identity.placement.gpu_memory_share,
        delay_ms=identity.fake.delay_ms,
        fail_every=identity.fake.fail_every,
    )


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What `reconfigure` has loaded."""

    identity: UnderstandingIdentity
    engine: Understander
    readers: ThreadPoolExecutor
    store: Store
    promoted: PromotedModels[Understander]
    shadowed: PromotedModels[Understander]
    feed: ChangeFeed
    shadow: Shadow
    waiting: Coalescer[Message, Understood | Exception]


class Understanding:
    """Undecorated: `cluster.graph` makes it a deployment. `reconfigure` must come before the first call."""

    def __init__(self, resolve: Callable[[str], str]) -> None:
        self._resolve = resolve
        self._part: _Loaded | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        # A model's first explanation needs seconds of preparing, once, and the live models read on meanwhile.
        self._preparing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="understanding-prepare")

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load the engine that the deployment entry names, and the shops' own. Its identity never changes while it lives."""
        identity = UnderstandingIdentity.model_validate(user_config)
        if self._part is not None and identity == self._part.identity:
            return
        # As many as the engine reads batches at once; the event loop stays free for health checks.
        readers = ThreadPoolExecutor(identity.callers, thread_name_prefix="understanding")
        engine = await asyncio.to_thread(_warmed, spec_of(identity))
        store = open_store(self._resolve(identity.store))
        promoted, shadowed = (
            PromotedModels(store, kind, identity.models_dir / "fetched", _loader(spec_of(identity)))
            for kind in (ModelKind.UNDERSTANDING, ModelKind.UNDERSTANDING_SHADOW)
        )
        feed = ChangeFeed(store, identity.poll_ms, self._on_changes)
        await feed.start()
        waiting = Coalescer(self.read, Limits(at_once=identity.callers, most=identity.batching.max_texts))
        part = _Loaded(identity, engine, readers, store, promoted, shadowed, feed, Shadow(store), waiting)
        await promoted.load_all()
        await shadowed.load_all()
        self._part = part
        self._tasks = (asyncio.create_task(feed.run()), asyncio.create_task(part.shadow.run()))

    async def understand(self, messages: list[Message]) -> list[Understood | Exception]:
        """A reading of each, or why there is none, in order. The messages of all callers share batches."""
        return await self._loaded.waiting.ask(messages)

    async def explain(self, tenant_id: str, text: str) -> Explanation:
        """Why the shop's model reads the text as it does. Others' texts are read between its pieces of work."""
        engine, readers = self._engine_of(tenant_id)[1], self._loaded.readers
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._preparing, engine.prepare_explanations)
        work = engine.explain(text)
        while (found := await loop.run_in_executor(readers, _advanced, work)) is None:
            pass
        return found

    async def read(self, messages: Sequence[Message]) -> list[Understood | Exception]:
        """One batch. Each shop's model reads its own."""
        found: dict[int, Understood | Exception] = {}
        for version, engine, rows in self._by_engine(messages):
            started = time.perf_counter()
            parts = await asyncio.gather(
                *(
                    self._read_part(engine, messages, part)
                    for part in _parts(rows, self._loaded.identity.callers)
                )
            )
            found |= {row: reading for part in parts for row, reading in part}
            self._show(messages, rows, found, version, (time.perf_counter() - started) * 1e3)
        return [found[row] for row in range(len(messages))]

    async def _read_part(
        self, engine: Understander, messages: Sequence[Message], rows: Sequence[int]
    ) -> list[tuple[int, Understood | Exception]]:
        texts = [messages[row][1] for row in rows]
        loop = asyncio.get_running_loop()
        readings = await loop.run_in_executor(self._loaded.readers, read_each, engine, texts)
        return list(zip(rows, readings, strict=True))

    async def status(self) -> StageStatus:
        """Which models this replica runs, and the last change that it has seen."""
        part = self._loaded
        model = f"{part.identity.encoder}+{part.identity.adapter}, {part.identity.runtime}"
        own = [f"promoted {part.promoted.versions}"] * bool(part.promoted.versions)
        own += [f"shadow {part.shadowed.versions}"] * bool(part.shadowed.versions)
        return StageStatus("understanding", "; ".join([model, *own]), part.feed.seq)

    async def check_health(self) -> None:
        """Serve's health check: a replica that no longer follows the log, or its shadow, is not healthy."""
        if any(task.done() for task in self._tasks):
            raise RuntimeError("a background task of understanding has ended")

    async def aclose(self) -> None:
        """End following and loading, keep what the shadow has counted, and close the store."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._part is not None:
            await self._part.promoted.aclose()
            await self._part.shadowed.aclose()
            await self._part.shadow.flush()
            await self._part.store.aclose()

    async def _on_changes(self, changes: Sequence[Change]) -> None:
        await self._loaded.promoted.apply(changes)
        await self._loaded.shadowed.apply(changes)

    def _engine_of(self, tenant_id: str) -> tuple[str | None, Understander]:
        """The shop's own adapter with its version, or the configuration's."""
        return self._loaded.promoted.find(tenant_id) or (None, self._loaded.engine)

    def _by_engine(self, messages: Sequence[Message]) -> list[tuple[str | None, Understander, list[int]]]:
        """The rows that one engine reads at once, as of now: a promotion meanwhile is for the next batch."""
        parts: dict[int, tuple[str | None, Understander, list[int]]] = {}
        for row, (tenant_id, _) in enumerate(messages):
            version, engine = self._engine_of(tenant_id)
            parts.setdefault(id(engine), (version, engine, []))[2].append(row)
        return list(parts.values())

    def _show(
        self,
        messages: Sequence[Message],
        rows: Sequence[int],
        found: dict[int, Understood | Exception],
        version: str | None,
        took_ms: float,
    ) -> None:
        """Offer what was read to the shops' candidates."""
        for tenant_id in {messages[row][0] for row in rows}:
            candidate = self._loaded.shadowed.find(tenant_id)
            if candidate is None:
                continue
            mine = [row for row in rows if messages[row][0] == tenant_id]
            texts = tuple(messages[row][1] for row in mine)
            readings = tuple(found[row] for row in mine)
            heard = Heard(tenant_id, version, *candidate, texts, readings, took_ms * len(mine) / len(rows))
            self._loaded.shadow.offer(heard)

    @property
    def _loaded(self) -> _Loaded:
        if self._part is None:
            raise NotReady("understanding has no engine yet")
        return self._part


def _parts(rows: Sequence[int], callers: int) -> list[Sequence[int]]:
    """A large batch in as many parts as are read at once; a small one is quicker whole."""
    count = min(callers, -(-len(rows) // _WHOLE))
    return [rows[number::count] for number in range(count)]


def _warmed(spec: UnderstandingSpec) -> Understander:
    engine = load(spec)
    # The first call pays for lazy set-up (thread pools, allocator): let it be ours, not a customer's.
    engine.predict(["热身", "warm-up"])
    return engine


def _loader(spec: UnderstandingSpec) -> Callable[[Path], Understander]:
    return lambda folder: _warmed(replace(spec, adapter=f"path:{folder}"))


def _advanced(work: Generator[None, None, Explanation]) -> Explanation | None:
    """One piece of the work: None until it is done."""
    try:
        next(work)
    except StopIteration as done:
        found: Explanation = done.value
        return found
    return None
