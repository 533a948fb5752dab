"""What one intent needs, looked up in parallel. Each part is optional: what fails or is late is left out and named."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from commerce.domain.catalogue import ProductHit, ProductQuery
from commerce.domain.errors import OrderNotFound, StoreError
from commerce.domain.identity import Principal
from commerce.domain.orders import Order
from commerce.domain.product_query import asked_categories, query_from_text
from commerce.store import Store
from deployments.contracts import RecommendRequest
from deployments.errors import StageError
from deployments.snapshots import ShopSnapshot
from deployments.stages import Stages, StageTimer
from models.types import Passage, SearchRequest, Segment, Understood
from routing.deadline import Deadline
from routing.facts import Facts, Needs, Recommended

T = TypeVar("T")

# The most that a look-up may take of a request's budget, in seconds; later stages keep the rest.
_LOOK_UP_S = 3.0
# Segment and ranking make an answer better, never late.
_OPTIONAL_S = 1.0
_ORDERS_SHOWN = 5
_PRODUCTS_SHOWN = 5
_RECOMMENDED = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """One message, who sent it to which shop, and until when the answer is due. Times of calls go into `timings_ms`."""

    principal: Principal
    message: str
    shop: ShopSnapshot
    deadline: Deadline
    timings_ms: dict[str, float]


class LookUps:
    """Fetches facts from the store and the stages. Holds no state of a request."""

    def __init__(self, store: Store, stages: Stages, timer: StageTimer) -> None:
        self._store = store
        self._stages = stages
        self._timer = timer

    async def facts(self, asked: Asked, understood: Understood, needs: Needs) -> Facts:
        """Everything that the intent needs, in parallel."""
        query = query_from_text(
            asked.message, asked.shop.vocabulary, understood.language, limit=_PRODUCTS_SHOWN
        )
        missing: list[str] = []
        started = self._timer.clock()
        (orders, order_id, is_unknown), products, passages, recommended, segment = await asyncio.gather(
            self._orders(asked, understood, needs, missing),
            self._products(asked, needs, query, missing),
            self._passages(asked, understood, needs, query, missing),
            self._recommended(asked, needs, query, missing),
            self._segment(asked, needs, missing),
        )
        # The whole fan-out: as long as its slowest part, and what running them at once costs.
        asked.timings_ms["look_up"] = round((self._timer.clock() - started) * 1000, 2)
        return Facts(
            now=datetime.now(UTC),
            tenant=asked.shop.tenant,
            policy=asked.shop.policy,
            is_signed_in=asked.principal.customer_id is not None,
            orders=orders,
            asked_order_id=order_id,
            is_order_unknown=is_unknown,
            query=query,
            products=products,
            passages=passages,
            recommended=recommended,
            segment=segment,
            missing=tuple(missing),
        )

    async def _orders(
        self, asked: Asked, understood: Understood, needs: Needs, missing: list[str]
    ) -> tuple[tuple[Order, ...], str | None, bool]:
        entity = understood.entity("order_number")
        order_id = entity.value if entity else None
        principal = asked.principal
        if not needs.orders or principal.customer_id is None:
            return (), order_id, False
        try:
            if order_id is not None:
                found = await self._commerce(asked, "orders", self._store.order(principal, order_id))
                return (found,), order_id, False
            recent = self._store.orders_of(principal, _ORDERS_SHOWN)
            return await self._commerce(asked, "orders", recent), None, False
        except OrderNotFound:
            return (), order_id, True
        except (StoreError, TimeoutError) as error:
            missing.append(_commerce_reason(error))
            return (), order_id, False

    async def _products(
        self, asked: Asked, needs: Needs, query: ProductQuery, missing: list[str]
    ) -> tuple[ProductHit, ...]:
        if not needs.products:
            return ()
        wanted = replace(query, in_stock=not needs.includes_out_of_stock)
        try:
            search = self._store.search_products(asked.principal.tenant_id, wanted)
            return await self._commerce(asked, "products", search)
        except (StoreError, TimeoutError) as error:
            missing.append(_commerce_reason(error))
            return ()

    async def _passages(
        self, asked: Asked, understood: Understood, needs: Needs, query: ProductQuery, missing: list[str]
    ) -> tuple[Passage, ...]:
        if not needs.passages:
            return ()
        request = SearchRequest(
            asked.principal.tenant_id,
            asked.message,
            understood.language,
            needs.passages,
            understood.top,
            asked_categories(query, asked.shop.vocabulary),
        )
        call = self._stages.retrieval.search(request, self._share_s(asked, _LOOK_UP_S))
        return await self._stage(asked, "retrieval", call, missing) or ()

    async def _recommended(
        self, asked: Asked, needs: Needs, query: ProductQuery, missing: list[str]
    ) -> tuple[Recommended, ...]:
        names_goods = bool(query.product_types or query.tokens)
        if needs.recommendations == "no" or (needs.recommendations == "undirected" and names_goods):
            return ()
        principal = asked.principal
        request = RecommendRequest(principal.tenant_id, principal.customer_id, query, _RECOMMENDED)
        call = self._stages.recommendation.recommend(request, self._share_s(asked, _OPTIONAL_S))
        return await self._stage(asked, "recommendation", call, missing) or ()

    async def _segment(self, asked: Asked, needs: Needs, missing: list[str]) -> Segment | None:
        principal = asked.principal
        if not needs.segment or principal.customer_id is None:
            return None
        call = self._stages.segmentation.segment(
            principal.tenant_id, principal.customer_id, self._share_s(asked, _OPTIONAL_S)
        )
        return await self._stage(asked, "segmentation", call, missing)

    async def _stage(
        self, asked: Asked, stage: str, call: Coroutine[Any, Any, T], missing: list[str]
    ) -> T | None:
        try:
            return await self._timer.timed(asked.timings_ms, stage, call)
        except StageError as error:
            missing.append(f"{stage}: {error.reason}")
            return None

    async def _commerce(self, asked: Asked, name: str, call: Coroutine[Any, Any, T]) -> T:
        async with asyncio.timeout(self._share_s(asked, _LOOK_UP_S)):
            return await self._timer.timed(asked.timings_ms, name, call)

    def _share_s(self, asked: Asked, most_s: float) -> float:
        return asked.deadline.share_s(self._timer.clock(), most_s)


def _commerce_reason(error: Exception) -> str:
    return "commerce: deadline" if isinstance(error, TimeoutError) else "commerce: unavailable"
