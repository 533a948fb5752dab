"""What the rules forbid whatever else is said: nobody is asked for a size of what can't be exchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from commerce.domain.policy import GoodsRequirement
from commerce.domain.proposing import cutoffs
from commerce.domain.proposing.facts import Facts as ActionFacts
from commerce.domain.proposing.invoicing import can_be_invoiced
from commerce.domain.returns import Remedy, ReturnReason, return_eligibility
from commerce.domain.rules import RuleOutcome, RuleStep
from routing.dialogue.working import Working

Trace = tuple[RuleStep, ...]


def _of_order(rules: Callable[[ActionFacts], Trace]) -> Callable[[Working], Trace]:
    return lambda working: rules(working.details.action)


def _not_taken_back(remedy: Remedy, reason: ReturnReason | None) -> Callable[[Working], Trace]:
    def check(working: Working) -> Trace:
        return tuple(
            step
            for line in working.chosen
            for step in return_eligibility(
                working.order,
                line,
                working.facts.policy,
                working.facts.now,
                remedy=remedy,
                reason=reason or ReturnReason(working.slot("reason") or ReturnReason.NO_REASON),
                has_freight_insurance=bool(working.order.attributes.get("has_freight_insurance")),
            ).rule_trace
        )

    return check


_CHECKS: Final[Mapping[str, Callable[[Working], Trace]]] = {
    "cancel": _of_order(cutoffs.cancellable),
    "change_address": _of_order(cutoffs.changeable),
    "change_items": _of_order(cutoffs.items_changeable),
    "change_payment": _of_order(cutoffs.payment_changeable),
    "apply_coupon": _of_order(cutoffs.takes_coupon),
    "reissue_invoice": _of_order(can_be_invoiced),
    "return": _not_taken_back(Remedy.RETURN, None),
    "exchange": _not_taken_back(Remedy.EXCHANGE, None),
    "report_problem": _not_taken_back(Remedy.RETURN, ReturnReason.DAMAGED),
}
# Their rules depend on why it goes back, which has to be known first.
_NEEDS_REASON: Final = ("return", "exchange")
_OF_LINES: Final = ("return", "exchange", "report_problem")


def forbidden(goal: str, working: Working) -> Trace | None:
    """The rules that were looked at, where one of them fails; None: nothing is known against it yet."""
    check = _CHECKS.get(goal)
    if check is None:
        return None
    trace = check(working) if _can_tell(goal, working) else _arrived(working)
    return trace if any(step.outcome is RuleOutcome.FAILED for step in trace) else None


def is_allowed(goal: str, working: Working) -> bool:
    """All that can be told before the rest is known speaks for it; while it is not known what goes back and why, all of the
    order can, whatever the reason is.
    """
    if goal not in _CHECKS or forbidden(goal, working) is not None:
        return False
    return _can_tell(goal, working) or (
        goal in _NEEDS_REASON and not working.chosen and _all_go_back(goal, working)
    )


def _all_go_back(goal: str, working: Working) -> bool:
    remedy = Remedy.RETURN if goal == "return" else Remedy.EXCHANGE
    return bool(working.lines) and all(
        decision.is_eligible and all(step.rule_id in _AS_IT_CAME for step in decision.conditions)
        for decision in (
            return_eligibility(working.order, line, working.facts.policy, working.facts.now, remedy=remedy)
            for line in working.lines
        )
    )


# What whoever wants to give something back takes for granted.
_AS_IT_CAME: Final = (f"return.condition.{GoodsRequirement.COMPLETE_AND_UNWORN}",)


def _can_tell(goal: str, working: Working) -> bool:
    if goal not in _OF_LINES:
        return True
    return bool(working.chosen) and (goal not in _NEEDS_REASON or working.slot("reason") is not None)


def _arrived(working: Working) -> Trace:
    """What has not arrived goes back in no case."""
    order = working.order
    return return_eligibility(order, order.lines[0], working.facts.policy, working.facts.now).rule_trace[:1]
