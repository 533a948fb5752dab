"""What to offer: the shop's goods that may be offered now, ranked for one customer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from commerce.domain.catalogue import ProductHit, ProductQuery
from commerce.domain.tenants import Change, ChangeKind, ModelKind
from commerce.domain.text import LocalText
from deployments.behaviour import item
from deployments.clock import Now, utc_now
from deployments.contracts import RecommendRequest
from deployments.trained import TrainedStage
from models.recommendation.model import Recommender
from models.types import Interaction, Item
from routing.facts import Recommended

# Goods that fit the wishes, ranked at once. A larger shop narrows by its words first, which the search orders by.
_CANDIDATES: Final = 2000


class Recommendation(TrainedStage[Recommender]):
    """`cluster.graph` makes it a deployment."""

    def __init__(self, resolve: Callable[[str], str], now: Now = utc_now) -> None:
        super().__init__(resolve, ModelKind.RECOMMENDATION, Recommender.load)
        self._now = now
        self._catalogues: dict[str, dict[str, tuple[Item, LocalText]]] = {}
        self._changes = 0

    async def recommend(self, request: RecommendRequest) -> tuple[Recommended, ...]:
        """Goods in stock that meet the query, best first, none that the customer bought. StageUntrained, StoreError."""
        model, now = self.models.of(request.tenant_id), self._now()
        hits, history, catalogue = await asyncio.gather(
            self._offerable(request.tenant_id, request.query),
            self._history_of(request),
            self._catalogue(request.tenant_id),
        )
        candidates = [catalogue[product_id][0] for product_id in hits if product_id in catalogue]
        ranked = await self.compute(model.rank, history, candidates, now, request.limit)
        return tuple(
            Recommended(
                hits[r.product_id], r.basis, catalogue[r.because][1] if r.because in catalogue else None
            )
            for r in ranked
        )

    async def on_changes(self, changes: Sequence[Change]) -> None:
        """A changed catalogue is read again, a promoted model served."""
        for change in changes:
            if change.kind in {ChangeKind.CATALOGUE, ChangeKind.TENANT}:
                self._changes += 1
                self._catalogues.pop(change.tenant_id, None)
        await super().on_changes(changes)

    async def _offerable(self, tenant_id: str, query: ProductQuery) -> dict[str, ProductHit]:
        """What is in stock and meets the wishes. Words that nothing contains are no wish of ours to insist on."""
        wanted = replace(query, in_stock=True, limit=_CANDIDATES)
        hits = await self.store.search_products(tenant_id, wanted)
        if not hits and query.tokens:
            hits = await self.store.search_products(tenant_id, replace(wanted, tokens=()))
        return {hit.product_id: hit for hit in hits}

    async def _history_of(self, request: RecommendRequest) -> list[Interaction]:
        if request.customer_id is None:
            return []
        return await self.history(request.tenant_id, request.customer_id)

    async def _catalogue(self, tenant_id: str) -> dict[str, tuple[Item, LocalText]]:
        if (kept := self._catalogues.get(tenant_id)) is not None:
            return kept
        change = self._changes
        products = await self.store.products(tenant_id)
        fresh = {product.product_id: (item(product), product.name) for product in products}
        # What changed while it was read may not be in it: then the next request reads again.
        if change == self._changes:
            self._catalogues[tenant_id] = fresh
        return fresh
