"""Numbers with their units: 7天 · 七天 · within seven days · 3-7 working days · half a year · 95折."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from benchmarks.answers.judging.facts import Quantity, Unit
from benchmarks.answers.judging.text import folded
from benchmarks.answers.judging.wordings import expression, section
from models.understanding.numerals import ENGLISH_NUMBER, parse_number

_NUMBER: Final = rf"(?:\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万]+|\b{ENGLISH_NUMBER})"
_AND: Final = r",? ?or|,? ?and|或|和"
_TO: Final = r"\s*(?:-|至|到|to|and|or)\s*"

# What the same span is in other units: (unit, factor).
_SAME: Final[dict[Unit, tuple[tuple[Unit, Decimal], ...]]] = {
    "hour": (("day", Decimal(24)), ("minute", Decimal(1) / 60)),
    "day": (("hour", Decimal(1) / 24), ("week", Decimal(7))),
    "month": (("year", Decimal(12)),),
    "year": (("month", Decimal(1) / 12),),
    "minute": (("hour", Decimal(60)),),
}
_ZHE: Final = re.compile(rf"({_NUMBER})\s*折")


def states_quantity(text: str, wanted: Quantity) -> bool:
    """Whether a folded text states it. An end of a range is not the number itself."""
    low, high = Decimal(wanted.low), Decimal(wanted.high)
    return any((found_low, found_high) == (low, high) for found_low, found_high in _found(text, wanted.unit))


def first_number(text: str, unit: Unit, after: str) -> str:
    """The first number of that unit in a text of the shop's, after these words. Raises ValueError where there is none."""
    plain = folded(text)
    start = plain.find(folded(after))
    match = (
        re.search(rf"({_NUMBER})\s*(?:{expression('units', unit)})", plain[start:]) if start >= 0 else None
    )
    number = parse_number(match[1]) if match else None
    if number is None:
        raise ValueError(f"no number of {unit}s after {after!r}")
    return number


def _found(text: str, unit: Unit) -> Iterator[tuple[Decimal, Decimal]]:
    yield from _with_unit(text, expression("units", unit), Decimal(1))
    for other, factor in _SAME.get(unit, ()):
        yield from _with_unit(text, expression("units", other), factor)
    for pattern, value in section("halves").get(unit, {}).items():
        if re.search(pattern, text):
            yield Decimal(value), Decimal(value)
    if unit == "percent":
        yield from _percents(text)


def _with_unit(text: str, unit: str, factor: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
    number = rf"({_NUMBER})\s*-?\s*(?:full |calendar |整)?"
    # A range may say its unit twice: 24小时至48小时, one day to two days.
    for match in re.finditer(rf"({_NUMBER})\s*(?:{unit})?{_TO}{number}(?:{unit})", text):
        if (pair := _numbers(match[1], match[2])) is not None:
            yield pair[0] * factor, pair[1] * factor
    for match in re.finditer(rf"(?<![\d.]){number}(?:{unit})", text):
        if (
            not _ends_range(text[: match.start()], unit)
            and (pair := _numbers(match[1], match[1])) is not None
        ):
            yield pair[0] * factor, pair[1] * factor
    # A list says its unit once, at its end: 3, 6 or 12 months; 3期、6期或12期.
    one = rf"{_NUMBER}\s*(?:{unit})?\s*"
    for match in re.finditer(rf"((?:{one}[,、]\s*)+{one}(?:{_AND})\s*{_NUMBER})\s*(?:{unit})", text):
        for number in re.findall(_NUMBER, match[1]):
            if (pair := _numbers(number, number)) is not None:
                yield pair[0] * factor, pair[1] * factor


def _ends_range(before: str, unit: str) -> bool:
    return re.search(rf"{_NUMBER}\s*(?:{unit})?\s*(?:-|至|到|to)\s*$", before) is not None


def _percents(text: str) -> Iterator[tuple[Decimal, Decimal]]:
    for match in re.finditer(rf"百分之({_NUMBER})", text):
        if (pair := _numbers(match[1], match[1])) is not None:
            yield pair
    for match in _ZHE.finditer(text):
        if (pair := _numbers(match[1], match[1])) is not None:
            off = pair[0]
            yield (100 - off, 100 - off) if off >= 10 else (100 - 10 * off, 100 - 10 * off)


def _numbers(low: str, high: str) -> tuple[Decimal, Decimal] | None:
    first, last = parse_number(low.strip()), parse_number(high.strip())
    return None if first is None or last is None else (Decimal(first), Decimal(last))
