"""What changes no goods: urging a parcel, complaints."""

from __future__ import annotations

from datetime import timedelta

from commerce.domain.actions import OpenComplaint, UrgeShipment
from commerce.domain.order_rules import is_shipping_late
from commerce.domain.orders import OrderState
from commerce.domain.proposals import (
    CouponGiven,
    Effect,
    Proposal,
    TicketKind,
    TicketOpened,
)
from commerce.domain.proposing.facts import Facts, require_all, ruled

_ON_ITS_WAY = (OrderState.PAID, OrderState.PACKED, OrderState.SHIPPED)


def urge_shipment(facts: Facts, wanted: UrgeShipment) -> Proposal:
    """A person looks after the parcel; where it is later than promised, the customer has a coupon."""
    order, rules = facts.order, facts.policy.shipping
    trace = require_all(
        (
            ruled("urge.open", order.state in _ON_ITS_WAY, "订单尚未签收", "the order is on its way"),
            ruled(
                "urge.once",
                order.urged_at is None
                or facts.now >= order.urged_at + timedelta(hours=rules.late_after_hours),
                f"{rules.late_after_hours}小时内已催过一次",
                f"it was not urged within the last {rules.late_after_hours} hours",
            ),
        )
    )
    effects: list[Effect] = [
        TicketOpened(TicketKind.URGENT_SHIPMENT, facts.now + timedelta(hours=rules.late_after_hours))
    ]
    if (
        not facts.has_late_coupon
        and rules.late_coupon_minor
        and is_shipping_late(order, facts.policy, facts.now)
    ):
        effects.append(CouponGiven(rules.late_coupon_minor, order.currency))
    return Proposal(wanted, order.version, tuple(effects), trace)


def open_complaint(facts: Facts, wanted: OpenComplaint) -> Proposal:
    """Answered by a person within the promised hours."""
    due_at = facts.now + timedelta(hours=facts.policy.service.complaint_hours)
    ticket = TicketOpened(TicketKind.COMPLAINT, due_at, wanted.words)
    return Proposal(wanted, facts.order.version, (ticket,), ())
