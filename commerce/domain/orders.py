"""Orders, what was paid for them, and where their parcels are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from commerce.domain.catalogue import SaleClass
from commerce.domain.customers import Address
from commerce.domain.money import Money
from commerce.domain.text import LocalText


class OrderState(StrEnum):
    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURN_REQUESTED = "return_requested"
    EXCHANGE_REQUESTED = "exchange_requested"
    RETURNED = "returned"


OPEN_STATES = frozenset({OrderState.PENDING_PAYMENT, OrderState.PAID, OrderState.PACKED, OrderState.SHIPPED})
"""Not yet with the customer, and still on the way to them."""

RESERVING_STATES = frozenset({OrderState.PENDING_PAYMENT, OrderState.PAID, OrderState.PACKED})
"""The pieces are still in the warehouse, and nobody else's."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`unit_price_minor` is what was agreed when the order was placed, `discount_minor` what its pieces have together of the
    order's discount, which is the sum of the lines'. Names and `product_type`, a slug of the shop's vocabulary, are the
    product's of today.
    """

    line_id: str
    product_id: str
    variant_id: str
    name: LocalText
    category: str
    sale_class: SaleClass
    colour: str | None
    size: str | None
    options: Mapping[str, str] = field(hash=False)
    quantity: int
    unit_price_minor: int
    currency: str
    returned_quantity: int = 0
    exchanged_count: int = 0
    discount_minor: int = 0
    product_type: str = ""

    @property
    def total(self) -> Money:
        return Money(self.unit_price_minor * self.quantity, self.currency)

    @property
    def paid_minor(self) -> int:
        """For all its pieces, returned ones too."""
        return self.unit_price_minor * self.quantity - self.discount_minor

    def next_paid_minor(self, pieces: int) -> int:
        """For the next `pieces` after those that were returned: whatever the steps, all of them come to what was paid."""
        before = self.paid_minor * self.returned_quantity // self.quantity
        return self.paid_minor * (self.returned_quantity + pieces) // self.quantity - before


class PaymentKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"


class PaymentStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Payment:
    """One movement of money. `amount_minor` is positive for both kinds; `method` is a slug such as alipay
    or bank_card, `method_id` the customer's own.
    """

    payment_id: str
    kind: PaymentKind
    status: PaymentStatus
    method: str
    amount_minor: int
    currency: str
    created_at: datetime | None
    completed_at: datetime | None
    method_id: str


class TrackingState(StrEnum):
    """`ANNOUNCED`: the carrier knows of the parcel, and does not have it yet."""

    ANNOUNCED = "announced"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    at: datetime
    state: TrackingState
    place: LocalText
    text: LocalText


@dataclass(frozen=True, slots=True)
class Shipment:
    """`events` newest first. `expected_at` is what the carrier promises, None where it promises nothing."""

    shipment_id: str
    carrier: LocalText
    tracking_number: str
    shipped_at: datetime | None
    expected_at: datetime | None
    delivered_at: datetime | None
    events: tuple[TrackingEvent, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """`goods_minor - discount_minor + shipping_fee_minor` is the total. A time is None until it has
    happened (or, in an imported shop, where nobody wrote it down). `address` is a copy made when the
    order was placed. `version` grows with every change; `item_changes` counts those of its items.
    """

    order_id: str
    customer_id: str
    state: OrderState
    lines: tuple[OrderLine, ...]
    goods_minor: int
    discount_minor: int
    shipping_fee_minor: int
    currency: str
    address: Address
    placed_at: datetime | None
    paid_at: datetime | None
    packed_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    payments: tuple[Payment, ...]
    shipments: tuple[Shipment, ...]
    attributes: Mapping[str, object] = field(hash=False, default_factory=dict)
    version: int = 1
    item_changes: int = 0
    coupon_id: str | None = None
    urged_at: datetime | None = None

    @property
    def total(self) -> Money:
        return Money(self.goods_minor - self.discount_minor + self.shipping_fee_minor, self.currency)

    @property
    def paid(self) -> Money:
        """What reached the shop less what went back, succeeded movements only."""
        done = (p for p in self.payments if p.status is PaymentStatus.SUCCEEDED)
        signed = (p.amount_minor if p.kind is PaymentKind.PAYMENT else -p.amount_minor for p in done)
        return Money(sum(signed), self.currency)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES
