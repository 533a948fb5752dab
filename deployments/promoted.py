"""The promoted model of each tenant, loaded once and replaced when the change log says that another was promoted."""

import asyncio
from asyncio import sleep
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from commerce.domain.tenants import Change, ChangeKind, ModelKind, PromotedModel
from commerce.store import Store
from deployments.errors import StageUntrained
from deployments.log import logger
from models.artifacts import fetch

M = TypeVar("M")

# A first attempt is waited for that long; then the change log is followed on, and the model comes when it comes.
_PATIENCE_S: Final = 30.0
# An attempt that takes longer hangs.
_ATTEMPT_S: Final = 300.0
# An artifact store may only have been away.
_FIRST_RETRY_S: Final = 1.0
_LAST_RETRY_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class _Pending:
    """A promoted version that is not served yet, and the task that loads it, again and again if need be."""

    version: str
    task: asyncio.Task[None]


class PromotedModels(Generic[M]):
    """Models by tenant. `load` reads a verified folder; every attempt has a thread of its own."""

    def __init__(self, store: Store, kind: ModelKind, cache: Path, load: Callable[[Path], M]) -> None:
        self._store = store
        self._kind = kind
        self._cache = cache
        self._load = load
        self._models: dict[str, M] = {}
        self._versions: dict[str, str] = {}
        self._pending: dict[str, _Pending] = {}

    async def load_all(self) -> None:
        """Load every tenant's model. A tenant without one, or whose model can't be loaded, is served by none."""
        for tenant in await self._store.tenants():
            await self._follow(tenant.tenant_id)

    def of(self, tenant_id: str) -> M:
        """The tenant's model. StageUntrained when there is none."""
        found = self.find(tenant_id)
        if found is None:
            raise StageUntrained(self._kind.value, f"tenant {tenant_id!r} has no promoted model")
        return found[1]

    def find(self, tenant_id: str) -> tuple[str, M] | None:
        """The tenant's model with its version; None when there is none."""
        if tenant_id not in self._models:
            return None
        return self._versions[tenant_id], self._models[tenant_id]

    @property
    def versions(self) -> str:
        """The loaded versions, and those that are not yet, for a status."""
        found = [(tenant, version[:12]) for tenant, version in self._versions.items()]
        found += [(tenant, f"{pending.version[:12]} not loaded") for tenant, pending in self._pending.items()]
        return ", ".join(f"{tenant}:{told}" for tenant, told in sorted(found, key=lambda pair: pair[0]))

    async def apply(self, changes: Sequence[Change]) -> None:
        """Load what these changes promoted, and drop what a replaced tenant no longer has."""
        stale = {
            c.tenant_id
            for c in changes
            if c.kind is ChangeKind.TENANT or (c.kind is ChangeKind.MODEL and c.entity_id == self._kind.value)
        }
        for tenant_id in sorted(stale):
            await self._follow(tenant_id)

    async def aclose(self) -> None:
        """Give up what is not loaded yet."""
        tasks = [pending.task for pending in self._pending.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _follow(self, tenant_id: str) -> None:
        """Serve what is promoted now. What is still being loaded of an earlier promotion never comes after it."""
        promoted = await self._store.promoted_model(tenant_id, self._kind)
        if (pending := self._pending.pop(tenant_id, None)) is not None:
            pending.task.cancel()
        if promoted is None:
            self._models.pop(tenant_id, None)
            self._versions.pop(tenant_id, None)
        elif self._versions.get(tenant_id) != promoted.version:
            await self._begin(tenant_id, promoted)

    async def _begin(self, tenant_id: str, promoted: PromotedModel) -> None:
        """Start to load it, and wait for the first attempt's end while that is near."""
        was_tried = asyncio.Event()
        task = asyncio.create_task(self._bring(tenant_id, promoted, was_tried))
        self._pending[tenant_id] = _Pending(promoted.version, task)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await was_tried.wait()
        except TimeoutError:
            logger.warning("%s of %s is still being loaded", self._kind.value, tenant_id)

    async def _bring(self, tenant_id: str, promoted: PromotedModel, was_tried: asyncio.Event) -> None:
        """Load it, however often that fails. The model served before, if any, goes on; the status names both."""
        wait_s = _FIRST_RETRY_S
        while (model := await self._attempt(tenant_id, promoted, wait_s)) is None:
            was_tried.set()
            await sleep(wait_s)
            wait_s = min(2 * wait_s, _LAST_RETRY_S)
        self._models[tenant_id], self._versions[tenant_id] = model, promoted.version
        del self._pending[tenant_id]
        was_tried.set()

    async def _attempt(self, tenant_id: str, promoted: PromotedModel, wait_s: float) -> M | None:
        # A thread that hangs is left behind: nobody else's load, and no model's work, waits for it.
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"load-{self._kind.value}")
        try:
            async with asyncio.timeout(_ATTEMPT_S):
                return await asyncio.get_running_loop().run_in_executor(thread, self._read, promoted)
        except Exception as error:  # noqa: BLE001 whatever one shop's model raises, the other shops are served
            reason = f"{type(error).__name__}: {error}"
            logger.error(
                "%s of %s not loaded, again in %.0f s: %s", self._kind.value, tenant_id, wait_s, reason
            )
            return None
        finally:
            thread.shutdown(wait=False)

    def _read(self, promoted: PromotedModel) -> M:
        return self._load(fetch(promoted.url, promoted.version, self._cache))
