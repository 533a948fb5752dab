"""What may still help where the rules refuse what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from commerce.domain.order_rules import can_cancel, warranty_ends_at
from commerce.domain.orders import OrderLine
from commerce.domain.proposing.cutoffs import items_changeable
from commerce.domain.returns import Remedy, ReturnReason, return_eligibility
from commerce.domain.rules import RuleOutcome
from routing.dialogue.state import Topic
from routing.facts import Details, Facts

Check = Callable[[Details, OrderLine, Facts], bool]


def _returnable(details: Details, line: OrderLine, facts: Facts) -> bool:
    return return_eligibility(details.order, line, facts.policy, facts.now).is_eligible


def _exchangeable(details: Details, line: OrderLine, facts: Facts) -> bool:
    can = return_eligibility(details.order, line, facts.policy, facts.now, remedy=Remedy.EXCHANGE)
    return can.is_eligible and any(
        v.product_id == line.product_id and v.variant_id != line.variant_id and v.stock > 0
        for v in details.action.variants.values()
    )


def _reportable(details: Details, line: OrderLine, facts: Facts) -> bool:
    return return_eligibility(
        details.order, line, facts.policy, facts.now, reason=ReturnReason.DAMAGED
    ).is_eligible


def _repairable(details: Details, line: OrderLine, facts: Facts) -> bool:
    ends = warranty_ends_at(details.order, line, facts.policy)
    return ends is not None and facts.now < ends


def _cancellable(details: Details, line: OrderLine, facts: Facts) -> bool:
    return can_cancel(details.order, facts.policy)


def _changeable(details: Details, line: OrderLine, facts: Facts) -> bool:
    return all(step.outcome is not RuleOutcome.FAILED for step in items_changeable(details.action))


def _always(details: Details, line: OrderLine, facts: Facts) -> bool:
    return True


_CHECKS: Final[Mapping[str, Check]] = {
    "return": _returnable,
    "exchange": _exchangeable,
    "report_problem": _reportable,
    "repair": _repairable,
    "cancel": _cancellable,
    "change_items": _changeable,
    "open_complaint": _always,
}


def possible_instead(goals: Sequence[str], topic: Topic, details: Details, facts: Facts) -> tuple[str, ...]:
    """Of `goals` those that the policy allows of a line that the topic is about."""
    wanted = {item["line_id"] for item in topic.slots.get("lines", ())}
    lines = [line for line in details.order.lines if not wanted or line.line_id in wanted]
    return tuple(goal for goal in goals if any(_CHECKS[goal](details, line, facts) for line in lines))
