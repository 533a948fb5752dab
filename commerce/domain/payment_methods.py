"""How a customer pays, and how long money takes to come back that way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from commerce.domain.orders import Order, PaymentKind, PaymentStatus
from commerce.domain.policy import RefundPolicy
from commerce.domain.returns import day_window_end


class MethodKind(StrEnum):
    """A gift card is the shop's own money: it moves at once. A wallet is alipay, wechat_pay, paypal and the like."""

    GIFT_CARD = "gift_card"
    WALLET = "wallet"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """`service` is a slug such as alipay or credit_card; `balance_minor` is a gift card's, None for the others. Not `is_own`:
    it paid once, and the account no longer lists it; money can go back to it, and nothing else.
    """

    method_id: str
    customer_id: str
    kind: MethodKind
    service: str
    balance_minor: int | None
    currency: str
    is_own: bool = True

    def covers(self, amount_minor: int) -> bool:
        """Whether that much can be asked of it; only of a gift card does the shop know."""
        return self.balance_minor is None or self.balance_minor >= amount_minor


@dataclass(frozen=True, slots=True)
class Held:
    """What the shop holds of an order's money, by the method that it came from."""

    method_id: str
    amount_minor: int


def held(order: Order) -> tuple[Held, ...]:
    """What came and has not gone back, in the order in which it came; the sum is what came less what went.

    A refund goes from its own method's money first, then from the newest of the others, also where it is written down before
    the payment that it goes from. One that is under way has gone; a payment that is under way has not come.
    """
    kept: dict[str, int] = {}
    for payment in order.payments:
        if payment.kind is PaymentKind.PAYMENT and payment.status is PaymentStatus.SUCCEEDED:
            kept[payment.method_id] = kept.get(payment.method_id, 0) + payment.amount_minor
    for payment in order.payments:
        if payment.kind is PaymentKind.REFUND and payment.status is not PaymentStatus.FAILED:
            left = payment.amount_minor
            for method_id in (payment.method_id, *reversed(kept)):
                part = min(kept.get(method_id, 0), left)
                if part:
                    kept[method_id] -= part
                    left -= part
    return tuple(Held(method_id, amount) for method_id, amount in kept.items() if amount)


def spread(held_by_method: Iterable[Held], amount_minor: int) -> tuple[Held, ...]:
    """`amount_minor` taken from what is held, the newest first, so that a change of method is undone before what it replaced.

    Raises ValueError where less is held.
    """
    taken = []
    for source in reversed(tuple(held_by_method)):
        part = min(source.amount_minor, amount_minor)
        if part:
            taken.append(Held(source.method_id, part))
            amount_minor -= part
    if amount_minor:
        raise ValueError(f"{amount_minor} more than is held")
    return tuple(taken)


def back_by(kind: MethodKind, refunds: RefundPolicy, now: datetime, zone: str) -> datetime | None:
    """When a refund of `now` has arrived at the latest (UTC, exclusive); None: at once."""
    if kind is MethodKind.GIFT_CARD:
        return None
    if kind is MethodKind.WALLET:
        return now + timedelta(hours=refunds.wallet_hours)
    return day_window_end(now, refunds.card_max_days, zone)
