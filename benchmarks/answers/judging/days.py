"""Days and times of day, absolute and relative: 11月21日 · Nov 21 · 2026-11-21 · 明天 · Saturday · 晚上9点 · 9 pm."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from benchmarks.answers.judging.facts import Clock, Day
from models.understanding.numerals import parse_number

_MONTH: Final = (
    r"\b(?:(jan)(?:uary)?|(feb)(?:ruary)?|(mar)(?:ch)?|(apr)(?:il)?|(may)|(june?)|(july?)|(aug)(?:ust)?|"
    r"(sept?)(?:ember)?|(oct)(?:ober)?|(nov)(?:ember)?|(dec)(?:ember)?)\b\.?"
)
_RELATIVE: Final = (
    (r"大后天", 3), (r"(?<!大)后天|the day after tomorrow", 2), (r"明[天日早晚]|(?<!after )\btomorrow", 1),
    (r"今[天日早晚]|当天|\btoday\b|\btonight\b", 0),
    (r"昨[天日晚]|\byesterday\b", -1), (r"前天|the day before yesterday", -2),
)  # fmt: skip
_WEEKDAYS: Final = (
    (r"(?:周|星期|礼拜)一|\bmon(?:day)?\b", 0), (r"(?:周|星期|礼拜)二|\btue(?:s|sday)?\b", 1),
    (r"(?:周|星期|礼拜)三|\bwed(?:nesday)?\b", 2), (r"(?:周|星期|礼拜)四|\bthu(?:rs|rsday)?\b", 3),
    (r"(?:周|星期|礼拜)五|\bfri(?:day)?\b", 4), (r"(?:周|星期|礼拜)六|\bsat(?:urday)?\b", 5),
    (r"(?:周|星期|礼拜)[日天]|\bsun(?:day)?\b", 6),
)  # fmt: skip
_YEAR_FIRST: Final = re.compile(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_CHINESE: Final = re.compile(
    r"([\d一二三四五六七八九十]{1,3})\s*月\s*([\d一二三四五六七八九十]{1,3})\s*[日号]"
)
_SLASHED: Final = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])")
_MONTH_DAY: Final = re.compile(rf"{_MONTH}\s*(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s*(\d{{4}}))?")
_DAY_MONTH: Final = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)?\s*{_MONTH}(?:,?\s*(\d{{4}}))?")
_CLOCK: Final = re.compile(r"(?<!\d)(?<!\d:)(\d{1,2}):(\d{2})(?!\d)\s*(am|pm|a\.m|p\.m)?")
_HOUR_ZH: Final = re.compile(
    r"(凌晨|早上?|上午|中午|下午|傍晚|晚上?|夜里)?\s*([\d一二两三四五六七八九十]{1,3})\s*[点时](?:整|钟)?(半)?"
)
_HOUR_EN: Final = re.compile(r"\b(\d{1,2})\s*(am|pm|a\.m|p\.m)\b")


@dataclass(frozen=True, slots=True)
class Mention:
    """A day as it was written: a year that was left out is None."""

    year: int | None
    month: int
    day: int


def states_day(text: str, wanted: Day, today: date) -> bool:
    """Whether a folded text states that day. A weekday alone stands for the nearest one on either side of today."""
    written = any(
        (found.month, found.day) == (wanted.day.month, wanted.day.day)
        and found.year in {None, wanted.day.year}
        for found in mentions(text)
    )
    return written or wanted.day in set(_relative(text, today))


def states_any_day(text: str) -> bool:
    """Whether it names any day of a month."""
    return any(True for _ in mentions(text))


def mentions(text: str) -> Iterator[Mention]:
    """Every day that is written out."""
    yield from (found for found in _written(text) if 1 <= found.month <= 12 and 1 <= found.day <= 31)


def _written(text: str) -> Iterator[Mention]:
    for match in _YEAR_FIRST.finditer(text):
        yield Mention(int(match[1]), int(match[2]), int(match[3]))
    for match in _CHINESE.finditer(text):
        month, day = parse_number(match[1]), parse_number(match[2])
        if month and day:
            yield Mention(None, int(month), int(day))
    for match in _SLASHED.finditer(text):
        yield Mention(None, int(match[1]), int(match[2]))
    for match in _MONTH_DAY.finditer(text):
        *months, day, year = match.groups()
        yield Mention(int(year) if year else None, _month(months), int(day))
    for match in _DAY_MONTH.finditer(text):
        day, *months, year = match.groups()
        yield Mention(int(year) if year else None, _month(months), int(day))


def states_clock(text: str, wanted: Clock) -> bool:
    """Whether a folded text states that time of day."""
    if wanted.is_midnight_at_end and re.search(r"24:00|24点|24时|午夜|零点|\bmidnight\b|12 ?am\b", text):
        return True
    return not wanted.is_midnight_at_end and wanted.at in set(_times(text))


def _times(text: str) -> Iterator[time]:
    for match in _CLOCK.finditer(text):
        yield from _time(int(match[1]), int(match[2]), match[3] or "")
    for match in _HOUR_EN.finditer(text):
        yield from _time(int(match[1]), 0, match[2])
    for match in _HOUR_ZH.finditer(text):
        hour = parse_number(match[2])
        is_afternoon = match[1] in {"下午", "傍晚", "晚", "晚上", "夜里"}
        if hour is not None:
            yield from _time(int(hour), 30 if match[3] else 0, "pm" if is_afternoon else "")


def _time(hour: int, minute: int, half: str) -> Iterator[time]:
    if half.startswith("p") and hour < 12:
        hour += 12
    if half.startswith("a") and hour == 12:
        hour = 0
    if hour < 24 and minute < 60:
        yield time(hour, minute)


def _relative(text: str, today: date) -> Iterator[date]:
    for pattern, offset in _RELATIVE:
        if re.search(pattern, text):
            yield today + timedelta(days=offset)
    for pattern, weekday in _WEEKDAYS:
        if re.search(pattern, text):
            ahead = (weekday - today.weekday()) % 7
            yield today + timedelta(days=ahead)
            yield today + timedelta(days=ahead - 7)


def _month(found: list[str | None]) -> int:
    return next(number for number, name in enumerate(found, start=1) if name)
