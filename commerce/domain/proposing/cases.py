"""How a case ends: done, with the goods and the money that it is for, or refused, with all that was kept for it put back."""

from __future__ import annotations

from commerce.domain.actions import CompleteCase, RefuseCase
from commerce.domain.after_sales import Case, CaseKind, CaseLine, CaseState
from commerce.domain.orders import Order, OrderState
from commerce.domain.payment_methods import held
from commerce.domain.proposals import (
    CaseClosed,
    Effect,
    PiecesReturned,
    Proposal,
    StateChange,
    StockMove,
    StockReason,
)
from commerce.domain.proposing.balances import missing_minor, nothing_missing
from commerce.domain.proposing.facts import Facts, back_to, coupon_back, refused, require_all, ruled
from commerce.domain.proposing.items import replacement, totals_after
from commerce.domain.rules import RuleStep

_BACK = frozenset({CaseKind.RETURN, CaseKind.REFUND})
_INSTEAD = frozenset({CaseKind.EXCHANGE, CaseKind.REPLACEMENT})


def complete(facts: Facts, wanted: CompleteCase) -> Proposal:
    """The refund is what was promised; less only where less is still held."""
    case, trace = _open_case(facts, wanted.case_id)
    effects: list[Effect] = [CaseClosed(case.case_id, CaseState.DONE)]
    if case.kind in _BACK:
        effects += [PiecesReturned(line.line_id, line.quantity) for line in case.lines]
        is_all_back = _is_all_back(facts.order, case.lines)
        effects += _state_after(facts.order, is_all_back)
        if is_all_back:
            effects += coupon_back(facts)
    elif case.kind in _INSTEAD:
        trace = require_all((*trace, nothing_missing(facts)))
        effects += _sent_instead(facts, case)
        effects += _state_after(facts.order, is_all_back=False)
    if wanted.is_sellable and case.kind in (CaseKind.RETURN, CaseKind.EXCHANGE):
        effects += [
            StockMove(StockReason.RECEIVE, facts.line(line.line_id).variant_id, line.quantity)
            for line in case.lines
        ]
    effects += _paid_back(facts, case, case.refund_minor)
    return Proposal(wanted, facts.order.version, tuple(effects), trace)


def refuse(facts: Facts, wanted: RefuseCase) -> Proposal:
    """What was paid in advance comes back, less what the order lacks; what was kept goes on the shelf."""
    case, trace = _open_case(facts, wanted.case_id)
    effects: list[Effect] = [CaseClosed(case.case_id, CaseState.REFUSED, wanted.words)]
    if case.kind is not CaseKind.REPAIR:
        effects += _state_after(facts.order, is_all_back=False)
    effects += [
        StockMove(StockReason.RELEASE, line.new_variant_id, line.quantity)
        for line in case.lines
        if line.new_variant_id is not None
    ]
    effects += _paid_back(facts, case, max(0, case.prepaid_minor - missing_minor(facts)))
    return Proposal(wanted, facts.order.version, tuple(effects), trace)


def _open_case(facts: Facts, case_id: str) -> tuple[Case, tuple[RuleStep, ...]]:
    case = next((case for case in facts.cases if case.case_id == case_id), None)
    if case is None:
        raise refused("case.known", "该订单没有这个售后单", "the order has no such case")
    trace = require_all(
        (
            ruled("case.by_agent", facts.is_agent, "售后单由客服处理", "an agent decides on it"),
            ruled("case.open", case.is_open, "售后单尚未结束", "it is still open"),
        )
    )
    return case, trace


def _is_all_back(order: Order, lines: tuple[CaseLine, ...]) -> bool:
    back = {line.line_id: line.quantity for line in lines}
    return all(line.returned_quantity + back.get(line.line_id, 0) == line.quantity for line in order.lines)


def _state_after(order: Order, is_all_back: bool) -> list[Effect]:
    return [StateChange(order.state, OrderState.RETURNED if is_all_back else OrderState.DELIVERED)]


def _sent_instead(facts: Facts, case: Case) -> list[Effect]:
    """A line without a new variant is of a case that the shop brought from elsewhere: its pieces are not on these books."""
    effects, replaced = list[Effect](), []
    for line in case.lines:
        if line.new_variant_id is None:
            continue
        effects.append(StockMove(StockReason.SHIP, line.new_variant_id, line.quantity))
        if line.new_price_minor is not None:
            old = facts.line(line.line_id)
            replaced.append(
                replacement(old, line.quantity, line.new_variant_id, line.new_price_minor, is_exchange=True)
            )
    if replaced:
        effects += [*replaced, totals_after(facts.order, replaced)]
    return effects


def _paid_back(facts: Facts, case: Case, promised_minor: int) -> list[Effect]:
    amount = min(promised_minor, sum(part.amount_minor for part in held(facts.order)))
    return back_to(facts, case.method_id, amount)
