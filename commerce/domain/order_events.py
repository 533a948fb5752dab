"""What the shop's own systems tell of an order: that it was placed, paid, packed, shipped, delivered, and what became of a
payment. Each is one event; nothing in it is agreed to by the customer.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commerce.domain.actions import Id, Name, NewAddress, Place, Quantity, Text
from commerce.domain.instants import Instant
from commerce.domain.orders import PaymentStatus, TrackingState

# A hundred lines of ten thousand pieces each stay within the databases' integers.
_MOST_MINOR: Final = 10**10
Minor = Annotated[int, Field(strict=True, ge=0, le=_MOST_MINOR)]


class EventKind(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    TRACKED = "tracked"
    DELIVERED = "delivered"
    CAME_BACK = "came_back"
    CLOSED = "closed"
    SETTLED = "settled"


def recorded_as(kind: EventKind) -> str:
    """The kind of the action that an event is."""
    return f"order_{kind.value}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class OrderEvent(_Strict):
    """`at` is when it happened, by the shop's clock."""

    event: EventKind
    at: Instant


class PlacedItem(_Strict):
    """`unit_price_minor` is what was agreed."""

    variant_id: Id
    quantity: Quantity
    unit_price_minor: Minor


class Placed(OrderEvent):
    """A new order. Its pieces are reserved at once, all of them or none."""

    event: Literal[EventKind.PLACED] = EventKind.PLACED
    customer_id: Id
    items: Annotated[tuple[PlacedItem, ...], Field(min_length=1, max_length=100)]
    discount_minor: Minor = 0
    shipping_fee_minor: Minor = 0
    address: NewAddress

    @model_validator(mode="after")
    def _discount_is_of_the_goods(self) -> Self:
        if self.discount_minor > sum(item.quantity * item.unit_price_minor for item in self.items):
            raise ValueError("discount_minor is more than the goods cost")
        return self


class PaidPart(_Strict):
    """`service` (alipay, bank_card) says what a method is that the account does not list; of a listed one it is left out."""

    method_id: Id
    service: Annotated[Text, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    amount_minor: Annotated[int, Field(strict=True, ge=1, le=10**16)]


class Paid(OrderEvent):
    """The whole order, by one method or several; of an order that was paid already, exactly what it lacks since a payment was
    declined. For an order that was cancelled meanwhile the money goes back at once.
    """

    event: Literal[EventKind.PAID] = EventKind.PAID
    parts: Annotated[tuple[PaidPart, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _no_method_twice(self) -> Self:
        if len({part.method_id for part in self.parts}) != len(self.parts):
            raise ValueError("a method is named twice; give its amount in one part")
        return self


class Packed(OrderEvent):
    event: Literal[EventKind.PACKED] = EventKind.PACKED


class Shipped(OrderEvent):
    """The whole order in one parcel."""

    event: Literal[EventKind.SHIPPED] = EventKind.SHIPPED
    carrier_zh: Name
    carrier_en: Name
    tracking_number: Annotated[Text, Field(min_length=1, max_length=64)]
    expected_at: Instant | None = None


class Tracked(OrderEvent):
    """Where the newest parcel was seen."""

    event: Literal[EventKind.TRACKED] = EventKind.TRACKED
    state: TrackingState
    place_zh: Place
    place_en: Place
    text_zh: Name
    text_en: Name


class Delivered(OrderEvent):
    event: Literal[EventKind.DELIVERED] = EventKind.DELIVERED


class CameBack(OrderEvent):
    """The parcel was refused or lost: nothing reached the customer, who gets all that is held. `is_sellable`: the pieces go
    on the shelf again.
    """

    event: Literal[EventKind.CAME_BACK] = EventKind.CAME_BACK
    is_sellable: bool = False


class Closed(OrderEvent):
    """An order that nobody paid in time."""

    event: Literal[EventKind.CLOSED] = EventKind.CLOSED


class Settled(OrderEvent):
    """What became of a payment or refund that was under way. `failed` also of a payment that an action took and the provider
    declined afterwards: the order lacks it then, and nothing leaves before `paid` has told of it.
    """

    event: Literal[EventKind.SETTLED] = EventKind.SETTLED
    payment_id: Id
    status: Literal[PaymentStatus.SUCCEEDED, PaymentStatus.FAILED]


AnyOrderEvent = Annotated[
    Placed | Paid | Packed | Shipped | Tracked | Delivered | CameBack | Closed | Settled,
    Field(discriminator="event"),
]
