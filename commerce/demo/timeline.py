"""What happens to one order after it was placed, and how much of that lies before now."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from commerce.domain.orders import OrderState
from commerce.domain.policy import DeliveryTime, ShopPolicy


class Fate(StrEnum):
    """What the customer will do with the order."""

    KEEP = "keep"
    NEVER_PAY = "never_pay"
    CANCEL = "cancel"
    RETURN = "return"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Each time is None when it will not happen or has not happened yet. `expected_at` is the carrier's
    promise.
    """

    state: OrderState
    placed_at: datetime
    paid_at: datetime | None = None
    packed_at: datetime | None = None
    shipped_at: datetime | None = None
    expected_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    requested_at: datetime | None = None
    refunded_at: datetime | None = None
    final_delivery_at: datetime | None = None
    """When it will be delivered, also if that is still to come: the parcel's steps are spread up to it."""


def draw_timeline(
    rng: random.Random,
    placed_at: datetime,
    fate: Fate,
    transit: DeliveryTime,
    policy: ShopPolicy,
    now: datetime,
) -> Timeline:
    """The order's life up to `now`. A fate that the calendar has not reached yet does not show."""
    paid_at = placed_at + timedelta(seconds=rng.randint(20, 900))
    due_at = placed_at + timedelta(minutes=policy.payment.unpaid_minutes)
    if fate is Fate.NEVER_PAY or paid_at > now:
        if due_at > now:
            return Timeline(OrderState.PENDING_PAYMENT, placed_at)
        return Timeline(OrderState.CANCELLED, placed_at, cancelled_at=due_at)
    shipped_at = _shipping_time(rng, paid_at, policy)
    packed_at = _within(rng, paid_at, shipped_at, 0.05, 0.85)
    cancelled_at = _within(rng, paid_at, packed_at, 0.2, 0.9)
    if fate is Fate.CANCEL and cancelled_at <= now:
        return Timeline(
            OrderState.CANCELLED, placed_at, paid_at, cancelled_at=cancelled_at, refunded_at=cancelled_at
        )
    if packed_at > now:
        return Timeline(OrderState.PAID, placed_at, paid_at)
    if shipped_at > now:
        return Timeline(OrderState.PACKED, placed_at, paid_at, packed_at)
    days = rng.randint(transit.min_days, transit.max_days)
    delivered_at = _at_local(shipped_at, policy.zone, days, rng.uniform(9.5, 20.5))
    expected_at = _at_local(shipped_at, policy.zone, transit.max_days, 21.0)
    if delivered_at > now:
        return Timeline(
            OrderState.SHIPPED,
            placed_at,
            paid_at,
            packed_at,
            shipped_at,
            expected_at,
            final_delivery_at=delivered_at,
        )
    state, requested_at, refunded_at = _after_delivery(rng, fate, delivered_at, now)
    return Timeline(
        state, placed_at, paid_at, packed_at, shipped_at, expected_at, delivered_at,
        requested_at=requested_at, refunded_at=refunded_at, final_delivery_at=delivered_at,
    )  # fmt: skip


def _after_delivery(
    rng: random.Random, fate: Fate, delivered_at: datetime, now: datetime
) -> tuple[OrderState, datetime | None, datetime | None]:
    requested_at = delivered_at + timedelta(minutes=rng.randint(300, 5400))
    done_at = requested_at + timedelta(minutes=rng.randint(4300, 10000))
    if fate not in (Fate.RETURN, Fate.EXCHANGE) or requested_at > now:
        return OrderState.DELIVERED, None, None
    if fate is Fate.RETURN:
        if done_at > now:
            return OrderState.RETURN_REQUESTED, requested_at, None
        return OrderState.RETURNED, requested_at, done_at
    return (OrderState.EXCHANGE_REQUESTED if done_at > now else OrderState.DELIVERED), requested_at, None


def _within(rng: random.Random, start: datetime, end: datetime, low: float, high: float) -> datetime:
    return (start + (end - start) * rng.uniform(low, high)).replace(microsecond=0)


def _shipping_time(rng: random.Random, paid_at: datetime, policy: ShopPolicy) -> datetime:
    """The same evening when paid before the cut-off, else the next."""
    local = paid_at.astimezone(ZoneInfo(policy.zone))
    days = 0 if local.time() < policy.shipping.cutoff else 1
    return _at_local(paid_at, policy.zone, days, rng.uniform(18.0, 21.5))


def _at_local(start: datetime, zone: str, days: int, hour: float) -> datetime:
    day = start.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    return (midnight + timedelta(hours=hour)).replace(microsecond=0)


def draw_recent(
    rng: random.Random, wanted: OrderState, transit: DeliveryTime, policy: ShopPolicy, now: datetime
) -> Timeline:
    """A timeline whose state is `wanted` at `now`, by trying recent orders until one is.

    Raises RuntimeError when no order of the last fortnight can be in that state.
    """
    fate = _FATES.get(wanted, Fate.KEEP)
    for _ in range(2_000):
        placed_at = (now - timedelta(minutes=_recent_minutes(rng, wanted, transit))).replace(microsecond=0)
        found = draw_timeline(rng, placed_at, fate, transit, policy, now)
        if found.state is wanted:
            return found
    raise RuntimeError(f"no recent order can be {wanted}")


_FATES = {
    OrderState.PENDING_PAYMENT: Fate.NEVER_PAY,
    OrderState.RETURN_REQUESTED: Fate.RETURN,
    OrderState.EXCHANGE_REQUESTED: Fate.EXCHANGE,
    OrderState.RETURNED: Fate.RETURN,
    OrderState.CANCELLED: Fate.CANCEL,
}


def _recent_minutes(rng: random.Random, wanted: OrderState, transit: DeliveryTime) -> float:
    if wanted is OrderState.PENDING_PAYMENT:
        return rng.uniform(1, 20)
    if wanted in (OrderState.PAID, OrderState.PACKED):
        return rng.uniform(15, 60 * 30)
    if wanted is OrderState.SHIPPED:
        return rng.uniform(60 * 6, 60 * 24 * 4)
    if wanted is OrderState.DELIVERED:
        return rng.uniform(60 * 24 * (transit.max_days + 0.3), 60 * 24 * (transit.max_days + 3.5))
    return rng.uniform(60 * 24 * 2, 60 * 24 * 14)
