"""What the stages found for one message: all that an answer may state."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from commerce.domain.catalogue import ProductHit, ProductQuery
from commerce.domain.orders import Order
from commerce.domain.policy import ShopPolicy
from commerce.domain.tenants import Tenant
from models.types import Passage


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one turn. `missing` names the stages that were left out and why, such as "retrieval: deadline"."""

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
    missing: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone, in which every date is said."""
        return ZoneInfo(self.tenant.zone)


@dataclass(frozen=True, slots=True)
class Needs:
    """What one intent needs looked up; nothing else is fetched."""

    orders: bool = False
    products: bool = False
    passages: int = 0
    includes_out_of_stock: bool = False


_KNOWLEDGE = Needs(passages=3)
_ORDER = Needs(orders=True, passages=2)
_PRODUCTS = Needs(products=True, passages=2)

NEEDS: dict[str, Needs] = {
    "product_question": Needs(products=True, passages=3, includes_out_of_stock=True),
    "product_search": _PRODUCTS,
    "recommendation": _PRODUCTS,
    "stock_availability": Needs(products=True, passages=1, includes_out_of_stock=True),
    "price_promotion": Needs(products=True, passages=3, includes_out_of_stock=True),
    "coupon": _KNOWLEDGE,
    "size_advice": _KNOWLEDGE,
    "place_order_help": _KNOWLEDGE,
    "payment_problem": Needs(orders=True, passages=3),
    "invoice": Needs(orders=True, passages=3),
    "order_status": _ORDER,
    "logistics_tracking": _ORDER,
    "urge_shipment": _ORDER,
    "change_address": _ORDER,
    "modify_order": _ORDER,
    "cancel_order": _ORDER,
    "delivery_policy": _KNOWLEDGE,
    "return_request": _ORDER,
    "exchange_request": _ORDER,
    "refund_status": _ORDER,
    "return_policy": _KNOWLEDGE,
    "damaged_or_wrong_item": _ORDER,
    "warranty_repair": Needs(orders=True, passages=3),
    "technical_support": _KNOWLEDGE,
    "complaint": Needs(orders=True, passages=2),
    "account_problem": _KNOWLEDGE,
    "membership_points": _KNOWLEDGE,
    "human_agent": Needs(passages=1),
    "greeting_thanks": Needs(),
    "out_of_scope": Needs(),
}
