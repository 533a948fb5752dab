"""Numbers as customers write them: 1,299 · 19.9 · 2k · 1.5万 · 两百 · 三千五 · two hundred and fifty · a dozen."""

from decimal import Decimal
from itertools import pairwise
from typing import Final

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_SUFFIXES = {"k": 1000, "K": 1000, "百": 100, "千": 1000, "万": 10_000, "w": 10_000, "W": 10_000}
_ENGLISH_SMALL = {"a": 1, "an": 1} | {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_ENGLISH_TENS = {
    word: 10 * number
    for number, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_ENGLISH_UNITS = {"hundred": 100, "thousand": 1000, "grand": 1000, "dozen": 12}
# A whole number in words, for patterns: twenty-five, a hundred and fifty, half a dozen.
_WORD = "|".join(
    sorted([*_ENGLISH_SMALL, *_ENGLISH_TENS, "half", "hundred", "thousand", "dozen"], key=len, reverse=True)
)
ENGLISH_NUMBER: Final = rf"(?>(?:{_WORD})(?:[ -](?:and )?(?:{_WORD})(?![a-z])){{0,6}})(?![a-z])"


def parse_number(text: str) -> str | None:
    """A plain decimal string without trailing zeros, or None where `text` is no number: 一千零五 → "1005"."""
    plain = text.replace(",", "").strip()
    if not plain:
        return None
    if plain[0].isascii() and plain[0].isdigit():
        factor = _SUFFIXES.get(plain[-1], 1)
        return _plain(Decimal(plain[:-1] if factor > 1 else plain) * factor)
    if plain[0].isascii():
        return _parse_english(plain)
    return _parse_chinese(plain)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _parse_english(text: str) -> str | None:
    total, section, unit, has_number = Decimal(0), Decimal(0), 1, False
    # The article of "and a half" counts nothing.
    words = text.lower().replace("-", " ").replace("and a half", "and half").split()
    for before, word in pairwise(("", *words)):
        if word == "and":
            continue
        if word in _ENGLISH_UNITS:
            unit = _ENGLISH_UNITS[word]
            section = (section or Decimal(1)) * unit
            if unit == _ENGLISH_UNITS["thousand"]:
                total, section = total + section, Decimal(0)
        elif word == "half":
            # Two and a half, a dozen and a half: of what was counted last. "A half dozen" is half of one.
            section = section + Decimal(unit) / 2 if before == "and" else Decimal("0.5")
        elif (value := _ENGLISH_SMALL.get(word, _ENGLISH_TENS.get(word))) is not None:
            # The article adds nothing to what was said in "half a dozen".
            section += 0 if section and word in ("a", "an") else value
            unit = 1
        else:
            return None
        has_number = True
    return _plain(total + section) if has_number else None


def _parse_chinese(text: str) -> str | None:
    if len(text) > 1 and all(character in _DIGITS for character in text):  # read digit by digit: 一九九
        return str(int("".join(str(_DIGITS[character]) for character in text)))
    total, section, digit, last_unit = 0, 0, 0, 1
    is_after_zero = False
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
            is_after_zero = is_after_zero or digit == 0
        elif character == "万":
            total, section, digit, last_unit = (total + section + digit or 1) * 10_000, 0, 0, 10_000
        elif character in _UNITS:
            last_unit = _UNITS[character]
            section, digit = section + (digit or 1) * last_unit, 0
            is_after_zero = False
        else:
            return None
    # 三百五 is 350, but 三百零五 is 305: a last digit stands for the unit below, unless a zero was said.
    tail = digit * last_unit // 10 if digit and last_unit >= 100 and not is_after_zero else digit
    return str(total + section + tail)
