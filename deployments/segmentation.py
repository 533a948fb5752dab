"""Which segment a customer is in: their own events, up to now, against the shop's trained segments."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from commerce.domain.tenants import ModelKind
from commerce.store import Store, open_store
from deployments.behaviour import interaction
from deployments.changes import ChangeFeed
from deployments.contracts import StageStatus
from deployments.errors import NotReady
from deployments.identity import TrainedIdentity
from deployments.promoted import PromotedModels
from models.segmentation.model import SegmentationModel
from models.types import Segment


class Segmentation:
    """Undecorated: `cluster.graph` makes it a deployment. `resolve` turns a secret's reference into its value."""

    def __init__(self, resolve: Callable[[str], str]) -> None:
        self._resolve = resolve
        self._identity: TrainedIdentity | None = None
        self._store: Store | None = None
        self._models: PromotedModels[SegmentationModel] | None = None
        self._feed: ChangeFeed | None = None
        self._poller: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="segmentation")

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load every tenant's model, then follow the change log."""
        identity = TrainedIdentity.model_validate(user_config)
        if identity == self._identity:
            return
        store = open_store(self._resolve(identity.store))
        models = PromotedModels(
            store, ModelKind.SEGMENTATION, identity.cache_dir, SegmentationModel.load, self._thread
        )
        self._feed = ChangeFeed(store, identity.poll_ms, models.apply)
        await self._feed.start()
        await models.load_all()
        self._poller = asyncio.create_task(self._feed.run())
        self._store, self._models, self._identity = store, models, identity

    async def segment(self, tenant_id: str, customer_id: str) -> Segment:
        """The customer's segment now. StageUntrained, StoreUnavailable."""
        if self._store is None or self._models is None:
            raise NotReady("segmentation has no store yet")
        model, now = self._models.of(tenant_id), datetime.now(UTC)
        events = await self._store.behaviour_events(tenant_id, customer_id=customer_id)
        history = [interaction(event) for event in events]
        return await asyncio.get_running_loop().run_in_executor(self._thread, model.assign, history, now)

    async def status(self) -> StageStatus:
        """Which models this replica serves, and the last change that it has seen."""
        if self._models is None or self._feed is None:
            raise NotReady("segmentation has no model yet")
        return StageStatus("segmentation", self._models.versions, self._feed.seq)

    async def check_health(self) -> None:
        """Serve's health check: a replica that no longer follows the log is not healthy."""
        if self._poller is not None and self._poller.done():
            raise RuntimeError("the change feed has ended")
