"""Whole numbers in words: Chinese to 9,999, English to 999."""

from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS: Final = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_MOST_ZH: Final = 9_999
_MOST_EN: Final = 999


def in_chinese(number: int) -> str | None:
    """二十四, 三百零五; None where it is too large."""
    if number > _MOST_ZH:
        return None
    if number < 10:
        return _DIGITS[number]
    if number < 20:
        return "十" + (_DIGITS[number % 10] if number % 10 else "")
    text, is_gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if is_gap and text else "") + _DIGITS[digit] + name
            is_gap = False
        else:
            is_gap = bool(text)
    return text


def before_measure(number: int) -> str | None:
    """As it stands before a measure word: 两天, 十二天."""
    return "两" if number == 2 else in_chinese(number)


def in_english(number: int) -> str | None:
    """twenty-four, three hundred and five; None where it is too large."""
    if number > _MOST_EN:
        return None
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    hundreds, rest = divmod(number, 100)
    return f"{_ONES[hundreds]} hundred" + (f" and {in_english(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """1st, 2nd, 23rd."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
