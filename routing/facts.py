"""What the stages found for one message: all that an answer may state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from commerce.domain.catalogue import Product, ProductHit, ProductQuery
from commerce.domain.coupons import Coupon
from commerce.domain.customers import Customer
from commerce.domain.orders import Order
from commerce.domain.payment_methods import PaymentMethod
from commerce.domain.policy import ShopPolicy
from commerce.domain.proposing.facts import Facts as ActionFacts
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from models.types import Basis, Likeness, Passage, Segment


@dataclass(frozen=True, slots=True)
class Recommended:
    """A product in stock, ranked for this customer. `because`: the product they know that speaks most for it."""

    hit: ProductHit
    basis: Basis
    because: LocalText | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What an action on one order is decided from: the order with its variants, methods, cases and invoices, its customer
    (None: without an account), and the coupons that they may use.
    """

    action: ActionFacts
    customer: Customer | None
    coupons: tuple[Coupon, ...]

    @property
    def order(self) -> Order:
        return self.action.order


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever asks: their account (None: they have none), payment methods, and coupons that they may use."""

    customer: Customer | None
    methods: tuple[PaymentMethod, ...]
    coupons: tuple[Coupon, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one turn. `goods` are the products that are named, whole; `details` are of the first order; `categories`
    name the shop's by slug. `likenesses` are the kinds of facts that are asked for like
    this. `missing` names the stages that were left out and why, such as "retrieval: deadline".
    """

    now: datetime
    tenant: Tenant
    policy: ShopPolicy
    is_signed_in: bool
    orders: tuple[Order, ...] = ()
    asked_order_id: str | None = None
    is_order_unknown: bool = False
    query: ProductQuery | None = None
    products: tuple[ProductHit, ...] = ()
    passages: tuple[Passage, ...] = ()
    recommended: tuple[Recommended, ...] = ()
    segment: Segment | None = None
    missing: tuple[str, ...] = ()
    message: str = ""
    goods: tuple[Product, ...] = ()
    person: Person | None = None
    details: Details | None = None
    categories: tuple[tuple[str, LocalText], ...] = ()
    likenesses: tuple[Likeness, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone, in which every date is said."""
        return ZoneInfo(self.tenant.zone)


@dataclass(frozen=True, slots=True)
class Needs:
    """What one intent needs looked up; nothing else is fetched.

    `recommendations`: `undirected` when the message names no goods, so that the choice is ours. `segment` and `person` need
    a customer, `details` an order.
    """

    orders: bool = False
    products: bool = False
    passages: int = 0
    includes_out_of_stock: bool = False
    recommendations: Literal["no", "undirected", "yes"] = "no"
    segment: bool = False
    person: bool = False
    details: bool = False


_KNOWLEDGE = Needs(passages=3)
_ORDER = Needs(orders=True, passages=2)

NEEDS: dict[str, Needs] = {
    "product_question": Needs(orders=True, products=True, passages=3, includes_out_of_stock=True),
    "product_search": Needs(products=True, passages=2, recommendations="undirected", segment=True),
    "recommendation": Needs(products=True, passages=2, recommendations="yes", segment=True),
    "stock_availability": Needs(orders=True, products=True, passages=1, includes_out_of_stock=True),
    "price_promotion": Needs(
        orders=True, products=True, passages=3, includes_out_of_stock=True, segment=True, person=True
    ),
    "coupon": Needs(passages=3, segment=True, person=True),
    "size_advice": _KNOWLEDGE,
    "place_order_help": _KNOWLEDGE,
    "payment_problem": Needs(orders=True, passages=3, person=True, details=True),
    "invoice": Needs(orders=True, passages=3, details=True),
    "order_status": _ORDER,
    "logistics_tracking": _ORDER,
    "urge_shipment": _ORDER,
    "change_address": _ORDER,
    "modify_order": _ORDER,
    "cancel_order": _ORDER,
    "delivery_policy": _KNOWLEDGE,
    "return_request": _ORDER,
    "exchange_request": Needs(orders=True, products=True, passages=2, includes_out_of_stock=True),
    "refund_status": _ORDER,
    "return_policy": Needs(orders=True, passages=3),
    "damaged_or_wrong_item": _ORDER,
    "warranty_repair": Needs(orders=True, products=True, passages=3, includes_out_of_stock=True),
    "technical_support": Needs(orders=True, products=True, passages=3, includes_out_of_stock=True),
    "complaint": Needs(orders=True, passages=2, segment=True),
    "account_problem": Needs(passages=3, person=True),
    "membership_points": Needs(passages=3, segment=True, person=True),
    "human_agent": Needs(passages=1, segment=True),
    "greeting_thanks": Needs(),
    "out_of_scope": Needs(),
}

MOST_PASSAGES: Final = max(needs.passages for needs in NEEDS.values())
"""So many are enough whatever turns out to be meant."""

# Rules and goods are asked about by whoever has no order in mind, unless one is named, or goods of one.
ORDERS_IF_NAMED: Final = frozenset(
    {"return_policy", "product_question", "stock_availability", "price_promotion", "technical_support"}
)


def meant(facts: Facts) -> Order:
    """The order that is spoken of: the asked one, which stands first; else the newest that is open, else the newest."""
    if facts.asked_order_id is not None:
        return facts.orders[0]
    return next((order for order in facts.orders if order.is_open), facts.orders[0])
