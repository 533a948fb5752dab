"""Money: ¥1,299.00 · 1299元 · 12块5 · 1.2万元 · CNY 12 · $12.34 · 12.34 dollars."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from benchmarks.answers.judging.facts import Amount
from models.understanding.numerals import parse_number

_DIGITS: Final = r"\d+(?:\.\d+)?"
_CHINESE: Final = r"[零一二两三四五六七八九十百千万]+"
_BEFORE: Final = {
    "CNY": r"(?:¥|￥|rmb|cny|人民币)\s*",
    "USD": r"(?:us\s?\$|\$|usd|美元)\s*",
}
_AFTER: Final = {
    "CNY": r"\s*(?:元|块钱?|圆|yuan|rmb|cny|人民币)",
    "USD": r"\s*(?:美元|美金|刀|us dollars?|dollars?|usd|bucks)",
}
_PLAIN: Final = re.compile(r"(?<![\d.$¥])(\d+\.\d{2})(?![\d%])")


def amounts(text: str) -> Iterator[Amount]:
    """Every amount of a folded text. Two decimals without a currency may be of any."""
    for currency in ("CNY", "USD"):
        for match in re.finditer(rf"{_BEFORE[currency]}({_DIGITS})\s*(万)?", text):
            yield from _amount(match[1], match[2], currency)
        pattern = rf"(?<![\d.])({_DIGITS}|{_CHINESE})\s*(万)?{_AFTER[currency]}"
        for match in re.finditer(pattern, text):
            if currency == "CNY" and text[match.end() - 1 : match.end()] == "元" and "美" in match[0]:
                continue
            yield from _amount(match[1], match[2], currency)
        for match in re.finditer(r"(\d+)块(\d)(?!\d)", text):
            yield Amount(int(match[1]) * 100 + int(match[2]) * 10, "CNY")
    for match in _PLAIN.finditer(text):
        yield from _amount(match[1], None, "")


def states_amount(text: str, wanted: Amount) -> bool:
    """Whether a folded text states that much money."""
    return any(
        found.minor == wanted.minor and found.currency in {"", wanted.currency} for found in amounts(text)
    )


def states_any_amount(text: str) -> bool:
    """Whether it speaks of any sum of money."""
    return any(True for _ in amounts(text))


def _amount(number: str, ten_thousands: str | None, currency: str) -> Iterator[Amount]:
    value = parse_number(number)
    if value is not None:
        minor = Decimal(value) * (10_000 if ten_thousands else 1) * 100
        if minor == int(minor):
            yield Amount(int(minor), currency)
