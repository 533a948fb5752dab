"""Slots of why: what is wrong, what is wanted instead, in the customer's words."""

from __future__ import annotations

from typing import Final

from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.policy import CategoryReturnRule
from commerce.domain.returns import ReturnReason
from routing.dialogue import words
from routing.dialogue.state import Option
from routing.dialogue.working import Slot, Working, no_options, nothing
from routing.wording import REASON_NAMES


def cancel_reason_said(working: Working) -> str | None:
    """One that the shop accepts."""
    said = words.said_of(words.CANCEL_REASONS, working.heard.message)
    return said if said in working.facts.policy.orders.cancel_reasons else None


def any_reason(working: Working) -> str | None:
    """A shop that takes any reason is not told one."""
    return CancelReason.OTHER if CancelReason.OTHER in working.facts.policy.orders.cancel_reasons else None


def cancel_reason_options(working: Working) -> tuple[Option, ...]:
    return tuple(
        Option(r, REASON_NAMES[r].zh, REASON_NAMES[r].en) for r in working.facts.policy.orders.cancel_reasons
    )


CANCEL_REASON: Final = Slot(
    "reason",
    cancel_reason_said,
    any_reason,
    cancel_reason_options,
    hears=words.heard_of(words.CANCEL_REASONS),
)


def return_reason_said(working: Working) -> str | None:
    return words.said_of(words.RETURN_REASONS, working.heard.message)


def change_of_mind(working: Working) -> str:
    """Whoever says nothing of a fault has none."""
    return ReturnReason.NO_REASON


RETURN_REASON: Final = Slot(
    "reason", return_reason_said, change_of_mind, no_options, hears=words.heard_of(words.RETURN_REASONS)
)


def _rules(working: Working) -> list[CategoryReturnRule]:
    return [working.facts.policy.returns.rule_for(line.category) for line in working.chosen]


def unopened_said(working: Working) -> str | None:
    """By its words; a bare yes or no where it was asked whether it was opened."""
    said = words.said_of(words.IS_UNOPENED, working.heard.message)
    question = working.topic.question
    if said is None and question is not None and question.slot == "unopened":
        acts = working.heard.acts
        return "no" if acts.agrees else "yes" if acts.declines else None
    return said


def unopened_matters(working: Working) -> str | None:
    """Where opened goods cost a fee the customer must say; else it is a condition of the proposal."""
    is_own_choice = working.slot("reason") == ReturnReason.NO_REASON
    has_fee = any(rule.opened_fee_percent for rule in _rules(working))
    return None if has_fee and is_own_choice else "unsaid"


def unopened_options(working: Working) -> tuple[Option, ...]:
    return Option("yes", "未拆封、未使用", "unopened and unused"), Option(
        "no", "已拆封或使用过", "opened or used"
    )


UNOPENED: Final = Slot(
    "unopened", unopened_said, unopened_matters, unopened_options, hears=words.heard_of(words.IS_UNOPENED)
)


def problem_said(working: Working) -> str | None:
    return words.said_of(words.PROBLEMS, working.heard.message)


def problem_options(working: Working) -> tuple[Option, ...]:
    return (
        Option("damaged", "收到时破损", "it arrived damaged"),
        Option("missing", "少件、漏发", "something is missing"),
        Option("wrong_item", "发错商品", "the wrong item came"),
        Option("fault", "质量问题、不能用", "it is faulty"),
    )


PROBLEM: Final = Slot("problem", problem_said, nothing, problem_options, hears=words.heard_of(words.PROBLEMS))


def wants_said(working: Working) -> str | None:
    return words.said_of(words.WANTS, working.heard.message)


def wants_options(working: Working) -> tuple[Option, ...]:
    return Option("refund", "退款", "a refund"), Option("replacement", "补发或换新", "a replacement")


WANTS: Final = Slot("wants", wants_said, nothing, wants_options, hears=words.heard_of(words.WANTS))


def words_of_the_beginning(working: Working) -> str:
    """What began the topic says what it is about."""
    return working.heard.masked


WORDS: Final = Slot("words", nothing, words_of_the_beginning, no_options)
