"""Dates, weekdays and times of day, Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from routing.grounding.numerals import zh_amount
from routing.grounding.value import Value

_MONTHS: Final = {m: at + 1 for at, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
_MONTH: Final = (
    r"(?P<{0}>january|february|march|april|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)(?![a-z])\.?)"
)
_ZH: Final = r"[一二三四五六七八九十]{1,3}"
_ORDINAL: Final = r"(?:st|nd|rd|th)?"
_DATES: Final = re.compile(
    r"(?<!\d)(?P<y1>\d{4})(?:[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})(?!\d)|年(?P<m2>\d{1,2})月(?:(?P<d2>\d{1,2})[日号]?)?)"
    rf"|(?<!\d)(?P<m3>\d{{1,2}}|{_ZH})月(?:份|(?P<d3>\d{{1,2}}|{_ZH})[日号]?(?:(?:-|至|到|和|或"
    rf"|、)(?P<e3>\d{{1,2}}|{_ZH})[日号])?)(?![天个])"
    rf"|(?<![\d.])(?P<d4>\d{{1,2}}){_ORDINAL}(?: ?(?:-|to|and"
    rf"|or) ?(?P<e4>\d{{1,2}}){_ORDINAL})? (?:of )?{_MONTH.format('m4')}(?:,? (?P<y4>\d{{4}})(?!\d))?"
    rf"|(?<![a-z]){_MONTH.format('m5')} (?:the )?(?P<d5>\d{{1,2}}){_ORDINAL}(?![\d:])(?: ?(?:-|to|and"
    rf"|or) ?(?P<e5>\d{{1,2}}){_ORDINAL}(?![\d:]))?(?:,? (?P<y5>\d{{4}})(?!\d))?"
    r"|(?<![\d/.])(?P<a6>\d{1,2})[/](?P<b6>\d{1,2})(?:[/](?P<y6>\d{4}))?(?:(?![\d/])"
    r"|(?=\d\d:\d\d))(?!\s?(?:期|个月|months))"
    rf"|(?<![a-z]){_MONTH.format('m7')}(?:,? (?P<y7>\d{{4}}))(?!\d)"
    r"|(?<![a-z])(?:in|of|by|until|through|since|during|late|early|mid|next) (?P<m8>january|february|march"
    r"|april|may(?=[,.]|$)|june|july|august|september|october|november|december)(?![a-z])(?!,? \d)"
    r"|(?<![a-z\d])(?:the )?(?P<d9>\d{1,2})(?:st|nd|rd|th)(?![a-z])"
    r"|(?<![\d月.第])(?P<d10>\d{1,2})(?P<u10>[日号])(?![内后以之起线楼店])"
)
_DAYS: Final = {
    **dict.fromkeys(("monday", "mon", "一"), 0), **dict.fromkeys(("tuesday", "tue", "tues", "二"), 1),
    **dict.fromkeys(("wednesday", "wed", "三"), 2), **dict.fromkeys(("thursday", "thu", "thurs", "四"), 3),
    **dict.fromkeys(("friday", "fri", "五"), 4), **dict.fromkeys(("saturday", "sat", "六"), 5),
    **dict.fromkeys(("sunday", "sun", "日", "天", "末"), 6),
}  # fmt: skip
_WEEKDAY: Final = re.compile(
    r"(?<![a-z])(monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?(?![a-z])|(?<![a-z])(mon|tues?"
    r"|wed|thu(?:rs)?|fri|sat)(?![a-z])"
    r"|(?:星期|礼拜|(?<!一)(?<!两)(?<!二)(?<!三)(?<!每)周)([一二三四五六日天])"
)
_TIME: Final = re.compile(
    r"(?P<part>凌晨|清晨|早上|早晨|上午|中午|正午|下午|傍晚|晚上|夜里|晚间|今晚|晚|早)?"
    rf"(?:(?:(?<!\d)|(?<=/\d\d)|(?<=/\d))(?P<h1>\d{{1,2}}):(?P<m1>\d{{2}})"
    rf"(?::\d{{2}})?(?: ?(?P<half1>a\.?m\.?|p\.?m\.?)(?![a-z])"
    r"| in the (?P<part5>morning|afternoon|evening)| at (?P<part6>night)(?![a-z]))?"
    rf"|(?<![\d.])(?!(?<=[这那有早快慢差])一点)(?!一时)(?P<h2>\d{{1,2}}|{_ZH}|两)(?:点|时(?!间|候|效"
    rf"|段))(?!\d{{1,2}}[%折元])(?:钟|整|(?P<m2>半"
    rf"|一刻|三刻|(?:\d{{1,2}}|零[一二三四五六七八九]|[一二三四五]?十[一二三四五六七八九]?)分?))?"
    r"|(?<![\d.:])(?P<h3>\d{1,2})(?:[.](?P<m3>\d{2}))? ?(?P<half3>a\.?m\.?|p\.?m\.?)(?![a-z])"
    r"|(?<![\d.:])(?P<h4>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven"
    r"|twelve) ?o'clock(?: in the (?P<part4>morning|afternoon|evening))?"
    r"|(?<![a-z])(?P<noon>noon|midday|midnight)(?![a-z]))"
)
_EN_HOURS: Final = {
    w: at + 1 for at, w in enumerate("one two three four five six seven eight nine ten eleven twelve".split())
}
_LATE: Final = frozenset({"下午", "傍晚", "晚上", "夜里", "晚间", "今晚", "晚"})
_NOON: Final = frozenset({"中午", "正午"})
_RANGE_OF_HOURS: Final = re.compile(
    r"(?<![\d.:])(?P<h>\d{1,2})(?P<m>:\d{2})? ?(?:-|to|至|到) ?(?=(?:晚上|下午|晚)?\d{1,2}(?::\d{2})?(?:点| ?[ap]\.?m))"
)


def dates_in(text: str) -> Iterator[Value]:
    """Days, months and the like of a folded, lower-case text."""
    for match in _DATES.finditer(text):
        yield from _dates(match)
    for match in _WEEKDAY.finditer(text):
        word = match[1] or match[2] or match[3]
        yield Value("weekday", (float(_DAYS[word]),), match.group(), match.start(), match.end())


def _dates(match: re.Match[str]) -> Iterator[Value]:
    found = {name[0]: value for name, value in match.groupdict().items() if value}
    if "a" in found:
        # 3/11: whichever of the two orders makes a date; both are offered.
        a, b, year = int(found["a"]), int(found["b"]), int(found.get("y", 0))
        pairs = {(a, b), (b, a)}
        options = sorted(pair for pair in pairs if 1 <= pair[0] <= 12 and 1 <= pair[1] <= 31)
        if options:
            yield Value(
                "date", (year, *options[0]), match.group(), match.start(), match.end(), len(options) > 1
            )
        return
    year, month, day = int(found.get("y", 0)), _month(found.get("m")), _day(found.get("d"))
    if not (0 <= month <= 12 and 0 <= day <= 31):
        return
    yield Value("date", (year, month, day), match.group(), match.start(), match.end())
    if "e" in found:
        yield Value("date", (year, month, _day(found["e"])), match.group(), match.start(), match.end())


def _month(said: str | None) -> int:
    if said is None:
        return 0
    if said[0].isdigit():
        return int(said)
    return _MONTHS[said[:3]] if said[0].isascii() else int(zh_amount(said))


def _day(said: str | None) -> int:
    if said is None:
        return 0
    return int(said) if said[0].isdigit() else int(zh_amount(said))


def times_in(text: str) -> Iterator[Value]:
    """Times of day; of "9 点" without a half of the day either is meant."""
    for match in _TIME.finditer(text):
        if (minutes := _minutes(match)) is not None:
            yield Value("time", minutes, match.group(), match.start(), match.end())
    for match in _RANGE_OF_HOURS.finditer(text):
        if int(match["h"]) <= 24:
            at = int(match["h"]) * 60 + int((match["m"] or ":0")[1:])
            end = match.end("m") if match["m"] else match.end("h")
            yield Value("time", (float(at), 1.0), text[match.start() : end], match.start(), end)


def _minutes(match: re.Match[str]) -> tuple[float, float] | None:
    if match["noon"]:
        return (0.0 if match["noon"] == "midnight" else 720.0), 0.0
    said = match["h1"] or match["h2"] or match["h3"] or match["h4"]
    hour = int(said) if said[0].isdigit() else _EN_HOURS.get(said) or int(zh_amount(said))
    minute = _minute(match["m1"] or match["m2"] or match["m3"])
    half = (match["half1"] or match["half3"] or "")[:1]
    part = match["part"] or match["part4"] or match["part5"] or match["part6"] or ""
    if hour > 24 or minute > 59:
        return None
    is_open = 0.0
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif part in _LATE or part in ("afternoon", "evening", "night"):
        hour += (
            12
            if hour < 12 or (hour == 12 and part != "下午" and part.isalpha() and not part.isascii())
            else 0
        )
    elif part in _NOON:
        hour += 12 if hour < 4 else 0
    elif not part and hour <= 12 and not match["h1"]:
        is_open = 1.0
    return float(hour * 60 + minute), is_open


def _minute(said: str | None) -> int:
    if said is None:
        return 0
    named = {"半": 30, "一刻": 15, "三刻": 45}
    if said in named:
        return named[said]
    said = said.rstrip("分")
    return int(said) if said[0].isdigit() else int(zh_amount(said))
