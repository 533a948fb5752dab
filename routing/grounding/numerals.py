"""Numbers of a text, whichever way they are written: 1,299.00, 2.99万, 二十一, twenty-one, half."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ZH_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_ZH_POWERS: Final = {"十": 10, "百": 100, "千": 1000}
_EN_WORDS: Final = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
} | {
    word: 10 * (at + 2)
    for at, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_ONES: Final = "|".join(
    sorted((word for word, value in _EN_WORDS.items() if value < 20), key=len, reverse=True)
)
_TENS: Final = "|".join(word for word, value in _EN_WORDS.items() if value >= 20)
_SMALL: Final = rf"(?:(?:{_TENS})(?:[ -](?:{_ONES}))?|(?:{_ONES}))"
_NUMERAL: Final = re.compile(
    rf"(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?)(?:\s?(?P<power>[万千百亿]"
    rf"|k(?![a-z]))(?![兆克米瓦卡家货])(?:(?P<tail>[一二三四五六七八九])(?=千))?)?"
    rf"|(?P<zh>[零〇一二两俩三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?)"
    rf"|(?P<half>半)"
    rf"|(?<![a-z])(?P<en>{_SMALL}(?: (?:hundred|thousand))?(?:(?: and)? {_SMALL})?|a (?:hundred|thousand"
    rf"|dozen)|half)(?![a-z])"
)
_POWERS: Final = {"万": 10_000, "千": 1000, "百": 100, "亿": 100_000_000, "k": 1000}


@dataclass(frozen=True, slots=True)
class Numeral:
    """`is_word` where no digit stands; a word alone may count nothing ("one of them", 统一)."""

    amount: float
    start: int
    end: int
    is_word: bool


def numerals_in(text: str) -> tuple[Numeral, ...]:
    """All of a folded, lower-case text, from left to right."""
    return tuple(_numeral(match) for match in _NUMERAL.finditer(text))


def _numeral(match: re.Match[str]) -> Numeral:
    at, end = match.span()
    if digits := match["digits"]:
        power = _POWERS.get(match["power"] or "", 1)
        return Numeral(round(float(digits.replace(",", "")) * power, 6), at, end, False)
    if zh := match["zh"]:
        return Numeral(zh_amount(zh), at, end, True)
    if match["half"]:
        return Numeral(0.5, at, end, True)
    return Numeral(_en_amount(match["en"]), at, end, True)


def zh_amount(numeral: str) -> float:
    """二十一 is 21, 一二三 123, 三点五 3.5, 一万二 12,000 at the least."""
    whole, _, part = numeral.partition("点")
    if len(whole) > 1 and all(c in _ZH_DIGITS for c in whole):
        amount = float("".join(str(_ZH_DIGITS[c]) for c in whole))
    else:
        amount = _zh_whole(whole)
    return amount + (float("0." + "".join(str(_ZH_DIGITS[c]) for c in part)) if part else 0.0)


def _zh_whole(numeral: str) -> float:
    total, section, digit, power = 0, 0, 0, 1
    for character in numeral:
        if character in _ZH_DIGITS:
            digit = _ZH_DIGITS[character]
            power = 1 if digit == 0 else power
        elif character in _ZH_POWERS:
            power = _ZH_POWERS[character]
            section += (digit or 1) * power
            digit = 0
        else:
            power = 10_000 if character == "万" else 100_000_000
            total = (total + section + digit or 1) * power
            section, digit = 0, 0
    # 一百二 is 120: the last digit has the next lower power.
    return float(total + section + digit * (power // 10 if power >= 100 else 1))


def _en_amount(words: str) -> float:
    if words == "half":
        return 0.5
    total = 0
    for word in words.replace("-", " ").split():
        if word == "dozen":
            return 12.0
        if word in ("hundred", "thousand"):
            total = (total or 1) * (100 if word == "hundred" else 1000)
        elif word not in ("a", "and"):
            total += _EN_WORDS[word]
    return float(total)
