"""What the stages share that serve models trained on each shop's data: the store, the change log, the promoted models."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, TypeVar

from commerce.domain.identity import Principal
from commerce.domain.tenants import Change, ModelKind
from commerce.store import Store, open_store
from deployments.behaviour import interaction
from deployments.changes import ChangeFeed
from deployments.contracts import StageStatus
from deployments.errors import NotReady
from deployments.identity import TrainedIdentity
from deployments.promoted import PromotedModels
from models.types import Interaction

M = TypeVar("M")
T = TypeVar("T")


class TrainedStage(Generic[M]):
    """Undecorated, as every stage. `resolve` turns a secret's reference into its value; `reconfigure` must come first."""

    def __init__(self, resolve: Callable[[str], str], kind: ModelKind, load: Callable[[Path], M]) -> None:
        self._resolve = resolve
        self._kind = kind
        self._load = load
        self._identity: TrainedIdentity | None = None
        self._opened: Store | None = None
        self._promoted: PromotedModels[M] | None = None
        self._feed: ChangeFeed | None = None
        self._poller: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=kind.value)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load every tenant's model, then follow the change log."""
        identity = TrainedIdentity.model_validate(user_config)
        if identity == self._identity:
            return
        self._opened = open_store(self._resolve(identity.store))
        self._promoted = PromotedModels(self._opened, self._kind, identity.cache_dir, self._load)
        self._feed = ChangeFeed(self._opened, identity.poll_ms, self.on_changes)
        await self._feed.start()
        await self._promoted.load_all()
        self._poller = asyncio.create_task(self._feed.run())
        self._identity = identity

    async def on_changes(self, changes: Sequence[Change]) -> None:
        """What the change log brings: a model that was promoted."""
        await self.models.apply(changes)

    @property
    def store(self) -> Store:
        """The shop's store, for reading alone."""
        return self._loaded(self._opened)

    @property
    def models(self) -> PromotedModels[M]:
        """The promoted models, by tenant."""
        return self._loaded(self._promoted)

    async def history(self, tenant_id: str, customer_id: str) -> list[Interaction]:
        """All that the customer has done, oldest first."""
        events = await self.store.behaviour_of(Principal(tenant_id, customer_id))
        return [interaction(event) for event in events]

    async def compute(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a model in the stage's thread: the event loop stays free for health checks."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    async def status(self) -> StageStatus:
        """Which models this replica serves, and the last change that it has seen."""
        return StageStatus(self._kind.value, self.models.versions, self._loaded(self._feed).seq)

    async def check_health(self) -> None:
        """Serve's health check: a replica that no longer follows the log is not healthy."""
        if self._poller is not None and self._poller.done():
            raise RuntimeError("the change feed has ended")

    async def aclose(self) -> None:
        """End following and loading, and close the store."""
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait({self._poller})
        if self._promoted is not None:
            await self._promoted.aclose()
        if self._opened is not None:
            await self._opened.aclose()

    def _loaded(self, part: T | None) -> T:
        if part is None:
            raise NotReady(f"{self._kind.value} has no model yet")
        return part
