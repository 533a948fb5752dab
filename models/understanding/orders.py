"""Numbers of orders: a shop's own, those that the words call so, and long digits that no word explains."""

import re
from typing import Final

from models.understanding.check_digits import has_resident_id_shape
from models.understanding.number_labels import kind, label, words_of
from models.understanding.patterns import (
    A_DIGIT,
    ENDS,
    NOT_INSIDE,
    UNIT_AHEAD,
    Finder,
    L,
    R,
    bare,
    digits,
    is_after,
    pattern,
)
from models.understanding.phones import MOBILE, is_day

_FEWEST_DIGITS_NAMED: Final = 4
_FEWEST_DIGITS: Final = 5
_MOST_LETTERS: Final = 3
_LONG_DIGITS: Final = range(12, 21)  # what an identity or card number may look like when mistyped


def _called_order(match: re.Match[str]) -> str | None:
    """A code right after "order number": short ones too, and those with letters and hyphens."""
    code, said = bare(match), label(match)
    if said is None or said.kind != "order" or not said.is_direct:
        return None
    if MOBILE.fullmatch(code) and not said.is_named:
        return None
    count = len(digits(match))
    if said.is_named or "#" in match["span"]:
        return code if count >= _FEWEST_DIGITS_NAMED else None
    if " " in match["span"] or is_day(code):
        return None
    is_plain = len(code) - count <= _MOST_LETTERS or "-" in match["span"]
    return code if is_plain and count >= _FEWEST_DIGITS else None


def _own_order(match: re.Match[str]) -> str | None:
    """A shop's own number, KF2511030012345: its prefix says enough."""
    code = bare(match)
    return code if len(code) >= len("KF251103") else None


def _marked_order(match: re.Match[str]) -> str | None:
    return bare(match) if kind(match) in ("order", None) else None


def _bare_order(match: re.Match[str]) -> str | None:
    """Digits that no word explains: most often an order's, unless they are a day or a mistyped identity number."""
    code, said = bare(match), label(match)
    if said is None:
        is_other = is_day(code) or has_resident_id_shape(code) or is_after(match, _SOME_NUMBER)
        return None if is_other else code
    if said.kind in ("id_number", "card"):  # a wrong check digit makes it no order
        return None if said.is_direct or len(code) in _LONG_DIGITS else code
    return code if said.kind == "order" or not (said.is_direct or said.kind == "tracking") else None


# 抽奖号码 00291837: the number of something else, whatever that is.
_SOME_NUMBER: Final = re.compile(r"[\u4e00-\u9fff](?<![的个串])(?:号码?|编?码)(?:就?是|为)?[\s:：]*$")

ORDERS: Final[tuple[Finder, ...]] = (
    pattern(
        "order_number",
        rf"{L}(?:KF|QH)[- ]?(?:\d{{2,8}}(?:[- ]\d{{2,8}}){{1,4}}(?!{UNIT_AHEAD})|\d{{6,24}}(?:-\d{{1,8}}){{0,3}}){R}",
        _own_order,
        needs="kKqQ",
    ),
    pattern("order_number", rf"#[ ]?[a-z]{{0,3}}-?\d{{5,20}}{R}", _marked_order, needs="#"),
    pattern("order_number", rf"{NOT_INSIDE}\d{{3}}-\d{{7}}-\d{{7}}(?!-?\d)", _marked_order, needs="-"),
    pattern(
        "order_number",
        rf"(?:{NOT_INSIDE}|(?<=order)|(?<=单id)|(?<=order no))(?!(?:id|no|nr|order)\d)(?P<span>(?:#\s?)?"
        r"(?>\d{3,7}(?: \d{2,7}(?!\d)){1,5}|"
        r"(?=[A-Z/_-]{0,8}\d|\d?[A-Z]\d)[A-Z0-9](?:[-/_]?[A-Z0-9]){3,30}))"
        rf"{ENDS}",
        _called_order,
        has_digit=True,
        words=words_of("order"),
    ),
    # Not one of several groups: they are a card's, an identity's, a phone's.
    pattern("order_number", rf"{NOT_INSIDE}(?<!\d )\d{{8,24}}(?! \d\d){ENDS}", _bare_order, needs=A_DIGIT),
)
