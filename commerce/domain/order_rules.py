"""What else the policy says about an order: cancelling, changing, shipping, price protection, warranty.
Pure. A 0 is a rule that the shop does not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from commerce.domain.customers import Address
from commerce.domain.money import Money
from commerce.domain.orders import Order, OrderLine, OrderState
from commerce.domain.policy import DeliveryTime, ShippingPolicy, ShopPolicy
from commerce.domain.proposing.cutoffs import cancellable, changeable, items_may_change, settled
from commerce.domain.provinces import folded, province_of
from commerce.domain.returns import day_window_end
from commerce.domain.rules import RuleOutcome, RuleStep


@dataclass(frozen=True, slots=True)
class _OfOrder:
    order: Order
    policy: ShopPolicy


def cancelling(order: Order, policy: ShopPolicy) -> tuple[RuleStep, ...]:
    """The rules by which it is cancelled, free and at once, whatever the reason."""
    return cancellable(_OfOrder(order, policy))


def changing(order: Order, policy: ShopPolicy) -> tuple[RuleStep, ...]:
    """The rules by which its address or recipient is changed, wherever it is to go."""
    return changeable(_OfOrder(order, policy))


def changing_items(order: Order, policy: ShopPolicy) -> tuple[RuleStep, ...]:
    """The rules by which its items are changed, as far as the order alone tells them."""
    of = _OfOrder(order, policy)
    return *changeable(of), items_may_change(of), settled(of)


def can_cancel(order: Order, policy: ShopPolicy) -> bool:
    return _hold(cancelling(order, policy))


def can_change(order: Order, policy: ShopPolicy) -> bool:
    return _hold(changing(order, policy))


def _hold(trace: tuple[RuleStep, ...]) -> bool:
    return all(step.outcome is not RuleOutcome.FAILED for step in trace)


@dataclass(frozen=True, slots=True)
class ShippingQuote:
    """`fee` and `time` are None where the shop does not deliver."""

    is_deliverable: bool
    is_remote: bool
    fee: Money | None
    time: DeliveryTime | None


def _is_in(address: Address, names: tuple[str, ...]) -> bool:
    """However the place is spelt: `names` are of provinces and cities, Chinese or English."""
    province = province_of(address.region)
    places = (folded(address.region), folded(address.city))
    return any(
        (province is not None and province_of(name) == province)
        or any(place.startswith(folded(name)) for place in places)
        for name in names
    )


def shipping_quote(
    goods: Money, address: Address, policy: ShopPolicy, *, is_plus: bool = False
) -> ShippingQuote:
    """The fee for `goods` to `address`. Remote areas pay their flat fee whatever the order's value."""
    rules: ShippingPolicy = policy.shipping
    if _is_in(address, rules.excluded_regions):
        return ShippingQuote(False, False, None, None)
    if _is_in(address, rules.remote_regions):
        fee = 0 if is_plus else rules.remote_fee_minor
        return ShippingQuote(True, True, Money(fee, goods.currency), rules.remote)
    is_free = is_plus or goods.amount_minor >= rules.free_from_minor
    time = rules.metro if _is_in(address, rules.metro_regions) else rules.other
    return ShippingQuote(True, False, Money(0 if is_free else rules.fee_minor, goods.currency), time)


def ships_on(paid_at: datetime, policy: ShopPolicy) -> datetime | None:
    """The end (UTC, exclusive) of the local day on which an order paid at `paid_at` ships; None where the
    shop has no cut-off.
    """
    if policy.shipping.cutoff == time(0, 0):
        return None
    local = paid_at.astimezone(ZoneInfo(policy.zone))
    days_later = 0 if local.timetz().replace(tzinfo=None) < policy.shipping.cutoff else 1
    return day_window_end(paid_at, days_later, policy.zone)


def is_shipping_late(order: Order, policy: ShopPolicy, now: datetime) -> bool:
    """Paid, and not shipped within the promised hours: the late coupon or a cancellation is due."""
    hours = policy.shipping.late_after_hours
    if not hours or order.paid_at is None or order.state not in {OrderState.PAID, OrderState.PACKED}:
        return False
    return now - order.paid_at > timedelta(hours=hours)


PRICE_PROTECTED_STATES = frozenset(
    {OrderState.PAID, OrderState.PACKED, OrderState.SHIPPED, OrderState.DELIVERED}
)
"""In which a price difference is refunded: paid for, and neither cancelled nor going back."""


def price_protection_ends_at(order: Order, policy: ShopPolicy) -> datetime | None:
    """The end (UTC, exclusive) of the window in which a price difference is refunded; None for an order in no such state, one
    whose payment has no time, and where the shop refunds none.
    """
    days = policy.refunds.price_protection_days
    if not days or order.paid_at is None or order.state not in PRICE_PROTECTED_STATES:
        return None
    return day_window_end(order.paid_at, days, policy.zone)


def warranty_ends_at(order: Order, line: OrderLine, policy: ShopPolicy) -> datetime | None:
    """The end (UTC, exclusive) of the line's warranty, counted in calendar months from delivery; None
    where there is none.
    """
    months = policy.repair.warranty_months.get(line.category)
    if not months or order.delivered_at is None:
        return None
    zone = ZoneInfo(policy.zone)
    local = order.delivered_at.astimezone(zone)
    month_index = local.year * 12 + local.month - 1 + months
    year, month = divmod(month_index, 12)
    first_of_next = datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=zone)
    last_day = (first_of_next - timedelta(days=1)).day
    end_day = datetime(year, month + 1, min(local.day, last_day), tzinfo=zone)
    return day_window_end(end_day, 0, policy.zone)


def payment_due_at(order: Order, policy: ShopPolicy) -> datetime | None:
    """When an unpaid order is closed; None for every other order, and where the shop closes none."""
    minutes = policy.payment.unpaid_minutes
    if not minutes or order.state is not OrderState.PENDING_PAYMENT or order.placed_at is None:
        return None
    return order.placed_at + timedelta(minutes=minutes)
