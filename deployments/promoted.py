"""The promoted model of each tenant, loaded once and replaced when the change log says that another was promoted."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final, Generic, TypeVar

from commerce.domain.tenants import Change, ChangeKind, ModelKind, PromotedModel
from commerce.store import Store
from deployments.errors import StageUntrained
from deployments.log import logger
from models.artifacts import fetch

M = TypeVar("M")

_FIRST_RETRY_S: Final = 1.0
_LAST_RETRY_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class _Failure:
    """A version that could not be loaded, and when it is tried again: an artifact store may only have been away."""

    version: str
    wait_s: float
    due: float


class PromotedModels(Generic[M]):
    """Models by tenant. `load` reads a verified folder; it runs in `thread`, as the models themselves do."""

    def __init__(
        self,
        store: Store,
        kind: ModelKind,
        cache: Path,
        load: Callable[[Path], M],
        thread: ThreadPoolExecutor,
    ) -> None:
        self._store = store
        self._kind = kind
        self._cache = cache
        self._load = load
        self._thread = thread
        self._models: dict[str, M] = {}
        self._versions: dict[str, str] = {}
        self._failures: dict[str, _Failure] = {}

    async def load_all(self) -> None:
        """Load every tenant's model. A tenant without one, or whose model can't be loaded, is served by none."""
        for tenant in await self._store.tenants():
            await self._reload(tenant.tenant_id)

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
        """The loaded versions, and those that could not be, for a status."""
        found = [(tenant, version[:12]) for tenant, version in self._versions.items()]
        found += [(tenant, f"{failed.version[:12]} not loaded") for tenant, failed in self._failures.items()]
        return ", ".join(f"{tenant}:{told}" for tenant, told in sorted(found, key=lambda pair: pair[0]))

    async def apply(self, changes: Sequence[Change]) -> None:
        """Reload what these changes promoted, or what a replaced tenant no longer has; try again what is due."""
        stale = {
            c.tenant_id
            for c in changes
            if c.kind is ChangeKind.TENANT or (c.kind is ChangeKind.MODEL and c.entity_id == self._kind.value)
        }
        now = monotonic()
        stale |= {tenant_id for tenant_id, failed in self._failures.items() if failed.due <= now}
        for tenant_id in sorted(stale):
            await self._reload(tenant_id)

    async def _reload(self, tenant_id: str) -> None:
        promoted = await self._store.promoted_model(tenant_id, self._kind)
        if promoted is None:
            self._models.pop(tenant_id, None)
            self._versions.pop(tenant_id, None)
            self._failures.pop(tenant_id, None)
            return
        if self._versions.get(tenant_id) == promoted.version:
            self._failures.pop(tenant_id, None)
            return
        try:
            model = await asyncio.get_running_loop().run_in_executor(self._thread, self._read, promoted)
        except Exception as error:  # noqa: BLE001 whatever one shop's model raises, the other shops are served
            # The model served before, if any, goes on; the status names both versions.
            self._failed(tenant_id, promoted.version, error)
            return
        self._failures.pop(tenant_id, None)
        self._models[tenant_id], self._versions[tenant_id] = model, promoted.version

    def _failed(self, tenant_id: str, version: str, error: Exception) -> None:
        before = self._failures.get(tenant_id)
        wait_s = _FIRST_RETRY_S
        if before is not None and before.version == version:
            wait_s = min(2 * before.wait_s, _LAST_RETRY_S)
        self._failures[tenant_id] = _Failure(version, wait_s, monotonic() + wait_s)
        reason = f"{type(error).__name__}: {error}"
        logger.error("%s of %s not loaded, again in %.0f s: %s", self._kind.value, tenant_id, wait_s, reason)

    def _read(self, promoted: PromotedModel) -> M:
        return self._load(fetch(promoted.url, promoted.version, self._cache))
