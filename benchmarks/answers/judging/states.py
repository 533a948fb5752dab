"""What an answer says that an order is: asserted of this order, neither denied, nor asked, nor told as a rule."""

import re
from typing import Final

from benchmarks.answers.judging.facts import OrderIs
from benchmarks.answers.judging.text import assertions, clauses
from benchmarks.answers.judging.wordings import expression, pattern

_NEAR: Final = r"[^,，。]{0,16}$"
_JUST_BEFORE: Final = r"[^,，]{0,6}$"


def states_order(text: str, wanted: OrderIs) -> bool:
    """Whether a folded text says that the order is in that state now."""
    own = [re.escape(word.lower()) for word in wanted.words if word]
    wording = re.compile("|".join([expression("states", wanted.state), *own]))
    return any(_is_asserted(clause, wording) for clause in clauses(assertions(text)))


def _is_asserted(clause: str, wording: re.Pattern[str]) -> bool:
    return any(
        not pattern("rule_after").match(clause[match.end() :])
        and not re.search(rf"(?:{expression('rule_before')}){_NEAR}", clause[: match.start()])
        and not re.search(rf"(?:{expression('denied')}){_JUST_BEFORE}", clause[: match.start()])
        for match in wording.finditer(clause)
    )
