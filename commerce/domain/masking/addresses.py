"""Postal addresses down to the street or the door. A city or a district alone stays: it is nobody's."""

from __future__ import annotations

import re
from typing import Final

from commerce.domain.masking.canvas import Canvas, Mark

_HAN: Final = "\u4e00-\u9fff"
_NUMBER: Final = r"(?:\d{1,5}|[一二三四五六七八九十百]{1,4}|[甲乙丙丁])"
_DOOR: Final = (
    rf"(?:{_NUMBER}|[A-Za-z]\d{{0,2}})(?:[-之]\d{{1,4}})?\s*(?:号楼|号院|栋|幢|座|单元|室|层|楼|户|房|号)"
)
_UNITS: Final = r"(?!\s*(?:元|块|公里|千米|米|分钟|天|个|次|公交|点|年|月|折|%|\.\d))"
_ROAD: Final = (
    r"(?:(?<![知味频渠报管跑难轨])道|路|街|巷|胡同|弄|村|庄|屯)(?:[东南西北中]?[一二三四五六七八九十\d]{0,2}段)?"
    rf"\s*{_NUMBER}(?:[-之]\d{{1,4}})?\s*(?:号|弄|巷|组|户)"
)
_ROAD_BARE: Final = (
    rf"(?<=[{_HAN}]{{2}})(?:路|大街|大道)\s*\d{{1,5}}{_UNITS}(?=\s*(?:[,.;。，\n]|$|[{_HAN}]{{0,8}}\d))"
)
_DOORS: Final = (
    rf"\d{{1,3}}\s*(?:号楼|栋|幢|单元|座)[\s,-]*(?:[{_HAN}]?\d{{0,2}}\s*(?:单元|楼|层)[\s,-]*)?\d{{1,4}}\s*(?:室|房|号|户)?"
    r"|[A-Za-z]座\s*\d{3,4}\s*(?:室|房)?|\d{1,2}\s*单元\s*\d{3,4}\s*(?:室|房)?|\d{1,3}\s*(?:栋|幢|号楼)"
)
_ANCHOR: Final = re.compile(rf"{_ROAD}|{_ROAD_BARE}|{_DOORS}")
_MORE: Final = re.compile(
    rf"(?:[\s,、-]*[{_HAN}A-Za-z]{{0,10}}?(?:{_DOOR}|[东西南北中]单元\s*\d{{1,4}})(?!\s*[到发前后送之])){{0,5}}"
    r"(?:[\s-]*\d{3,4}(?![\d.:]|\s*元|年))?"
)
_LEAD: Final = re.compile(
    r".*(?:地址|住址|收货地|位置|改成|改为|改到|换成|换到|变更为|搬到|搬去|寄到|寄去|寄往|送到|送去|送往|发到|发去|发往|邮到|"
    r"寄给|送至|寄至|发至|住在|家住|家在|位于|我在|人在|就在|公司在|填成|填的|写成|写的|请寄|请送|请发|到的|我住|现住|住|的是|"
    r"是|为|到|给我|麻烦|请)[\s:]*",
    re.S,
)
_LABELLED: Final = re.compile(
    r"(?:地址|住址)(?:[\s:]|是|为|改成|改为|改到|换成|换到|变更为|更正为|写|填|请|就|应该|应)*[:是为成到写填\s]"
    r"([^。;；!?！？\n]{4,60})"
)
_PART: Final = re.compile(
    rf"[{_HAN}](?:省|市|(?<![厂地社校景片灾])区|县|镇|乡|村|路|街|巷|弄|号|栋|幢|室|小区|花园|公寓|大厦|苑|新村|广场|学校|"
    r"大学|宿舍)"
)
_DIVISIONS: Final = "省市区县州盟旗镇乡道村"
_MOST_LEFT: Final = 60
_MOST_LEFT_ALONE: Final = 16

_SUFFIX: Final = (
    r"(?i:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|highway|hwy)|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|"
    r"Terrace|Parkway|Pkwy|Close|Crescent|Gardens|Mews|Circle|Cir|Trail|Loop|Row|Hill|Grove"
)
_STREET_WORD: Final = (
    r"(?!(?i:at|in|on|to|for|of|and|the|or|by|my|is|gb|tb|inch|pairs?|pcs|boxes|days?|hours?|minutes?|pm|am|per|from)\b)"
    r"[A-Za-z][A-Za-z'’.-]*"
)
_STREET: Final = (
    r"\d{1,6}[A-Za-z]?(?:-\d{1,4})?,?\s+(?:(?:North|South|East|West|N|S|E|W)\.?\s+)?"
    rf"(?:(?:{_STREET_WORD}|\d{{1,3}}(?:st|nd|rd|th))\s+){{1,4}}?(?:{_SUFFIX})\b"
    # "at St Mary's" is no street.
    r"(?!\.?\s[A-Z]\w+['’]s)\.?(?:\s+(?:North|South|East|West|NE|NW|SE|SW|N|S|E|W)\b)?"
)
_UNIT: Final = (
    r"(?i:apartment|apt|unit|suite|ste|flat|room|rm|floor|fl|building|bldg|block|tower|#)\.?\s*#?\s*"
    r"[A-Za-z]?\d{1,5}[A-Za-z]?"
)
_ZIP: Final = r"(?:[A-Z]{2}\s+)?\d{5}(?:-\d{4})?\b"
_POSTCODE: Final = rf"(?:{_ZIP}|\b[A-Z]{{1,2}}\d[A-Z\d]?\s?\d[A-Z]{{2}}\b)"
_PLACE: Final = r"[A-Z][A-Za-z.'’-]+(?:\s[A-Z][A-Za-z.'’-]+){0,2}(?![A-Za-z0-9])"
_ENGLISH: Final = re.compile(
    rf"(?:{_UNIT},?\s+)?(?<![\w$€£.#]){_STREET}(?:,?\s+{_UNIT}){{0,3}}(?:,\s*{_PLACE}){{0,3}}(?:,?\s+{_POSTCODE})?"
    rf"|\b(?i:p\.?\s?o\.?\s?box)\s+\d{{1,6}}(?:,\s*{_PLACE}){{0,2}}(?:,?\s+{_ZIP})?"
)


def mask_addresses(canvas: Canvas) -> None:
    """Call it after whole numbers and before names and bare digits."""
    _mask_chinese(canvas)
    for match in list(_ENGLISH.finditer(canvas.text)):
        canvas.claim(*match.span(), Mark.ADDRESS)


def _mask_chinese(canvas: Canvas) -> None:
    at = 0
    while (anchor := _ANCHOR.search(canvas.text, at)) is not None:
        start = _begin(canvas.text, anchor.start())
        more = _MORE.match(canvas.text, anchor.end())
        at = more.end() if more else anchor.end()
        canvas.claim(start, at, Mark.ADDRESS)
    for match in list(_LABELLED.finditer(canvas.text)):
        end = _end_of_label(match.group(1))
        if end:
            canvas.claim(match.start(1), match.start(1) + end, Mark.ADDRESS)


def _begin(text: str, anchor: int) -> int:
    """Where the address of `anchor` begins: after the words that lead to it. Divisions before it may stand apart."""
    start = anchor
    while start > max(0, anchor - _MOST_LEFT) and _goes_on(text, start):
        start -= 1
    if not any(sign in _DIVISIONS for sign in text[start:anchor]):
        start = max(start, anchor - _MOST_LEFT_ALONE)
    lead = _LEAD.match(text, start, anchor)
    begin = lead.end() if lead and lead.end() < anchor else start
    return begin + len(text[begin:anchor]) - len(text[begin:anchor].lstrip(" ,、\n"))


def _goes_on(text: str, at: int) -> bool:
    sign = text[at - 1]
    if sign in " ,、\n":
        return at >= 2 and text[at - 2] in _DIVISIONS
    return "\u4e00" <= sign <= "\u9fff" or (sign.isascii() and sign.isalnum())


def _end_of_label(value: str) -> int:
    """How much of what follows "address:" is one: up to a comma after which nothing of an address comes."""
    end = 0
    for part in re.finditer(r"[^,，]+", value):
        if not _PART.search(part.group()):
            break
        end = part.end()
    return end
