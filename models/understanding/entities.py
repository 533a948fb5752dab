"""What exact patterns find in a message: order numbers, prices, colours, sizes, dates.

Values are normalised so that a reader need not parse again:

| type            | value                                                                       |
|-----------------|-----------------------------------------------------------------------------|
| order_number    | upper case, without `#`, hyphens and spaces                                 |
| tracking_number | upper case                                                                  |
| price           | decimal string in major units (yuan, dollars): "199", "19.9"                |
| price_max       | the same, where the words say a ceiling: 200以内, under 200, 预算500        |
| price_min       | the same, where they say a floor: 500以上, over $500                        |
| quantity        | whole number: "2"                                                           |
| colour          | English name: "red"                                                         |
| size            | "XS" … "5XL", or the number: "42"                                           |
| date            | "2026-11-03"; "--11-03" where no year is said; else the words: "yesterday"  |
| phone           | the digits of the number, without a country code                            |
| email           | lower case                                                                  |

A span is never in two entities: the longest wins, and of equals the type that stands first in `_FINDERS`.
"""

import re
from collections.abc import Callable, Iterator

from models.types import Entity
from models.understanding.lexicon import LEXICON
from models.understanding.numerals import parse_number

Finder = Callable[[str], Iterator[Entity]]
Value = Callable[[re.Match[str]], str | None]


def extract(text: str) -> tuple[Entity, ...]:
    """The entities of `text` by where they start; offsets are code points of `text`."""
    found = [(rank, entity) for rank, finder in enumerate(_FINDERS) for entity in finder(text)]
    found.sort(key=lambda pair: (pair[1].start - pair[1].end, pair[0], pair[1].start))
    kept: list[Entity] = []
    for _, entity in found:
        if all(entity.end <= other.start or other.end <= entity.start for other in kept):
            kept.append(entity)
    return tuple(sorted(kept, key=lambda entity: entity.start))


def _pattern(type: str, pattern: str, value: Value, flags: int = re.IGNORECASE) -> Finder:
    """A finder of one pattern. The entity is the group `span` where there is one; a None value is no hit."""
    compiled = re.compile(pattern, flags)
    group = "span" if "span" in compiled.groupindex else 0

    def find(text: str) -> Iterator[Entity]:
        for match in compiled.finditer(text):
            if (normalised := value(match)) is not None:
                start, end = match.span(group)
                yield Entity(type, text[start:end], normalised, start, end)

    return find


def _code(match: re.Match[str]) -> str:
    text = match["span"] if "span" in match.re.groupindex else match[0]
    return re.sub(r"[#\s-]", "", text).upper()


def _phone(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match[0])[-11:]


def _number(match: re.Match[str]) -> str | None:
    return parse_number(match["n"])


def _bound(match: re.Match[str]) -> str | None:
    """A ceiling or floor. Bare small numbers are no prices: "under 5" is an age or a count."""
    number = parse_number(match["n"])
    return number if number is not None and float(number) >= _SMALLEST_BOUND else None


def _size(match: re.Match[str]) -> str:
    size = match["n"].upper()
    return {"XXL": "2XL", "XXXL": "3XL", "XXXXL": "4XL", "均码": "one size"}.get(size, size)


def _literal(match: re.Match[str]) -> str:
    return match[0].lower()


def _date(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    name = parts.get("name")
    month = _MONTHS.index(name[:3].lower()) + 1 if name else int(parts["m"])
    day = int(parts["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{parts.get('y') or '-'}-{month:02}-{day:02}"


def _colour_en(match: re.Match[str]) -> str | None:
    word = " ".join(match[0].lower().split())
    after = match.string[match.end() :].lstrip(" -").lower()
    if any(after.startswith(other) for other in LEXICON.not_colours_en.get(word, ())):
        return None
    return LEXICON.colours_en[word]


def _colours_zh(text: str) -> Iterator[Entity]:
    readable = _NOT_COLOUR_ZH.sub(lambda match: "\0" * len(match[0]), text)
    for match in _COLOUR_ZH.finditer(readable):
        yield Entity("colour", match[0], LEXICON.colours_zh[match[0]], match.start(), match.end())


def _any_of(words: tuple[str, ...] | dict[str, str]) -> str:
    """Longest first, so that 天蓝色 is not read as 蓝色."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered)


_COLOUR_ZH = re.compile(_any_of(LEXICON.colours_zh))
_NOT_COLOUR_ZH = re.compile(_any_of(LEXICON.not_colours_zh))

_SMALLEST_BOUND = 10
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# A Chinese letter counts as a word character for `\b`: 订单KF1 has no boundary before K. Spelt out instead.
_L = r"(?<![A-Za-z0-9])"
_R = r"(?![A-Za-z0-9])"
# Atomic, so that "under 200g" is not read as "under 20".
_DIGITS = r"(?>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:[k万千](?![a-z]))?)"
_NUMBER = rf"(?>{_DIGITS}|[零一二两三四五六七八九十百千万]+)"
_SIGN = r"(?:[¥￥$€£]|(?:rmb|cny|usd))\s?"
_UNIT_ZH = r"(?:块钱|元钱|人民币|元|块|圆)"
_UNIT_EN = r"(?:yuan|rmb|cny|dollars?|bucks|usd|euros?)"
_UNIT = rf"(?:{_UNIT_ZH}|{_UNIT_EN}{_R})"
_NOT_MONEY = (
    r"(?!\s*(?:[\d.,:：]*\d|%|(?:days?|hours?|hrs?|minutes?|mins?|months?|weeks?|years?|working|business|times|points|"
    r"kgs?|g|cm|mm|ml|gb|w|inch(?:es)?|people|pcs|pieces|items?|degrees)\b|"
    r"[天月年周岁斤克件个双台只瓶寸度瓦升人号点次码分张条]|小时|公斤|厘米|毫升|英寸|积分|工作日))"
)
_UNDER = (
    r"(?:under|below|less than|cheaper than|up to|at most|(?:no|not) more than|max(?:imum)?(?: of)?|"
    r"budget(?: is| of| around| about)*|(?:spend|pay) (?:more than|over))"
)
_CEILING_ZH = r"(?:不超过|不高于|低于|不到|最多|预算(?:在|是|大概|大约|只有|最多|就)?)"
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May)|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s(?P<y>20\d\d))?"
_LETTERS = r"(?:[2-5]XL|X{1,4}L|X{1,2}S|[SML])"
_CARRIER = r"(?:SF|YT|ZTO|STO|JDV[AB]|JD|YD|JT|EMS|YZ|DPK|UC)"
_RELATIVE_ZH = (
    r"大前天|前天|昨[天晚]|今[天晚]|明天|大?后天|[上下这本]个?(?:周|星期|礼拜)[一二三四五六日天]|"
    r"[上这下]周末|双十[一二]|双1[12]"
)
_RELATIVE_EN = (
    r"(?:the )?day (?:before yesterday|after tomorrow)|yesterday|today|tonight|tomorrow|"
    r"(?:last|next|this) (?:mon|tues|wednes|thurs|fri|satur|sun)day"
)
_COUNTED = r"[个件双台只瓶盒箱条套包本支袋张把部床副罐杯提斤]"
_NOT_COUNTED = r"(?![月人劲码半一多]|小时|星期|礼拜|工作日|问题)"

_FINDERS: tuple[Finder, ...] = (
    _pattern("email", r"(?<![\w.+-])[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", _literal),
    _pattern("phone", _L + r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)", _phone),
    _pattern("tracking_number", rf"{_L}{_CARRIER}\d{{8,18}}{_R}", _code),
    _pattern("order_number", _L + r"(?:KF|QH)[- ]?\d[\d-]{5,24}" + _R, _code),
    _pattern("order_number", r"#[ ]?[a-z]{0,3}\d{5,20}" + _R, _code),
    _pattern(
        "order_number",
        r"(?:订单编?号?|单号)\s*[:：#是为]?\s*(?P<span>[a-z]{0,3}\d{4,24})(?![a-z0-9年])",
        _code,
    ),
    _pattern(
        "order_number",
        rf"{_L}order(?: number| no\.?| id)?\s*(?::|#|is)?\s*(?P<span>[a-z]{{0,3}}\d{{5,24}}){_R}",
        _code,
    ),
    _pattern("order_number", r"(?<![a-z0-9.¥￥$])\d{8,24}(?![a-z0-9]|\.\d)", _code),
    _pattern(
        "price_max",
        rf"{_CEILING_ZH}?(?:{_SIGN})?(?P<n>{_NUMBER})\s?{_UNIT}?(?:[以之][内下]|内(?![存部])|封顶)",
        _bound,
    ),
    _pattern("price_max", rf"{_CEILING_ZH}\s?(?:{_SIGN})?(?P<n>{_NUMBER})\s?{_UNIT}?{_NOT_MONEY}", _bound),
    _pattern(
        "price_max", rf"{_L}{_UNDER}\s+(?:{_SIGN})?(?P<n>{_DIGITS})(?:\s?{_UNIT})?{_NOT_MONEY}{_R}", _bound
    ),
    _pattern(
        "price_max",
        rf"{_L}(?:{_SIGN})?(?P<n>{_DIGITS})\s?{_UNIT}?\s(?:or (?:less|under|below)|max|budget){_R}",
        _bound,
    ),
    _pattern("price_min", rf"(?:{_SIGN})?(?P<n>{_NUMBER})\s?{_UNIT}?(?:[以之]上|起步)", _bound),
    _pattern("price_min", rf"{_L}(?:over|above|more than|at least)\s(?:{_SIGN}(?P<n>{_DIGITS}){_R})", _bound),
    _pattern("price", rf"{_L}{_SIGN}(?P<n>{_DIGITS})(?:\s?{_UNIT})?", _number),
    _pattern(
        "price",
        rf"(?<![a-z\d.,第几])(?!一块(?!钱))(?P<n>{_NUMBER})\s?{_UNIT_ZH}(?!的?[肉板状布旦宵拼])",
        _number,
    ),
    _pattern("price", rf"(?<![a-z\d.,])(?P<n>{_DIGITS})\s?{_UNIT_EN}{_R}", _number),
    _pattern(
        "size",
        rf"{_L}(?:size\s+|尺码\s*|码数\s*)(?P<n>\d{{1,2}}(?:\.5)?|{_LETTERS}|small|medium|large){_R}",
        _size,
    ),
    _pattern("size", r"(?<![a-z0-9.])(?P<n>\d{2,3}(?:\.5)?)\s?码", _size),
    _pattern("size", rf"{_L}(?P<n>{_LETTERS})\s?[码号]", _size),
    _pattern("size", rf"(?<![A-Za-z0-9'’.&+-])(?P<n>{_LETTERS})(?![A-Za-z0-9'’.&+-])", _size, re.NOFLAG),
    _pattern("size", r"(?P<n>均码)", _size),
    _pattern(
        "date", r"(?<!\d)(?P<y>20\d\d)[-/.年]\s?(?P<m>\d{1,2})[-/.月]\s?(?P<d>\d{1,2})[日号]?(?!\d)", _date
    ),
    _pattern("date", r"(?<!\d)(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?(?!\d)", _date),
    _pattern("date", rf"{_L}{_MONTH}\s{_DAY}{_YEAR}{_R}", _date),
    _pattern("date", rf"{_L}{_DAY}\s(?:of\s)?{_MONTH}{_YEAR}{_R}", _date),
    _pattern("date", _RELATIVE_ZH, _literal),
    _pattern("date", rf"{_L}(?:{_RELATIVE_EN}){_R}", _literal),
    _pattern(
        "quantity",
        rf"(?<![\d.第这那哪每有])(?!一个)(?P<n>(?>\d{{1,4}}|[一两二三四五六七八九十]+))\s?{_COUNTED}{_NOT_COUNTED}",
        _number,
    ),
    _pattern(
        "quantity",
        rf"{_L}(?P<n>\d{{1,4}})\s(?:pieces?|pcs|units?|pairs?|box(?:es)?|bottles?|packs?|sets?|copies){_R}",
        _number,
    ),
    _pattern("quantity", _L + r"(?:[x×]|qty:?\s?)(?P<n>\d{1,3})" + _R, _number),
    _pattern("colour", rf"{_L}(?:{_any_of(LEXICON.colours_en)}){_R}", _colour_en),
    _colours_zh,
)
