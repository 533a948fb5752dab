"""A candidate in the shadow: it reads what its shop's live model has read, and never answers.

What it said is compared and counted, and the counts go to the store. It works in a thread of low priority, on at most as many
texts as it can read; what comes meanwhile is counted as skipped, so that the live model never waits for it.
"""

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from commerce.domain.errors import StoreError
from commerce.domain.feedback import ShadowTally
from commerce.store import Store
from deployments.log import logger
from models.types import OUT_OF_SCOPE, Understood
from models.understanding.engine import Understander, read_each

_WAITING: Final = 64
_FLUSH_S: Final = 1.0
_NICENESS: Final = 10


@dataclass(frozen=True, slots=True)
class Heard:
    """Texts of one shop with what its live model said, and the milliseconds that this took."""

    tenant_id: str
    live_version: str | None
    shadow_version: str
    shadow: Understander
    texts: tuple[str, ...]
    readings: tuple[Understood | Exception, ...]
    live_ms: float


class Shadow:
    """Takes what was heard, and tallies it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: asyncio.Queue[Heard] = asyncio.Queue(maxsize=_WAITING)
        self._tallies: dict[tuple[str, str], ShadowTally] = {}
        self._flushed = time.monotonic()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="shadow", initializer=_yield_to_others)

    def offer(self, heard: Heard) -> None:
        """Let the candidate read it when there is time."""
        try:
            self._waiting.put_nowait(heard)
        except asyncio.QueueFull:
            self._add(heard.tenant_id, _skipped(heard))

    async def run(self) -> None:
        """Read and tally until cancelled."""
        while True:
            try:
                async with asyncio.timeout(_FLUSH_S):
                    heard = await self._waiting.get()
            except TimeoutError:
                pass  # nothing was said for that long: what is tallied is due
            else:
                await self._read(heard)
            if self._tallies and time.monotonic() - self._flushed >= _FLUSH_S:
                await self.flush()

    async def _read(self, heard: Heard) -> None:
        started = time.perf_counter()
        loop = asyncio.get_running_loop()
        said = await loop.run_in_executor(self._thread, read_each, heard.shadow, heard.texts)
        self._add(heard.tenant_id, compared(heard, said, (time.perf_counter() - started) * 1e3))

    def _add(self, tenant_id: str, tally: ShadowTally) -> None:
        key = (tenant_id, tally.version)
        before = self._tallies.get(key)
        self._tallies[key] = tally if before is None else before.plus(tally)

    async def flush(self) -> None:
        """Store what is tallied. What the store does not take is kept for the next time."""
        self._flushed = time.monotonic()
        for key in list(self._tallies):
            # One at a time: being cancelled at one must not lose the others.
            tenant_id, tally = key[0], self._tallies.pop(key)
            try:
                await self._store.add_shadow_tally(tenant_id, tally)
            except StoreError as error:
                logger.warning("shadow tally of %s kept for later: %s", tenant_id, error)
                self._add(tenant_id, tally)


def compared(heard: Heard, said: Sequence[Understood | Exception], shadow_ms: float) -> ShadowTally:
    """What both said of the same texts, in numbers. Texts that the live model could not read are not counted."""
    pairs = [
        (live, shadow)
        for live, shadow in zip(heard.readings, said, strict=True)
        if isinstance(live, Understood)
    ]
    both = [(live, shadow) for live, shadow in pairs if isinstance(shadow, Understood)]
    return ShadowTally(
        version=heard.shadow_version,
        live_version=heard.live_version,
        texts=len(pairs),
        same_intent=sum(live.intent == shadow.intent for live, shadow in both),
        same_decision=sum(live.decision == shadow.decision for live, shadow in both),
        live_out_of_scope=sum(live.intent == OUT_OF_SCOPE for live, _ in pairs),
        shadow_out_of_scope=sum(shadow.intent == OUT_OF_SCOPE for _, shadow in both),
        failed=len(pairs) - len(both),
        skipped=0,
        live_ms=heard.live_ms,
        shadow_ms=shadow_ms,
    )


def _skipped(heard: Heard) -> ShadowTally:
    count = len(heard.texts)
    return ShadowTally(heard.shadow_version, heard.live_version, 0, 0, 0, 0, 0, 0, count, 0.0, 0.0)


def _yield_to_others() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
