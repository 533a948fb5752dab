"""Returns, exchanges, refunds and repairs as the service team sees them: one case each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseKind(StrEnum):
    RETURN = "return"
    EXCHANGE = "exchange"
    REFUND = "refund"
    REPLACEMENT = "replacement"
    REPAIR = "repair"


class CaseState(StrEnum):
    """`REVIEW`: a person looks at it first. `AWAITING_GOODS`: nothing moves until they are back. The last two are final."""

    REVIEW = "review"
    AWAITING_GOODS = "awaiting_goods"
    DONE = "done"
    REFUSED = "refused"


OPEN_CASES = frozenset({CaseState.REVIEW, CaseState.AWAITING_GOODS})


@dataclass(frozen=True, slots=True)
class CaseLine:
    """Pieces of an order line, and the variant that the customer gets for them at the price that was agreed; None where they
    get none.
    """

    line_id: str
    quantity: int
    new_variant_id: str | None = None
    new_price_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """`refund_minor` goes to `method_id` when the case is done; None: to the methods that paid. `prepaid_minor` was paid by
    it when the case was opened, and goes back when it is refused, as far as it came.
    """

    case_id: str
    order_id: str
    customer_id: str
    kind: CaseKind
    state: CaseState
    lines: tuple[CaseLine, ...]
    reason: str
    refund_minor: int
    method_id: str | None
    opened_at: datetime
    due_at: datetime | None
    words: str = ""
    prepaid_minor: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_CASES
