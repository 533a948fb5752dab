"""Prices in a shopper's words: `200以内`, `两百到三百`, `under $50`, `between 100 and 200`, `200 左右`."""

from __future__ import annotations

import re

PriceRange = tuple[float | None, float | None]

_DIGITS = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_HAN = "一二两三四五六七八九十百千万零"
# As far as anybody writes them: a message of blanks or digits alone would take a time that grows with its square.
_S, _S1 = r"\s{0,8}", r"\s{1,8}"
# Not prices: sizes, ages, spans of time, weights. The first two alternatives keep a number from being cut
# short.
_NO_PRICE = (
    rf"(?!\d|[.,]\d|[{_HAN}]"
    rf"|{_S}(?:码|号|岁|天|日|年|月|周|小时|分钟|寸|英寸|个|件|折|%|cm|kg|ml|g\b|days?|weeks?|months?|years?|hours?|inch))"
)
# A number starts here: 双十一 and 万一 stand before one, 两百 of 两百50 is a part of it, and so is the 5 of 5百.
_DIGIT_STARTS = r"(?<!\d)(?<![一二两三四五六七八九][十百千万])"
_HAN_STARTS = rf"(?<![{_HAN}])(?:(?<!\d)|(?=[一二两三四五六七八九]))"
_N = (
    rf"(?:[$¥]{_S})?({_DIGIT_STARTS}\d{{1,12}}+(?:,\d{{3}}){{0,3}}(?:\.\d{{1,12}}+)?|{_HAN_STARTS}[{_HAN}]{{1,24}}+){_NO_PRICE}"
    rf"{_S}(?:元|块钱|块|人民币|rmb|cny|yuan|usd|dollars?|bucks?)?"
)
_RANGE = re.compile(
    rf"(?:between{_S1}|from{_S1}|从)?{_N}{_S}(?:-|–|~|到|至|and|to){_S}{_N}(?:{_S}(?:之间|以内))?"
)
_MAX = (
    re.compile(rf"{_N}{_S}(?:以内|以下|之内|以里|内|or less|or under|max\b)"),
    re.compile(
        rf"(?:不超过|不要超过|别超过|低于|少于|小于|最多|预算(?:是|在|大概|大约)?"
        rf"|under|below|less than|up to|within|at most|no more than|not more than|cheaper than|budget(?: of| is)?"
        rf"|max(?:imum)?){_S}{_N}"
    ),
)
_MIN = (
    re.compile(rf"{_N}{_S}(?:以上|起|or more|and up)"),
    re.compile(rf"(?:不低于|不少于|高于|超过|大于|至少|over|above|more than|at least){_S}{_N}"),
)
_ABOUT = (re.compile(rf"{_N}{_S}(?:左右|上下)"), re.compile(rf"(?:大概|大约|about|around|roughly){_S}{_N}"))
_ABOUT_SHARE = 0.2
# Nothing costs more; a store's integers end at some multiple of it.
_MOST = 1e12


def price_range(text: str) -> tuple[PriceRange, str]:
    """The lowest and highest price that `text` (lower case) asks for, in major units, and the text
    without those words.

    `左右` and `around` mean 20 % either way. A bare number is no price, nor is one beyond all that is sold.
    """
    if found := _RANGE.search(text):
        low, high = sorted((_number(found.group(1)), _number(found.group(2))))
        if high <= _MOST:
            return (low, high), _without(text, found)
    for patterns, shape in ((_MAX, _at_most), (_MIN, _at_least), (_ABOUT, _near)):
        for pattern in patterns:
            if (found := pattern.search(text)) and (price := _number(found.group(1))) <= _MOST:
                return shape(price), _without(text, found)
    return (None, None), text


def _at_most(price: float) -> PriceRange:
    return None, price


def _at_least(price: float) -> PriceRange:
    return price, None


def _near(price: float) -> PriceRange:
    return price * (1 - _ABOUT_SHARE), price * (1 + _ABOUT_SHARE)


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]}\x00{text[found.end() :]}"


def _number(written: str) -> float:
    if written[0].isdigit():
        return float(written.replace(",", ""))
    total, digit, last_unit = 0, 0, 1
    for char in written:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char == "万":
            total, digit, last_unit = (total + digit) * _UNITS[char], 0, _UNITS[char]
        else:
            last_unit = _UNITS[char]
            total, digit = total + (digit or 1) * last_unit, 0
    # 三百五 is 350: a digit after a unit, without its own, counts tenths of that unit.
    return float(total + (digit * last_unit // 10 if last_unit > 1 and "零" not in written else digit))
