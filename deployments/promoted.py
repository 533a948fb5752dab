"""The promoted model of each tenant, loaded once and replaced when the change log says that another was promoted."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

from commerce.domain.tenants import Change, ChangeKind, ModelKind, PromotedModel
from commerce.store import Store
from deployments.errors import StageUntrained
from deployments.log import logger
from models.artifacts import fetch
from models.errors import ModelError

M = TypeVar("M")


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

    async def load_all(self) -> None:
        """Load every tenant's model. A tenant without one, or whose model is damaged, is served by none."""
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
        """The loaded versions, for a status."""
        return ", ".join(f"{tenant}:{version[:12]}" for tenant, version in sorted(self._versions.items()))

    async def apply(self, changes: Sequence[Change]) -> None:
        """Reload what these changes promoted, or what a replaced tenant no longer has."""
        stale = {
            c.tenant_id
            for c in changes
            if c.kind is ChangeKind.TENANT or (c.kind is ChangeKind.MODEL and c.entity_id == self._kind.value)
        }
        for tenant_id in sorted(stale):
            await self._reload(tenant_id)

    async def _reload(self, tenant_id: str) -> None:
        promoted = await self._store.promoted_model(tenant_id, self._kind)
        if promoted is None:
            self._models.pop(tenant_id, None)
            self._versions.pop(tenant_id, None)
            return
        if self._versions.get(tenant_id) == promoted.version:
            return
        try:
            model = await asyncio.get_running_loop().run_in_executor(self._thread, self._read, promoted)
        except ModelError as error:
            # The model served before, if any, goes on; the status names its version.
            logger.error("%s of %s not loaded: %s", self._kind.value, tenant_id, error)
            return
        self._models[tenant_id], self._versions[tenant_id] = model, promoted.version

    def _read(self, promoted: PromotedModel) -> M:
        return self._load(fetch(promoted.url, promoted.version, self._cache))
