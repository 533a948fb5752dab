"""What the words around a number say it is: 运单号 773012345678, 6222… is my card number.

The nearest words decide. Named words hold the name of a number (订单号, tracking number) and reach further than loose
ones (快递, order), which say what the talk is about.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from models.understanding.lexicon import LEXICON
from models.understanding.patterns import any_of, spanned

_WINDOW: Final = 32
_REACH_NAMED: Final = 14
_REACH_LOOSE: Final = 6

_NAMES: Final = {word: (kind, True) for kind, words in LEXICON.number_names.items() for word in words} | {
    word: (kind, False) for kind, words in LEXICON.number_topics.items() for word in words
}
_LABEL: Final = re.compile(any_of(_NAMES))  # reads lower case: that is faster than to ignore case
_END_OF_TALK: Final = re.compile(r"[。！？!?;\n]|\d{3}")
_JOIN: Final = re.compile(
    r"[\s:：#=\"'“”「」()\[\]-]*(?:是|为|就是|叫|is|are|was|no|number|id|号码?|编号|me|us|on|at)*[\s:：.#=\"'“”「」()\[\]+-]*"
)
# What stands between a number and the words after it that say what it is.
_IS: Final = re.compile(
    r"[\s,，]*(?:这[个张]?|那[个张]?|就?是|为|is|was|as|\()+\s*(?:我|你|您|他|她|本人|the|my|our|her|his|a|an)?\s?的?\s*"
)
# 顺丰的单号: a number's bare name belongs to the carrier before it.
_BARE_NAME: Final = "单号"


@dataclass(frozen=True, slots=True)
class Label:
    """`is_direct`: nothing but "is", a colon and the like stands between the words and the number."""

    kind: str
    is_named: bool
    is_direct: bool


def label(match: re.Match[str]) -> Label | None:
    """What the words before the entity of `match` call it; else those after it."""
    start, end = spanned(match)
    return _label(match.string[max(0, start - _WINDOW) : start], match.string[end : end + _WINDOW])


def kind(match: re.Match[str]) -> str | None:
    said = label(match)
    return said.kind if said else None


@lru_cache(maxsize=64)  # several finders ask about one number
def _label(before: str, after: str) -> Label | None:
    return _before(before.lower()) or _after(after.lower())


def _before(window: str) -> Label | None:
    found = list(_LABEL.finditer(window))
    if not found:
        return None
    gap = window[found[-1].end() :]
    said, is_named = _read(found[-1])
    if len(found) > 1 and found[-1][0] == _BARE_NAME and _read(found[-2])[0] == "tracking":
        said = "tracking"
    if len(gap.strip()) > (_REACH_NAMED if is_named else _REACH_LOOSE) or _END_OF_TALK.search(gap):
        return None
    return Label(said, is_named, _JOIN.fullmatch(gap) is not None)


def _after(window: str) -> Label | None:
    joint = _IS.match(window)
    found = _LABEL.match(window, joint.end()) if joint else None
    return Label(*_read(found), is_direct=True) if found else None


def _read(found: re.Match[str]) -> tuple[str, bool]:
    return _NAMES[" ".join(found[0].split())]
