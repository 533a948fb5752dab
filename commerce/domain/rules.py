"""Rules that were applied, with what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from commerce.domain.text import LocalText


class RuleOutcome(StrEnum):
    """`CONDITION`: it holds only if the goods are as the step says, which nobody has said yet."""

    PASSED = "passed"
    FAILED = "failed"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class RuleStep:
    """One rule, applied to one order line (None: to the order), and how to say it to the customer."""

    rule_id: str
    line_id: str | None
    outcome: RuleOutcome
    text: LocalText
