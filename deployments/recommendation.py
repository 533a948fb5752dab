"""What to offer: the shop's goods that may be offered now, ranked for one customer."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from commerce.domain.catalogue import ProductHit, ProductQuery
from commerce.domain.tenants import Change, ChangeKind, ModelKind
from commerce.domain.text import LocalText
from commerce.store import Store, open_store
from deployments.behaviour import interaction, item
from deployments.changes import ChangeFeed
from deployments.contracts import RecommendRequest, StageStatus
from deployments.errors import NotReady
from deployments.identity import TrainedIdentity
from deployments.promoted import PromotedModels
from models.recommendation.model import Recommender
from models.types import Interaction, Item
from routing.facts import Recommended

# Goods that fit the wishes, ranked at once. A larger shop narrows by its words first, which the search orders by.
_CANDIDATES: Final = 2000


class Recommendation:
    """Undecorated: `cluster.graph` makes it a deployment. `resolve` turns a secret's reference into its value."""

    def __init__(self, resolve: Callable[[str], str]) -> None:
        self._resolve = resolve
        self._identity: TrainedIdentity | None = None
        self._store: Store | None = None
        self._models: PromotedModels[Recommender] | None = None
        self._feed: ChangeFeed | None = None
        self._poller: asyncio.Task[None] | None = None
        self._catalogues: dict[str, dict[str, tuple[Item, LocalText]]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recommendation")

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load every tenant's model, then follow the change log."""
        identity = TrainedIdentity.model_validate(user_config)
        if identity == self._identity:
            return
        store = open_store(self._resolve(identity.store))
        models = PromotedModels(
            store, ModelKind.RECOMMENDATION, identity.cache_dir, Recommender.load, self._thread
        )
        self._store, self._models = store, models
        self._feed = ChangeFeed(store, identity.poll_ms, self._on_changes)
        await self._feed.start()
        await models.load_all()
        for tenant in await store.tenants():
            await self._catalogue(tenant.tenant_id)
        self._poller = asyncio.create_task(self._feed.run())
        self._identity = identity

    async def recommend(self, request: RecommendRequest) -> tuple[Recommended, ...]:
        """Goods in stock that meet the query, best first, none that the customer bought. StageUntrained, StoreError."""
        if self._store is None or self._models is None:
            raise NotReady("recommendation has no store yet")
        model, now = self._models.of(request.tenant_id), datetime.now(UTC)
        hits, history, catalogue = await asyncio.gather(
            self._offerable(request.tenant_id, request.query),
            self._history(request.tenant_id, request.customer_id),
            self._catalogue(request.tenant_id),
        )
        candidates = [catalogue[product_id][0] for product_id in hits if product_id in catalogue]
        ranked = await asyncio.get_running_loop().run_in_executor(
            self._thread, model.rank, history, candidates, now, request.limit
        )
        return tuple(
            Recommended(
                hits[r.product_id], r.basis, catalogue[r.because][1] if r.because in catalogue else None
            )
            for r in ranked
        )

    async def _offerable(self, tenant_id: str, query: ProductQuery) -> dict[str, ProductHit]:
        """What is in stock and meets the wishes. Words that nothing contains are no wish of ours to insist on."""
        if self._store is None:
            raise NotReady("recommendation has no store yet")
        wanted = replace(query, in_stock=True, limit=_CANDIDATES)
        hits = await self._store.search_products(tenant_id, wanted)
        if not hits and query.tokens:
            hits = await self._store.search_products(tenant_id, replace(wanted, tokens=()))
        return {hit.product_id: hit for hit in hits}

    async def _history(self, tenant_id: str, customer_id: str | None) -> list[Interaction]:
        if customer_id is None or self._store is None:
            return []
        events = await self._store.behaviour_events(tenant_id, customer_id=customer_id)
        return [interaction(event) for event in events]

    async def _catalogue(self, tenant_id: str) -> dict[str, tuple[Item, LocalText]]:
        if self._store is None:
            raise NotReady("recommendation has no store yet")
        if (kept := self._catalogues.get(tenant_id)) is not None:
            return kept
        products = await self._store.products(tenant_id)
        fresh = {product.product_id: (item(product), product.name) for product in products}
        self._catalogues[tenant_id] = fresh
        return fresh

    async def _on_changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.kind in {ChangeKind.CATALOGUE, ChangeKind.TENANT}:
                self._catalogues.pop(change.tenant_id, None)
        if self._models is not None:
            await self._models.apply(changes)

    async def status(self) -> StageStatus:
        """Which models this replica serves, and the last change that it has seen."""
        if self._models is None or self._feed is None:
            raise NotReady("recommendation has no model yet")
        return StageStatus("recommendation", self._models.versions, self._feed.seq)

    async def check_health(self) -> None:
        """Serve's health check: a replica that no longer follows the log is not healthy."""
        if self._poller is not None and self._poller.done():
            raise RuntimeError("the change feed has ended")
