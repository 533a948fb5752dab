"""Numbers of orders: a shop's own, those that the words call so, and long digits that no word explains."""

import re
from typing import Final

from models.understanding.check_digits import has_resident_id_shape
from models.understanding.number_labels import is_of_something, kind, label, words_of
from models.understanding.patterns import (
    A_DIGIT,
    ENDS,
    NOT_INSIDE,
    UNIT_AHEAD,
    Finder,
    L,
    R,
    bare,
    digits,
    is_after,
    pattern,
)
from models.understanding.phones import MOBILE, is_day

_FEWEST_DIGITS_NAMED: Final = 4
_FEWEST_DIGITS: Final = 5
_MOST_LETTERS: Final = 3
_LONG_DIGITS: Final = range(12, 21)  # what an identity or card number may look like when mistyped


def _called_order(match: re.Match[str]) -> str | None:
    """A code right after "order number": short ones too, and those with letters and hyphens."""
    code, said = bare(match), label(match)
    if said is None or said.kind != "order" or not said.is_direct:
        return None
    if MOBILE.fullmatch(code) and not said.is_named:
        return None
    count = len(digits(match))
    if said.is_named or "#" in match["span"]:
        return code if count >= _FEWEST_DIGITS_NAMED else None
    if " " in match["span"] or is_day(code):
        return None
    is_plain = len(code) - count <= _MOST_LETTERS or "-" in match["span"]
    return code if is_plain and count >= _FEWEST_DIGITS else None


def _own_order(match: re.Match[str]) -> str | None:
    """A shop's own number, KF2511030012345: its prefix says enough."""
    code = bare(match)
    return code if len(code) >= len("KF251103") else None


def _marked_order(match: re.Match[str]) -> str | None:
    return bare(match) if kind(match) in ("order", None) else None


def _hash_order(match: re.Match[str]) -> str | None:
    """#5518, and not the number of a flat, an article or a year."""
    said = label(match)
    if said is not None and said.kind == "order":
        return bare(match)
    is_other = (
        (said is not None and said.is_direct) or is_after(match, _NO_ORDER) or _YEAR.fullmatch(match[0])
    )
    return None if is_other else bare(match)


def _prefixed_order(match: re.Match[str]) -> str | None:
    """ORD-2025-00123, DD20240518-0037, GJ2406352552: letters of a shop or a channel before the number."""
    is_other = is_of_something(match) or _OTHER_PREFIX.match(match[0])
    return bare(match) if kind(match) in ("order", None) and not is_other else None


def _bare_order(match: re.Match[str]) -> str | None:
    """Digits that no word explains: most often an order's, unless they are a day or a mistyped identity number."""
    code, said = bare(match), label(match)
    if said is None:
        is_other = is_day(code) or has_resident_id_shape(code) or is_of_something(match)
        return None if is_other else code
    if said.kind in ("id_number", "card"):  # a wrong check digit makes it no order
        return None if said.is_direct or len(code) in _LONG_DIGITS else code
    return code if said.kind == "order" or not (said.is_direct or said.kind == "tracking") else None


# Ahead of the number of a flat, a house, an article.
_NO_ORDER: Final = re.compile(
    r"(?:(?<![a-z])(?:apt|apartment|unit|suite|ste|room|rm|flat|floor|fl|bldg|building|block|blk|lot|box|space|door|gate|"
    r"locker|buzzer|intercom|ext|extension|press|dial|store|street|st|avenue|ave|road|rd|drive|dr|blvd|lane|ln|way|court|ct|"
    r"place|pl|item|product|style|shade|hex|pantone|page|rma)|[路街楼栋室房间]|单元)[.,，]?\s?(?:is\s|是)?$",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"#\s?20[1-3]\d")
# What other things' numbers begin with: articles, versions, pictures, accounts.
_OTHER_PREFIX: Final = re.compile(
    r"(?:U?ID|SN|QQ|VX|WX|NO|NR|TEL|PH|MOB|FAX|VIP|SKU|EAN|UPC|PIN|OTP|REF|RMA|INV|CS|CVE|ISO|GB|CN|V|VER|FW|REV|LOT|EXP|MFG|"
    r"IMG|VID|PXL|DSC|SCR)-?\d",
    re.IGNORECASE,
)
_DAY = r"20[1-4]\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"
# Amazon, eBay, Walmart, Pinduoduo.
_PLATFORMS = r"(?:\d{3}|D01)-\d{7}-\d{7}|\d\d-\d{5}-\d{5}|2000\d{3}-\d{8}|\d{6}-\d{15}"

ORDERS: Final[tuple[Finder, ...]] = (
    pattern(
        "order_number",
        rf"{L}(?:KF|QH)[- ]?(?:\d{{2,8}}(?:[- ]\d{{2,8}}){{1,4}}(?!{UNIT_AHEAD})|\d{{6,24}}(?:-\d{{1,8}}){{0,3}}){R}",
        _own_order,
        needs="kKqQ",
    ),
    pattern(
        "order_number",
        rf"(?<![a-z])#(?:(?<![a-z] #) )?[a-z]{{0,3}}-?\d{{4,20}}{R}(?!-\d)",
        _hash_order,
        needs="#",
    ),
    pattern("order_number", rf"{NOT_INSIDE}(?:{_PLATFORMS})(?!-?\d)", _marked_order, needs="-"),
    pattern(
        "order_number",
        rf"{NOT_INSIDE}(?:[A-Z]{{1,4}}-?{_DAY}-?\d{{2,12}}|[A-Z]{{2,4}}-(?:20[1-4]\d-\d{{3,10}}|\d{{7,14}})|"
        rf"(?-i:[A-Z]{{1,3}})\d{{8,15}}){ENDS}",
        _prefixed_order,
        has_digit=True,
    ),
    pattern(
        "order_number",
        rf"(?:{NOT_INSIDE}|(?<=order)|(?<=单id)|(?<=order no))(?!(?:id|no|nr|order)\d)(?P<span>#?"
        r"(?>\d{3,7}(?: \d{2,7}(?!\d)){1,5}|"
        r"(?=[A-Z/_-]{0,8}\d|\d?[A-Z]\d)[A-Z0-9](?:[-/_]?[A-Z0-9]){3,30}))"
        rf"{ENDS}",
        _called_order,
        has_digit=True,
        words=words_of("order"),
    ),
    # Not one of several groups: they are a card's, an identity's, a phone's.
    pattern(
        "order_number",
        rf"{NOT_INSIDE}(?<!\d )(?<![a-z]-)\d{{8,24}}(?! \d\d){ENDS}",
        _bare_order,
        needs=A_DIGIT,
    ),
)
