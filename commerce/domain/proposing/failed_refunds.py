"""Refunds that did not arrive: the money is held again, and owed."""

from __future__ import annotations

from commerce.domain.actions import RetryRefund
from commerce.domain.proposals import Proposal
from commerce.domain.proposing.balances import owed_minor
from commerce.domain.proposing.facts import Facts, back_to, may_receive, require_all, ruled


def retry(facts: Facts, wanted: RetryRefund) -> Proposal:
    """Once for each that failed, also where a retry fails."""
    owed = owed_minor(facts)
    trace = [
        ruled("refund.by_agent", facts.is_agent, "重新退款由客服发起", "a refund is repeated by an agent"),
        ruled("refund.failed", owed > 0, "有未到账的退款", "a refund of the order did not arrive"),
    ]
    if wanted.method_id is not None:
        trace.append(may_receive(facts, facts.method(wanted.method_id)))
    done = require_all(trace)
    return Proposal(wanted, facts.order.version, tuple(back_to(facts, wanted.method_id, owed)), done)
