"""What one intent needs, looked up in parallel. Each part is optional: what fails or is late is left out and named."""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from commerce.domain.catalogue import Product, ProductHit, ProductQuery
from commerce.domain.errors import CustomerNotFound, OrderNotFound, StoreError
from commerce.domain.identity import Principal
from commerce.domain.model_numbers import MODEL, has_model
from commerce.domain.orders import Order
from commerce.domain.product_query import asked_categories, query_from_text
from commerce.store import Store
from deployments.clock import Now, utc_now
from deployments.contracts import RecommendRequest
from deployments.errors import StageError
from deployments.snapshots import ShopSnapshot
from deployments.stages import Stages, StageTimer
from models.types import Found, SearchRequest, Segment, Understood
from routing.deadline import Deadline
from routing.facts import Facts, Needs, Person, Recommended
from routing.sheet.goods import named_goods
from routing.wording import say

T = TypeVar("T")

# The most that a look-up may take of a request's budget, in seconds; later stages keep the rest.
_LOOK_UP_S = 3.0
# Segment and ranking make an answer better, never late.
_OPTIONAL_S = 1.0
# Among them is what a customer asks about without its number.
_LATEST_ORDERS = 10
_PRODUCTS_SHOWN = 5
_RECOMMENDED = 5
# Why something that the knowledge search should have found is missing.
_OF_KNOWLEDGE = ("retrieval:", "article:")
# What of the orders was left out.
_OF_ORDERS = ("order:",)


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

    def __init__(self, store: Store, stages: Stages, timer: StageTimer, now: Now = utc_now) -> None:
        self._store = store
        self._stages = stages
        self._timer = timer
        self._now = now

    async def facts(
        self,
        asked: Asked,
        understood: Understood,
        needs: Needs,
        order_id: str | None = None,
        known: Facts | None = None,
    ) -> Facts:
        """Everything that the intent needs, in parallel; with the order of that id among the customer's latest. What articles
        say, and the orders, are taken from what is `known`, where those were looked up for the same order.
        """
        query = query_from_text(
            asked.message, asked.shop.vocabulary, understood.language, limit=_PRODUCTS_SHOWN
        )
        missing: list[str] = []
        started = self._timer.clock()
        (
            (orders, named_id, is_unknown),
            (products, goods),
            found,
            recommended,
            segment,
            person,
        ) = await asyncio.gather(
            self._orders(asked, understood, needs, order_id, known, missing),
            self._products(asked, understood, needs, query, missing),
            self._knowledge(asked, understood, needs, query, known, missing),
            self._recommended(asked, needs, query, missing),
            self._segment(asked, needs, missing),
            self._person(asked, needs, missing),
        )
        # The whole fan-out: as long as its slowest part, and what running them at once costs.
        asked.timings_ms["look_up"] = round((self._timer.clock() - started) * 1000, 2)
        return Facts(
            now=self._now(),
            tenant=asked.shop.tenant,
            policy=asked.shop.policy,
            is_signed_in=asked.principal.customer_id is not None,
            orders=orders,
            asked_order_id=named_id,
            is_order_unknown=is_unknown,
            query=query,
            products=products,
            passages=found.passages,
            recommended=recommended,
            segment=segment,
            missing=tuple(missing),
            message=asked.message,
            goods=goods,
            person=person,
            likenesses=found.likenesses,
            categories=tuple((term.slug, term.name) for term in asked.shop.vocabulary.categories),
        )

    async def _orders(
        self,
        asked: Asked,
        understood: Understood,
        needs: Needs,
        spoken_of: str | None,
        known: Facts | None,
        missing: list[str],
    ) -> tuple[tuple[Order, ...], str | None, bool]:
        """The latest, the one that is named first; its number; whether the customer has no such order."""
        entity = understood.entity("order_number")
        named_id = entity.value if entity else None
        # Shops write numbers as they like; customers write them as they please.
        spelt = (
            tuple(dict.fromkeys((entity.value, entity.text.upper(), f"#{entity.value}"))) if entity else ()
        )
        principal = asked.principal
        if not (needs.orders or spelt) or principal.customer_id is None:
            return (), named_id, False
        if known is not None and known.orders:
            # A turn speaks of one state of them.
            missing += [why for why in known.missing if why.startswith(_OF_ORDERS)]
            return known.orders, known.asked_order_id, False
        try:
            latest = self._latest(principal, spelt or ((spoken_of,) if spoken_of else ()))
            orders = await self._commerce(asked, "orders", latest)
            return orders, orders[0].order_id if spelt else None, False
        except OrderNotFound:
            return (), named_id, named_id is not None
        except (StoreError, TimeoutError) as error:
            missing.append(_commerce_reason(error))
            return (), named_id, False

    async def _latest(self, principal: Principal, first_ids: Sequence[str]) -> tuple[Order, ...]:
        """The one with the first of these ids that there is stands before the others. Raises OrderNotFound."""
        latest = await self._store.orders_of(principal, _LATEST_ORDERS)
        if not first_ids:
            return latest
        first = next((order for order in latest if order.order_id in first_ids), None)
        first = first or await self._one_of(principal, first_ids)
        return first, *(order for order in latest if order.order_id != first.order_id)

    async def _one_of(self, principal: Principal, order_ids: Sequence[str]) -> Order:
        for order_id in order_ids[:-1]:
            try:
                return await self._store.order(principal, order_id)
            except OrderNotFound:
                continue
        return await self._store.order(principal, order_ids[-1])

    async def _products(
        self,
        asked: Asked,
        understood: Understood,
        needs: Needs,
        query: ProductQuery,
        missing: list[str],
    ) -> tuple[tuple[ProductHit, ...], tuple[Product, ...]]:
        """What the query finds; and of goods that are named, all that is known of the likeliest."""
        names_goods = bool(understood.entity("product")) or any(has_model(word) for word in query.tokens)
        if not needs.products and not (names_goods and needs.passages):
            return (), ()
        wanted = replace(query, in_stock=needs.products and not needs.includes_out_of_stock)
        try:
            search = self._store.search_products(asked.principal.tenant_id, wanted)
            hits = await self._commerce(asked, "products", search)
            if not (query.product_types or query.tokens):
                return hits, ()
            named = named_goods(asked.message, hits)
            reads = (self._store.product(asked.principal.tenant_id, hit.product_id) for hit in named)
            return hits, tuple([await self._commerce(asked, "goods", read) for read in reads])
        except (StoreError, TimeoutError) as error:
            missing.append(_commerce_reason(error))
            return (), ()

    async def _person(self, asked: Asked, needs: Needs, missing: list[str]) -> Person | None:
        principal = asked.principal
        if not needs.person or principal.customer_id is None:
            return None
        try:
            return await self._commerce(asked, "person", self._read_person(principal))
        except (StoreError, TimeoutError) as error:
            missing.append(_commerce_reason(error))
            return None

    async def _read_person(self, principal: Principal) -> Person:
        methods = await self._store.payment_methods(principal)
        coupons = await self._store.usable_coupons(principal, self._now())
        try:
            return Person(await self._store.customer(principal), methods, coupons)
        except CustomerNotFound:
            # A shop may know of orders of people who have no account.
            return Person(None, methods, coupons)

    async def _knowledge(
        self,
        asked: Asked,
        understood: Understood,
        needs: Needs,
        query: ProductQuery,
        known: Facts | None,
        missing: list[str],
    ) -> Found:
        """The articles that answer; and what the message is asked like, whatever it is asked of."""
        if not needs.passages:
            return Found()
        if known is not None:
            missing += [why for why in known.missing if why.startswith(_OF_KNOWLEDGE)]
            return Found(known.passages, known.likenesses)
        request = SearchRequest(
            asked.principal.tenant_id,
            asked.message,
            understood.language,
            needs.passages,
            understood.top,
            asked_categories(query, asked.shop.vocabulary),
            asked=_nameless(asked.message, understood),
        )
        call = self._stages.retrieval.search(request, self._share_s(asked, _LOOK_UP_S))
        return await self._stage(asked, "retrieval", call, missing) or Found()

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


def _nameless(message: str, understood: Understood) -> str:
    """Without the numbers and names of what it is about: what is asked of one is asked of another."""
    for entity in sorted(understood.entities, key=lambda entity: -entity.start):
        if entity.type in _NAMES:
            message = message[: entity.start] + say(understood.language, "这个", "it") + message[entity.end :]
    return _NUMBERS.sub(say(understood.language, "这个", "it"), message)


_NAMES: Final = ("order_number", "product", "brand")
# A model's, a parcel's, and any that is long.
_NUMBERS: Final = re.compile(
    rf"{MODEL.pattern}|(?<![A-Za-z0-9])[A-Z]{{1,4}}\d{{8,}}(?![A-Za-z0-9])|#?\b\d{{8,}}\b"
)


def _commerce_reason(error: Exception) -> str:
    return "commerce: deadline" if isinstance(error, TimeoutError) else "commerce: unavailable"
