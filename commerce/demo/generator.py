"""The whole demonstration shop from one seed: the same rows for the same seed and instant, others for
another seed.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from commerce.demo.catalogue_rows import CatalogueRows, catalogue_rows
from commerce.demo.event_rows import event_rows
from commerce.demo.latent import BEHAVIOURS, CustomerType
from commerce.demo.money_rows import method_rows, reservation_rows
from commerce.demo.order_rows import Buyer, OrderBook
from commerce.demo.people_rows import Person, people
from commerce.demo.policy import DEMO_POLICY
from commerce.demo.seasons import calendar, day_weight
from commerce.demo.shelves import Shelves
from commerce.demo.timeline import draw_recent
from commerce.domain.customers import MemberLevel
from commerce.domain.orders import OrderState

Row = dict[str, Any]

DEMO_TENANT = "demo"
GENERATOR_VERSION = 2
"""Raise it when the same seed begins to give other rows."""


@dataclass(frozen=True, slots=True)
class DemoSize:
    """How much to generate; the catalogue is always whole."""

    customers: int
    orders: int


FULL_SIZE = DemoSize(customers=2_100, orders=20_500)


@dataclass(frozen=True, slots=True)
class DemoRows:
    """Rows by table, parents before children. `types` is the latent truth, for judging segments: it is
    never stored.

    The customer to show has the open order (`customer_order_ids[0]`, on the road) and the delivered one
    (`customer_order_ids[1]`, a red down jacket and earphones, delivered a few days ago).
    """

    tables: dict[str, list[Row]]
    types: dict[str, CustomerType]
    customer_id: str
    customer_order_ids: tuple[str, ...]
    other_customer_id: str

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.tables.items()}


def generate(seed: int, now: datetime, size: DemoSize = FULL_SIZE) -> DemoRows:
    """The shop as it is at `now` (timezone-aware). Some 6 s at full size."""
    now = now.replace(microsecond=0)
    catalogue = catalogue_rows(_stream(seed, "catalogue"), now, DEMO_TENANT, DEMO_POLICY.currency)
    persons = people(_stream(seed, "people"), now, DEMO_TENANT, size.customers)
    shelves = Shelves(_stream(seed, "shelves"), catalogue)
    book = OrderBook(_stream(seed, "orders"), now, DEMO_TENANT, DEMO_POLICY, shelves)
    buyers = [book.buyer(person) for person in persons]
    shown = _shown_orders(_stream(seed, "shown"), now, book, shelves, buyers)
    _recent_orders(_stream(seed, "recent"), now, book, shelves, buyers[2:])
    _history(_stream(seed, "history"), now, book, buyers, size.orders - len(book.orders))
    events = event_rows(_stream(seed, "events"), now, DEMO_TENANT, persons, book, shelves)
    _count_sales(catalogue, book)
    _set_levels(persons, book, now)
    reservations = reservation_rows(book.orders, book.lines, catalogue.variants)
    tables = {
        "customers": [person.customer for person in persons],
        "addresses": [person.home for person in persons],
        "payment_methods": method_rows((person.customer for person in persons), DEMO_POLICY.currency),
        "catalogue_terms": catalogue.terms,
        "products": catalogue.products,
        "variants": catalogue.variants,
        "orders": book.orders,
        "order_lines": book.lines,
        "payments": book.payments,
        "stock_reservations": reservations,
        "shipments": book.parcels.shipments,
        "tracking_events": book.parcels.events,
        "behaviour_events": events,
    }
    types = {person.customer_id: person.type for person in persons}
    return DemoRows(tables, types, persons[0].customer_id, shown, persons[1].customer_id)


def _stream(seed: int, part: str) -> random.Random:
    # One stream a part: more customers must not change the prices.
    return random.Random(f"{seed}:{part}")


def _shown_orders(
    rng: random.Random, now: datetime, book: OrderBook, shelves: Shelves, buyers: list[Buyer]
) -> tuple[str, ...]:
    """The orders that a visitor is shown: one on the road, one delivered, and one of somebody else."""
    shown, other = buyers[0], buyers[1]

    def order(buyer: Buyer, state: OrderState, *types: tuple[str, str | None]) -> str:
        times = draw_recent(rng, state, buyer.transit, DEMO_POLICY, now)
        return book.write(buyer, times, [(_pick(shelves, kind, colour), 1) for kind, colour in types])

    delivered = order(shown, OrderState.DELIVERED, ("down_jacket", "red"), ("earbuds", None))
    on_the_road = order(shown, OrderState.SHIPPED, ("thermos", None), ("towel_set", None))
    order(other, OrderState.SHIPPED, ("backpack", None))
    order(other, OrderState.DELIVERED, ("face_cream", None), ("tea", None))
    return on_the_road, delivered


def _pick(shelves: Shelves, product_type: str, colour: str | None) -> Row:
    """The first variant of that type and colour."""
    return next(
        variant
        for product in shelves.products.values()
        if product["product_type"] == product_type
        for variant in shelves.variants[product["product_id"]]
        if colour is None or variant["colour"] == colour
    )


_RECENT = {
    OrderState.PENDING_PAYMENT: 5,
    OrderState.PAID: 8,
    OrderState.PACKED: 4,
    OrderState.SHIPPED: 12,
    OrderState.RETURN_REQUESTED: 6,
    OrderState.EXCHANGE_REQUESTED: 4,
    OrderState.RETURNED: 3,
    OrderState.CANCELLED: 3,
}


def _recent_orders(
    rng: random.Random, now: datetime, book: OrderBook, shelves: Shelves, buyers: list[Buyer]
) -> None:
    """A few orders in each state, whatever the hour of `now` and the size of the shop."""
    active = [buyer for buyer in buyers if buyer.person.type is not CustomerType.LAPSED]
    for state, count in _RECENT.items():
        for _ in range(count):
            buyer = rng.choice(active)
            # At some hours nothing can be packed and not yet shipped: that state is then absent, as in a
            # real shop.
            times = draw_recent(rng, state, buyer.transit, DEMO_POLICY, now)
            category = rng.choice(buyer.person.tastes)
            variant = shelves.draw_variant(shelves.draw(category, buyer.behaviour.price_tier, False))
            book.write(buyer, times, [(variant, 1)])


def _history(rng: random.Random, now: datetime, book: OrderBook, buyers: list[Buyer], count: int) -> None:
    """`count` orders over two years, shared out by the customers' types."""
    calendars = {
        kind: calendar(
            now, DEMO_POLICY.zone, partial(day_weight, sale_pull=model.sale_pull, gift_pull=model.gift_pull)
        )
        for kind, model in BEHAVIOURS.items()
    }
    appetite = [buyer.behaviour.orders * rng.gammavariate(4, 0.25) for buyer in buyers]
    # The two who are shown keep a short history, so that a visitor sees it at a glance.
    appetite[:2] = [3.0, 3.0]
    plan: list[tuple[datetime, int]] = []
    for index in rng.choices(range(len(buyers)), appetite, k=count):
        buyer = buyers[index]
        first, last = buyer.behaviour.first_days, buyer.behaviour.last_days
        if index < 2:
            first, last = 400, 45
        plan.append((calendars[buyer.person.type].draw(rng, first, last), index))
    for placed_at, index in sorted(plan):
        book.place(buyers[index], placed_at)


def _count_sales(catalogue: CatalogueRows, book: OrderBook) -> None:
    paid = {order["order_id"] for order in book.orders if order["paid_at"] is not None}
    sold: Counter[str] = Counter()
    for line in book.lines:
        if line["order_id"] in paid:
            sold[line["product_id"]] += line["quantity"]
    for product in catalogue.products:
        product["sold_count"] = sold[product["product_id"]]


def _set_levels(persons: list[Person], book: OrderBook, now: datetime) -> None:
    """Level and points from what was received in the last 12 months; some points have been spent."""
    spent: defaultdict[str, int] = defaultdict(int)
    for order in book.orders:
        if order["delivered_at"] is not None and order["delivered_at"] > now - timedelta(days=365):
            spent[order["customer_id"]] += order["goods_minor"] - order["discount_minor"]
    rules = DEMO_POLICY.membership
    for person in persons:
        amount = spent[person.customer_id]
        level = MemberLevel.SILVER if amount >= rules.silver_from_minor else MemberLevel.ORDINARY
        person.customer["level"] = (MemberLevel.GOLD if amount >= rules.gold_from_minor else level).value
        person.customer["points"] = amount // 100 * 7 // 10 * rules.points_per_unit
