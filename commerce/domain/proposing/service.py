"""What changes no goods: urging a parcel, complaints."""

from __future__ import annotations

from datetime import datetime, timedelta

from commerce.domain.actions import OpenComplaint, UrgeShipment
from commerce.domain.order_rules import is_shipping_late
from commerce.domain.orders import Order, OrderState
from commerce.domain.proposals import (
    CouponGiven,
    Effect,
    Proposal,
    TicketKind,
    TicketOpened,
)
from commerce.domain.proposing.facts import Facts, require_all, ruled
from commerce.domain.rules import RuleStep

_ON_ITS_WAY = (OrderState.PAID, OrderState.PACKED, OrderState.SHIPPED)


def urge_shipment(facts: Facts, wanted: UrgeShipment) -> Proposal:
    """A person looks after the parcel; where it is later than promised, the customer has a coupon."""
    order, rules = facts.order, facts.policy.shipping
    trace = require_all(
        (
            ruled("urge.open", order.state in _ON_ITS_WAY, "订单尚未签收", "the order is on its way"),
            *_once(order, rules.late_after_hours, facts.now),
        )
    )
    effects: list[Effect] = [TicketOpened(TicketKind.URGENT_SHIPMENT, _due_at(facts, rules.late_after_hours))]
    if (
        not facts.has_late_coupon
        and rules.late_coupon_minor
        and is_shipping_late(order, facts.policy, facts.now)
    ):
        effects.append(CouponGiven(rules.late_coupon_minor, order.currency))
    return Proposal(wanted, order.version, tuple(effects), trace)


def _once(order: Order, hours: int, now: datetime) -> tuple[RuleStep, ...]:
    """Within so many hours; a shop that promises none is asked as often as one likes."""
    if not hours:
        return ()
    holds = order.urged_at is None or now >= order.urged_at + timedelta(hours=hours)
    return (ruled("urge.once", holds, f"每{hours}小时可以催一次", f"once in {hours} hours"),)


def open_complaint(facts: Facts, wanted: OpenComplaint) -> Proposal:
    """Answered by a person within the promised hours."""
    due_at = _due_at(facts, facts.policy.service.complaint_hours)
    ticket = TicketOpened(TicketKind.COMPLAINT, due_at, wanted.words)
    return Proposal(wanted, facts.order.version, (ticket,), ())


def _due_at(facts: Facts, hours: int) -> datetime | None:
    """Nothing is promised by a shop that has no such time."""
    return facts.now + timedelta(hours=hours) if hours else None
