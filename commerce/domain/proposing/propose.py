"""Which rules are for which action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from commerce.domain.actions import ActionKind, Arguments
from commerce.domain.proposals import Proposal
from commerce.domain.proposing import after_sales, cases, failed_refunds, invoicing, items, orders, service
from commerce.domain.proposing.facts import Facts

_PROPOSERS: Final[dict[ActionKind, Callable[[Facts, Any], Proposal]]] = {
    ActionKind.CANCEL: orders.cancel,
    ActionKind.CHANGE_ADDRESS: orders.change_address,
    ActionKind.CHANGE_ITEMS: items.change_items,
    ActionKind.CHANGE_PAYMENT: orders.change_payment,
    ActionKind.APPLY_COUPON: orders.apply_coupon,
    ActionKind.RETURN: after_sales.return_items,
    ActionKind.EXCHANGE: after_sales.exchange,
    ActionKind.REFUND: after_sales.refund,
    ActionKind.RETRY_REFUND: failed_refunds.retry,
    ActionKind.REPORT_PROBLEM: after_sales.report_problem,
    ActionKind.REPAIR: after_sales.repair,
    ActionKind.REISSUE_INVOICE: invoicing.reissue_invoice,
    ActionKind.URGE_SHIPMENT: service.urge_shipment,
    ActionKind.OPEN_COMPLAINT: service.open_complaint,
    ActionKind.COMPLETE_CASE: cases.complete,
    ActionKind.REFUSE_CASE: cases.refuse,
}


def propose(facts: Facts, wanted: Arguments) -> Proposal:
    """What would be done, exactly. Raises ActionRefused with the rules that were applied; changes nothing."""
    proposal = _PROPOSERS[wanted.action](facts, wanted)
    return replace(proposal, effects=(*proposal.effects, *invoicing.invoice_follows(facts, proposal.effects)))
