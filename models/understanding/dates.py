"""Days, weeks, months and feasts. Durations (three days, 48小时) are none of them."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from models.types import Entity
from models.understanding.numerals import parse_number
from models.understanding.patterns import Finder, L, R, is_after, literal, pattern

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _date(match: re.Match[str]) -> str | None:
    """From the groups y, m or name, and d, as many as there are: 2026-11-03, --11-03, ---03, --11, 2026-11."""
    parts = match.groupdict()
    year, day = parts.get("y"), _whole(parts.get("d"))
    month = _MONTHS.index(parts["name"][:3].lower()) + 1 if parts.get("name") else _whole(parts.get("m"))
    if not _is_day(year, month, day):
        return None
    if month is None:
        return f"---{day:02}"
    return f"{_century(year)}-{month:02}" + (f"-{day:02}" if day is not None else "")


def _century(year: str | None) -> str:
    return "-" if year is None else year if len(year) == len("2025") else f"20{year}"


def _whole(text: str | None) -> int | None:
    number = parse_number(text) if text else None
    return int(number) if number else None


def _is_day(year: str | None, month: int | None, day: int | None) -> bool:
    try:
        date(int(year or _LEAP_YEAR), month if month is not None else 1, day if day is not None else 1)
    except ValueError:
        return False
    return True


def _slashed(match: re.Match[str]) -> str | None:
    """11/03 and 03/11/2025: the month comes first, unless it can't. 8/10 and 24/7 are no days."""
    first, second, year = int(match["a"]), int(match["b"]), match["y"]
    is_said = year or is_after(match, _DATED) or _DATED_AFTER.match(match.string, match.end())
    if not (is_said or match["a"][0] == "0" or match["b"][0] == "0" or first <= 12 < second):
        return None
    if first > 12 and not year:
        return None
    month, day = (first, second) if first <= 12 else (second, first)
    return f"{year or '-'}-{month:02}-{day:02}" if _is_day(year, month, day) else None


def _ahead(match: re.Match[str]) -> str | None:
    """In two days; of what has not happened in nine days it is a duration."""
    return None if is_after(match, _NEVER) else literal(match)


def _relative_zh(text: str) -> Iterator[Entity]:
    return iter(()) if text.isascii() and not _SALES.search(text) else _RELATIVE_OR_FEAST_ZH(text)


_NEVER: Final = re.compile(
    r"(?:n['’]t|\b(?:not|no|never|nothing|nobody|once|twice|times|broke|broken|died|dead|split|wore|stopped|failed|fell|gave|"
    r"faded|peeled|cracked)\b)[^.!?]*$",
    re.IGNORECASE,
)
_LEAP_YEAR: Final = 2024
_DATED: Final = re.compile(
    r"(?:\b(?:on|by|since|before|after|until|from|dated?|due|arrived?|ordered|delivered)\s|[于在从])$", re.I
)
_DATED_AFTER: Final = re.compile(r"[号日]|(?:之前|之后|以前|以后)?(?:[到买收寄发前后]|下单|付款|签收|那天)")
_MONTH_NAME = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May)|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_MONTH_ALONE = (
    r"(?P<name>january|february|(?-i:March)|april|(?-i:May)|june|july|august|september|october|november|december|"
    r"(?-i:Jan|Feb|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec))"
)
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_NTH = r"(?P<d>\d{1,2})(?:st|nd|rd|th)"
_YEAR = r"(?:,?\s(?P<y>20\d\d))?"
_NOT_COUNTED = (
    r"(?!\s(?:people|of (?:them|us|the)|times|items|pieces|pcs|packs|boxes|km|miles|and (?:a|the)\s))"
)
# 14 Jan Smuts Avenue.
_NOT_A_STREET = r"(?!(?-i:\s[A-Z][a-z]+\s(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Way|Close|Court)\b))"
_ZH_MONTH = r"(?P<m>\d{1,2}|十[一二]?|[一二三四五六七八九])"
_ZH_DAY = r"(?P<d>\d{1,2}|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"
_VERB = (
    r"(?=[之以]?[前后]|左右|那天|当天|上午|下午|晚上|早上|中午|才|就|能|可以|会|送|到|收|签|付|拍|买|下的?单|"
    r"发货|发的|寄|退|过来|还没)"
)
_HAPPENS = rf"(?:{_VERB}|(?=[的了吗不,，。.!?！？;；、\s]|$))"
_NUMBER_OF = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3}|半|几)"
_WEEKDAY_ZH = r"(?:周|星期|礼拜)[一二三四五六日天]"
_FEASTS_ZH = (
    r"(?:大年|正月)初[一二三四五六七八九十]|(?<![\d.])10\.1(?=假期|长假|期间|放假)|双十[一二]|双1[12]|黑色星期五|黑五|网一|女神节|年货节|国庆节|(?<![李王张刘陈杨赵黄周吴])国庆(?![路街])|中秋节|中秋(?!月饼)|春节(?!联欢)|元旦|端午节|端午(?!粽)|"
    r"清明节|圣诞节|圣诞(?![树帽装老袜])|平安夜|情人节|七夕节?|母亲节|父亲节|儿童节|劳动节|妇女节|教师节|重阳节|元宵节|感恩节|万圣节|除夕|小年夜|"
    r"(?<![\d一二三四五六七八九十])[五六]一(?=节|假|期间|劳动|儿童|放假|长假|前|后|之前|之后|到|买|的时候|出|回|活动)(?:节|劳动节|儿童节)?|"
    r"十一(?=假期|长假|期间|黄金周|放假|前后|国庆)"
)
_SALES_DAY = (
    r"(?<![A-Za-z0-9.,#¥$第])(?:6\.?18|11\.11|12\.12)(?![A-Za-z0-9.,]|\s?[元块号室件个栋层楼米])"
    r"(?=\s?(?:活动|大促|期间|当天|那天|那会|的时候|年中|买|下单|下的单|预售|囤|优惠|价|前|后|之前|之后|到|过|有|会|还|能|什么|sale|promo|deal|was|is)|"
    r"[,，。!?！？\s]|$)"
)
_RELATIVE_ZH = (
    rf"大前天|前[天儿](?!们)|昨[天晚日儿夜]|今[天晚早日儿]|明[天晚早儿]|(?<!先)大?后[天儿](?!养)|[上下这本]{{1,2}}个?{_WEEKDAY_ZH}|"
    r"[上下这本]{1,2}个?(?:周末?|星期|礼拜)(?![一二三四五六日天期])|"
    rf"(?<![一二两三四五六七八九十几每\d]){_WEEKDAY_ZH}(?![次福均])|(?<![每\d])周末|"
    r"[上下这本]{1,2}个?月(?:[初中底末]|上旬|中旬|下旬)?|(?<![\d一二三四五六七八九十])月[初底末](?!票)|年[初底](?!薪)|(?<![目以之])[去前明后]年(?![级龄轻])"
)
_AGO_ZH = (
    rf"(?<![\d.-]){_NUMBER_OF}(?:天|周|个?星期|个?礼拜|个?月|个月|年)(?:[以之]前|前|[以之]后|后)(?![面天])"
)
_WEEKDAY_EN = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_WEEKDAY_FIRST = rf"(?:{L}{_WEEKDAY_EN},?\s(?:the\s)?)?"
_AGO_COUNT = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|a couple of|a few)"
_SPAN_EN = r"(?:days?|weeks?|months?|years?)"
_RELATIVE_EN = (
    r"(?:the )?week after next|(?:the )?day (?:before yesterday|after tomorrow)|yesterday(?: morning| afternoon| evening)?|"
    r"today|tonight|tomorrow(?: morning| afternoon| evening| night)?|last night|this (?:morning|afternoon|evening)|"
    rf"(?:last|next|this|this coming|this past|coming|past) (?:{_WEEKDAY_EN}|week|weekend|month|year|christmas|spring|summer|"
    r"autumn|fall|winter|january|february|march|april|(?-i:May)|june|july|august|september|october|november|december)"
    rf"(?! (?:of|after)\b)|(?<!every )(?<!each )(?<!black )(?<!cyber ){_WEEKDAY_EN}(?! (?:roast|best))|"
    rf"(?:{_AGO_COUNT}|a|an) {_SPAN_EN} (?:ago|before|back)|"
    r"(?:the )?(?:end|start|beginning|middle) of (?:(?:the |this |next |last )?(?:month|week|year)|january|february|march|"
    r"april|(?-i:May)|june|july|august|september|october|november|december)|(?:the|over the|at the) weekend"
)
_FEASTS_EN = (
    r"black friday|cyber monday|boxing day|(?:christmas|xmas)(?: eve| day)?|"
    r"(?:chinese |lunar )?new year(?:['’]?s)?(?: eve| day)?|"
    r"thanksgiving|halloween|easter(?: sunday| monday)?|valentine['’]?s(?: day)?|(?:mother|father)['’]?s['’]? day|"
    r"singles?['’]? day|prime day|spring festival|national day|mid-autumn(?: festival)?|diwali|ramadan|labou?r day|"
    r"memorial day|independence day|4th of july|good friday|children['’]?s day"
)
# One of these is in every word of the two above.
_RELATIVE_PARTS: Final = (
    "day week month year to night this next last past coming end start middle beginning thanksgiving halloween easter "
    "valentine festival christmas xmas diwali ramadan july"
).split()
_NOT_A_FEAST = (
    r"(?!\s(?:trees?|jumpers?|sweaters?|cards?|presents?|decorations?|lights|stockings?|ornaments?|eggs?|costumes?|socks|"
    r"pudding|crackers?|wreaths?|pyjamas|pajamas|hats?|bunny|outfit))"
)

_RELATIVE_OR_FEAST_ZH: Final = pattern(
    "date", rf"{_RELATIVE_ZH}|{_AGO_ZH}|{_FEASTS_ZH}|{_SALES_DAY}", literal
)
_SALES: Final = re.compile(r"1[12]|6\.?1")

DATES: Final[tuple[Finder, ...]] = (
    pattern(
        "date",
        rf"(?<!\d)(?P<y>20\d\d(?=\s?[-/.年])|2\d(?=年))\s?[-/.年]\s?{_ZH_MONTH}\s?[-/.月]\s?{_ZH_DAY}(?:\s?[日号])?(?![\d楼])",
        _date,
        needs="-/.年",
    ),
    pattern(
        "date", r"(?<![\w.-])(?P<y>20\d\d)(?P<m>0\d|1[0-2])(?P<d>[0-3]\d)(?!\d|[A-Za-z.-])", _date, needs="2"
    ),
    pattern(
        "date",
        rf"(?<!\d)(?P<y>(?:20)?2\d)年\s?{_ZH_MONTH}月(?:份|初|底|中旬)?(?![\d一二三])",
        _date,
        needs="年",
    ),
    pattern(
        "date",
        rf"(?<![\d一二三四五六七八九十.]){_ZH_MONTH}\s?月\s?{_ZH_DAY}(?:\s?[日号])?(?![\d楼个天])",
        _date,
        needs="月",
    ),
    pattern(
        "date",
        rf"(?<![\d一二三四五六七八九十.个第满每近前后-]){_ZH_MONTH}月(?:份|初|底|末|[上中下]旬)?"
        r"(?![\d一二三四五六七八九十内大龄饼花嫂子亮卡费租付供经结]|初[一二三四五六七八九十])",
        _date,
        needs="月",
    ),
    pattern("date", r"(?<![\d.])(?P<m>\d{1,2})\.(?P<d>\d{1,2})\s?[号日](?![楼线店])", _date, needs="."),
    pattern(
        "date",
        r"(?<![\d.])(?P<m>\d{1,2})\.(?P<d>\d{1,2})(?=(?:买|下单|下的单|发货|到货|收到|付款|拍)的?)",
        _date,
        needs=".",
    ),
    pattern("date", rf"(?<![\w./-])(?P<m>0\d|1[0-2])-(?P<d>[0-3]\d)(?:[日号]|{_VERB})", _date, needs="-"),
    # 12号 names a day only where something happens on it: 3号楼 and 5号电池 do not.
    pattern(
        "date", rf"(?<=[到在等约从自于晚迟计请改拖赶])(?P<d>\d{{1,2}})[号日]{_HAPPENS}", _date, needs="号日"
    ),
    pattern("date", rf"(?:^|(?<=[我们月,，。\s]))(?P<d>\d{{1,2}})[号日]{_VERB}", _date, needs="号日"),
    pattern(
        "date",
        r"(?<![\w./-])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<y>20\d\d))?(?![\d/A-Z.%-])",
        _slashed,
        needs="/",
    ),
    pattern("date", rf"{_WEEKDAY_FIRST}{L}{_MONTH_NAME}\s(?:the\s)?{_DAY}{_YEAR}{R}{_NOT_COUNTED}", _date),
    pattern(
        "date",
        rf"{_WEEKDAY_FIRST}{L}(?:the\s(?=\d{{1,2}}[a-z]))?{_DAY}[\s-](?:of\s)?{_MONTH_NAME}(?:-(?=20\d\d))?{_YEAR}{R}{_NOT_A_STREET}",
        _date,
    ),
    pattern("date", rf"{L}{_MONTH_ALONE}\s(?P<y>20\d\d){R}", _date, needs="2"),
    pattern(
        "date",
        rf"{L}(?:in|since|until|till|by|during|early|late|mid|from|before|after|for|of)[\s-](?P<span>{_MONTH_ALONE}){R}",
        _date,
    ),
    pattern(
        "date",
        rf"{L}(?:on|by|until|till|before|after|since|from)\s(?P<span>the\s{_NTH})(?=[,.!?;]|$|\s(?:or|and|at|please|but|if|because|to)\b)",
        _date,
    ),
    _relative_zh,
    pattern("date", rf"{L}in {_AGO_COUNT} (?:days?|weeks?)(?:['’]? time)?{R}", _ahead, needs="iI"),
    pattern(
        "date",
        rf"{L}(?:{_RELATIVE_EN}){R}|{L}(?:{_FEASTS_EN}){R}{_NOT_A_FEAST}",
        literal,
        words=_RELATIVE_PARTS,
    ),
)
