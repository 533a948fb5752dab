"""What an action would do, exactly: effects that are shown, agreed to, and then applied as they stand.

Nothing else changes an order. The store applies each kind of effect in one way, whichever action it comes from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from commerce.domain.actions import Arguments, InvoiceKind
from commerce.domain.after_sales import CaseKind, CaseLine, CaseState
from commerce.domain.orders import OrderState, PaymentKind, PaymentStatus, TrackingState
from commerce.domain.rules import RuleOutcome, RuleStep


@dataclass(frozen=True, slots=True)
class StateChange:
    before: OrderState
    after: OrderState


@dataclass(frozen=True, slots=True)
class Advanced:
    """On its way to the customer: paid, packed, shipped or delivered, `at` that time."""

    before: OrderState
    after: OrderState
    at: datetime


@dataclass(frozen=True, slots=True)
class AddressChange:
    """The order's copy; the customer's own addresses stay."""

    recipient: str
    phone: str
    region: str
    city: str
    district: str
    street: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class LineReplaced:
    """`quantity` pieces of a line become another variant at its own price; the rest of the line stays. The discounts are
    those of these pieces. `is_exchange`: they were delivered before.
    """

    line_id: str
    quantity: int
    old_variant_id: str
    new_variant_id: str
    old_price_minor: int
    new_price_minor: int
    old_discount_minor: int
    new_discount_minor: int
    is_exchange: bool = False


@dataclass(frozen=True, slots=True)
class PriceLowered:
    """Of a whole line, which costs that and has no discount any more, so that the same fall is not paid twice."""

    line_id: str
    old_price_minor: int
    new_price_minor: int


@dataclass(frozen=True, slots=True)
class LineDiscount:
    """What a line has of the order's discount afterwards."""

    line_id: str
    discount_minor: int


@dataclass(frozen=True, slots=True)
class PiecesReturned:
    """They are the customer's no longer."""

    line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class TotalsChange:
    """What the order comes to afterwards."""

    goods_minor: int
    discount_minor: int
    shipping_fee_minor: int


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """`by` (UTC, exclusive): when a refund has arrived at the latest; None: at once, or a payment."""

    kind: PaymentKind
    method_id: str
    amount_minor: int
    currency: str
    by: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentSettled:
    """What became of one that was under way, or was booked as come and did not come."""

    payment_id: str
    status: PaymentStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelSent:
    carrier_zh: str
    carrier_en: str
    tracking_number: str
    shipped_at: datetime
    expected_at: datetime | None


@dataclass(frozen=True, slots=True)
class ParcelSeen:
    shipment_id: str
    at: datetime
    state: TrackingState
    place_zh: str
    place_en: str
    text_zh: str
    text_en: str


class StockReason(StrEnum):
    """`RESERVE` takes pieces off the shelf for an order, `RELEASE` puts them back, `SHIP` sends what was reserved, and
    `RECEIVE` puts on the shelf what a customer sent back.
    """

    RESERVE = "reserve"
    RELEASE = "release"
    SHIP = "ship"
    RECEIVE = "receive"


@dataclass(frozen=True, slots=True)
class StockMove:
    reason: StockReason
    variant_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """`refund_minor` moves when the case is done, to `method_id`, or where that is None to the methods that paid."""

    kind: CaseKind
    state: CaseState
    lines: tuple[CaseLine, ...]
    reason: str
    refund_minor: int
    currency: str
    method_id: str | None
    due_at: datetime | None
    words: str = ""
    prepaid_minor: int = 0


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """`words` are what the customer is told of a refusal."""

    case_id: str
    state: CaseState
    words: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceReissued:
    """`replaces` is voided; None: there was none."""

    kind: InvoiceKind
    title: str
    tax_id: str
    amount_minor: int
    currency: str
    replaces: str | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceVoided:
    """Nothing is held that it could be for."""

    invoice_id: str


@dataclass(frozen=True, slots=True)
class CouponUsed:
    coupon_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class CouponReleased:
    """It can be used again."""

    coupon_id: str


@dataclass(frozen=True, slots=True)
class CouponGiven:
    """Compensation."""

    amount_minor: int
    currency: str


class TicketKind(StrEnum):
    URGENT_SHIPMENT = "urgent_shipment"
    FAILED_REFUND = "failed_refund"
    DECLINED_PAYMENT = "declined_payment"
    COMPLAINT = "complaint"


class TicketState(StrEnum):
    """Only the shop's own systems close one."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """For a person of the service team."""

    kind: TicketKind
    due_at: datetime | None
    words: str = ""


Effect = (
    StateChange
    | Advanced
    | AddressChange
    | LineReplaced
    | PriceLowered
    | LineDiscount
    | PiecesReturned
    | TotalsChange
    | MoneyMove
    | PaymentSettled
    | ParcelSent
    | ParcelSeen
    | StockMove
    | CaseOpened
    | CaseClosed
    | InvoiceReissued
    | InvoiceVoided
    | CouponUsed
    | CouponReleased
    | CouponGiven
    | TicketOpened
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """`order_version` is that of the order it was made from. Some of `rule_trace` may be conditions, which nobody has said
    yet whether they hold.
    """

    arguments: Arguments
    order_version: int
    effects: tuple[Effect, ...]
    rule_trace: tuple[RuleStep, ...]

    @property
    def conditions(self) -> tuple[RuleStep, ...]:
        return tuple(step for step in self.rule_trace if step.outcome is RuleOutcome.CONDITION)

    @property
    def digest(self) -> str:
        """SHA-256 of exactly what would be done, to whom, and on which state: another digest is another agreement."""
        said = {
            "arguments": self.arguments.model_dump(mode="json"),
            "order_version": self.order_version,
            "effects": [[type(effect).__name__, asdict(effect)] for effect in self.effects],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is in no effect")
