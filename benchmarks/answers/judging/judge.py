"""Does an answer state a fact? And where it states none: does it say so, or does it evade?"""

import re
from typing import Final

from benchmarks.answers.judging.amounts import states_amount, states_any_amount
from benchmarks.answers.judging.days import states_any_day, states_clock, states_day
from benchmarks.answers.judging.facts import (
    Amount,
    Clock,
    Day,
    Done,
    Either,
    Fact,
    Figure,
    Gist,
    Identified,
    LevelIs,
    May,
    Named,
    OrderIs,
    PaidBy,
    Quantity,
    Stocked,
    Whatever,
    Worded,
)
from benchmarks.answers.judging.names import (
    states_code,
    states_gist,
    states_level,
    states_method,
    states_name,
)
from benchmarks.answers.judging.numbers import states_quantity
from benchmarks.answers.judging.permissions import states_done, states_may
from benchmarks.answers.judging.scene import Scene
from benchmarks.answers.judging.states import states_order
from benchmarks.answers.judging.stock import states_stock
from benchmarks.answers.judging.text import folded, sentences, squeezed
from benchmarks.answers.judging.wordings import pattern

_EMPTY: Final = ("elsewhere", "unknown", "hands_over")


def states(answer: str, fact: Fact, scene: Scene, *, is_strict: bool = False) -> bool:
    """Whether the answer states the fact, in either language; `is_strict` for what it must not state."""
    text = folded(answer)
    match fact:
        case Amount():
            return states_amount(text, fact)
        case Day():
            return states_day(text, fact, scene.today)
        case Clock():
            return states_clock(text, fact)
        case Quantity():
            return states_quantity(text, fact)
        case OrderIs():
            return states_order(text, fact)
        case Named():
            return states_name(text, fact)
        case Identified():
            return states_code(text, fact)
        case Figure(number):
            return re.search(rf"(?<![\d.]){re.escape(number)}(?!\d|\.\d)", text) is not None
        case Worded(wordings):
            return any(folded(wording) in text or _is_squeezed_in(wording, text) for wording in wordings)
        case Gist():
            return states_gist(text, fact)
        case May():
            return states_may(text, fact, scene, is_strict=is_strict)
        case Stocked(holds):
            return states_stock(text, scene, holds=holds)
        case PaidBy():
            return states_method(text, fact)
        case LevelIs():
            return states_level(text, fact)
        case Done():
            return states_done(text, fact)
        case Whatever(kind):
            return states_any_amount(text) if kind == "amount" else states_any_day(text)
        case Either(facts):
            return any(states(answer, one, scene, is_strict=is_strict) for one in facts)


def declines(answer: str) -> bool:
    """Whether the answer says that it does not know or may not say, or hands over."""
    text = folded(answer)
    return pattern("unknown").search(text) is not None or pattern("hands_over").search(text) is not None


def evades(answer: str) -> bool:
    """Whether at least half of its sentences send the shopper elsewhere, ask back, hand over or say that it is unknown."""
    said = sentences(folded(answer))
    empty = sum(any(pattern(name).search(one) for name in _EMPTY) for one in said)
    return 2 * empty >= len(said)


def _is_squeezed_in(wording: str, text: str) -> bool:
    """Chinese is written with and without spaces and quotes."""
    plain = squeezed(folded(wording))
    return len(plain) > 1 and re.search(r"[\u4e00-\u9fff]", plain) is not None and plain in squeezed(text)
