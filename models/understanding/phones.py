"""Telephone numbers: mobiles, landlines, service lines, and numbers abroad in the groups they are written in there."""

import re
from datetime import date
from typing import Final

from models.understanding.number_labels import is_called, kind, label, words_of
from models.understanding.patterns import (
    A_DIGIT,
    ENDS,
    NOT_INSIDE,
    Finder,
    L,
    bare,
    digits,
    is_after,
    pattern,
    spanned,
)

MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_CALLED_DIGITS: Final = range(7, 14)
_ABROAD_DIGITS: Final = range(8, 16)
_GROUPED_DIGITS: Final = range(9, 12)
_NEVER: Final = frozenset(("order", "tracking", "card", "other"))


def is_day(number: str) -> bool:
    """20251103."""
    try:
        return len(number) == len("20251103") and number[:2] == "20" and bool(date.fromisoformat(number))
    except ValueError:
        return False


def _mobile(match: re.Match[str]) -> str | None:
    """No bank card has eleven digits: 我的账号是13800138000 is the phone that logs in."""
    return None if is_called(match, "order", "tracking", "other") else digits(match)[-11:]


def _grouped_mobile(match: re.Match[str]) -> str | None:
    """139 12 34 56 78: digits in groups that no rule foresees, where the words say that they are a phone's."""
    said = label(match)
    return digits(match)[-11:] if said is not None and said.kind == "phone" else None


def _landline(match: re.Match[str]) -> str | None:
    if kind(match) in _NEVER or kind(match) == "id_number":
        return None
    return "0" + match["area"].lstrip("0") + re.sub(r"\D", "", match["local"])


def _service_phone(match: re.Match[str]) -> str | None:
    return None if kind(match) in _NEVER else digits(match)


def _hotline(match: re.Match[str]) -> str | None:
    """400-820-8820. Ten digits in a row that start with 800 are a phone where the words say so."""
    number, said = digits(match)[-len("4008208820") :], kind(match)
    is_bare = match[0].isdigit() and number[0] == "8" and not said
    return None if is_bare or said in _NEVER else number


def _short_line(match: re.Match[str]) -> str | None:
    """95338, 12315: numbers of services, which are counts and codes as well."""
    said = label(match)
    is_phone = said is not None and said.kind == "phone" and said.is_direct
    is_dialled = is_after(match, _DIALS) or _ANSWERS.match(match.string, match.end())
    return match[0] if is_phone or (said is None and is_dialled) else None


def _abroad(match: re.Match[str]) -> str | None:
    """With the country code; (0), which is dialled only at home, is left out. Chinese numbers have no code."""
    start, end = spanned(match)
    number = re.sub(r"\D", "", match.string[start:end].replace("(0)", "")).removeprefix("00")
    if len(number) not in _ABROAD_DIGITS or kind(match) in ("order", "tracking", "card", "id_number"):
        return None
    return number.removeprefix("86")


def _grouped(match: re.Match[str]) -> str | None:
    """01632 960 001, 080-1234-5678: groups after a 0 are a phone's at home, unless the words say otherwise."""
    number = digits(match)
    return number if len(number) in _GROUPED_DIGITS and kind(match) in ("phone", None) else None


def _called_phone(match: re.Match[str]) -> str | None:
    number, said = digits(match), label(match)
    if said is None or said.kind != "phone" or not said.is_direct or is_day(number):
        return None
    return number if len(number) in _CALLED_DIGITS and bare(match).isdigit() else None


_DIALS: Final = re.compile(
    r"(?:打过?|拨打?|致电|呼叫|向|找|call(?:ed|ing)?\s|dial(?:led)?\s|r[iau]ng\s)$", re.IGNORECASE
)
_ANSWERS: Final = re.compile(
    r"\s?(?:投诉|举报|说|那边|回复|来电|热线|客服|电话|打不通|占线|没人接|一直占线|hotline)", re.IGNORECASE
)
_CHINA = r"(?:\(?(?:\+|00)?\s?86\)?(?: - |[ -])?)"
_ABROAD = r"(?:\(?\+\s?|00\s?(?=(?:1|7|3[349]|4[149]|6[15]|8[12]|852|853|886|91)[ -]))"
_SEPARATOR = r"(?: - |[ .-])"
_EXTENSION = r"(?:-\d{3,4})?"

PHONES: Final[tuple[Finder, ...]] = (
    pattern(
        "phone",
        rf"{L}(?<!\d[-.]){_CHINA}?1[3-9]\d(?:{_SEPARATOR}?\d{{4}}{_SEPARATOR}?\d{{4}}|\d[ -]\d{{3}}[ -]\d{{4}}|"
        r"[ -]\d{3}[ -]\d{5}|\d\d[ -]\d{3}[ -]?\d{3})(?!\d|-\d{4})",
        _mobile,
        needs="1",
    ),
    pattern(
        "phone",
        rf"{L}(?<!\d[-.]){_CHINA}?1[3-9](?:[ .-]?\d){{9}}(?![\dA-Za-z]|-\d)",
        _grouped_mobile,
        needs="1",
        words=words_of("phone"),
    ),
    pattern(
        "phone",
        rf"{NOT_INSIDE}(?<!(?<!\d)\d{{4}} )\(?(?P<area>010|02\d|0[3-9]\d\d)\)?(?: - |[ -])?"
        rf"(?P<local>[1-9]\d{{2,3}}[ -]?\d{{4}}){_EXTENSION}(?!\d)",
        _landline,
        needs="0",
    ),
    pattern(
        "phone",
        rf"{L}\(?(?:\+|00)86\)?[ -]?(?:\(0\)|0)?"
        rf"(?P<area>10|2\d|(?![48]00)[3-9]\d\d)[ -]?(?P<local>[1-9]\d{{2,3}}[ -]?\d{{4}}){_EXTENSION}(?!\d)",
        _landline,
        needs="8",
    ),
    pattern("phone", rf"{NOT_INSIDE}07\d{{3}}[ -]?\d{{3}}[ -]?\d{{3}}(?!\d)", _service_phone, needs="7"),
    pattern("phone", rf"{NOT_INSIDE}1[38]00[ -]\d{{3}}[ -]\d{{3}}(?![ -]?\d)", _service_phone, needs="1"),
    pattern("phone", rf"{NOT_INSIDE}{_CHINA}?[48]00(?:[ -]?\d){{7}}(?!-?\d)", _hotline, needs="48"),
    pattern(
        "phone",
        rf"{NOT_INSIDE}(?:95\d{{3,4}}|96\d{{3,4}}|12[03]\d\d|100(?:86|10|00)){ENDS}",
        _short_line,
        needs="91",
    ),
    pattern(
        "phone",
        rf"{L}{_ABROAD}(?!86)\d(?:[ ./()-]{{0,2}}\d){{4,12}}\d(?!\d)|{L}\+33[ .]?\d(?:[ .]?\d\d){{4}}(?!\d)",
        _abroad,
        needs="+0",
    ),
    pattern(
        "phone",
        rf"{NOT_INSIDE}(?:1[ .-])?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{{4}}(?!-?\d)",
        _service_phone,
        needs=A_DIGIT,
    ),
    pattern(
        "phone",
        rf"{NOT_INSIDE}(?<!\d )(?!00)(?:\(0\d{{1,4}}\)\s?|0\d{{1,4}}[ .-])\d{{2,5}}"
        r"(?:[ .-]\d{2,4}){1,3}(?![\dA-Za-z]|[-./,]\d)",
        _grouped,
        needs="0",
    ),
    pattern(
        "phone",
        rf"{NOT_INSIDE}(?!1[3-9]\d{{9}}(?!\d))(?:\(?\d{{2,5}}\)?(?:[ .-]\d{{3,5}}){{1,4}}|\d{{1,4}}(?:[ .-]\d\d){{3,5}}|"
        rf"\d{{7,12}}){ENDS}",
        _called_phone,
        has_digit=True,
        words=words_of("phone"),
    ),
)
