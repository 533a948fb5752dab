"""A text with its values and names as letters, so that patterns may speak of them: D a date, T a time, M money, L a length of
time, P a percentage, N a number, I an identifier, W a place, Y a way to pay, K a material.
"""

from __future__ import annotations

import re
from typing import Final

from routing.grounding.kept import kept
from routing.grounding.names import names_in
from routing.grounding.text import lowered
from routing.grounding.value import Value
from routing.grounding.values import values_in

_LETTERS: Final = {"date": "D", "weekday": "D", "time": "T", "duration": "L", "workdays": "L", "months": "L",
                   "percent": "P", "off": "P", "of": "P", "identifier": "I", "tail": "I"}  # fmt: skip
_NAMES: Final = {"place": "W", "payment": "Y", "material": "K"}
# Ways to pay that are topics themselves, and a material that invoices have.
_PLAIN: Final = frozenset({"货到付款", "现金", "纸"})
_BEFORE: Final = re.compile(r"(?:cny|rmb|usd|us|人民币)?\s?[$¥￥]?$")
_CUT: Final = re.compile(
    r"[;!?。\n()\[\]、]|(?<![A-Z]),|,(?!\s*[A-Z])|\.(?!\d)| - |--|(?<![a-z])(?:and|but|however(?= ?,)|although|though|while"
    r"|whereas|so|because|since|otherwise|or else|as(?= (?:we|it|they|you|i|only|the|that|this)(?![a-z]))|yet|plus)(?![a-z])"
    r"|但是?|不过(?![去来])|而且?|所以|因为|因此|由于|否则|且|可是"
)
_GOES_ON: Final = re.compile(r"[,、]|and|so|as|since|because|而且|所以|因为|因此|由于|且")


def letter_of(value: Value) -> str:
    return "M" if value.kind.startswith("money") else _LETTERS.get(value.kind, "N")


@kept
def shape_of(text: str) -> str:
    """In lower case and of the same length, each value and name a row of one capital letter."""
    named = [
        (name.start, name.end, _NAMES[name.kind])
        for name in names_in(text)
        if name.kind in _NAMES and name.concept not in _PLAIN
    ]
    shape = values_shape_of(text)
    for start, end, letter in named:
        shape = shape[:start] + letter * (end - start) + shape[end:]
    return shape


@kept
def values_shape_of(text: str) -> str:
    """With the values as letters alone."""
    low = lowered(text)
    for value in values_in(text):
        start, letter = value.start, letter_of(value)
        if letter == "M" and (sign := _BEFORE.search(low, max(0, start - 5), start)) is not None:
            start -= len(sign.group().lstrip())
        low = low[:start] + letter * (value.end - start) + low[value.end :]
    return low


@kept
def pieces_of(shape: str) -> tuple[tuple[int, int, bool], ...]:
    """Start and end of each piece between marks and conjunctions, and whether it goes on with the one before."""
    pieces, start, goes_on = [], 0, False
    for cut in (*_CUT.finditer(shape), None):
        end = len(shape) if cut is None else cut.start()
        if shape[start:end].strip():
            pieces.append((start, end, goes_on))
        if cut is not None:
            is_unless = cut.group() == "否则" and "除非" in shape[: cut.start()]
            start, goes_on = cut.end(), is_unless or _GOES_ON.fullmatch(cut.group()) is not None
    return tuple(pieces)
