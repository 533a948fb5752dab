"""Numbers that name something: orders, parcels, phones, cards, people. What each is, its form, its check digit and the
words around it decide together (`number_labels`)."""

import re
from datetime import date
from typing import Final

from models.understanding.check_digits import (
    has_luhn_digit,
    has_resident_id_shape,
    has_s10_digit,
    has_ups_digit,
    is_resident_id,
)
from models.understanding.number_labels import kind, label
from models.understanding.patterns import Finder, L, R, is_after, literal, pattern, spanned

_SHORTEST_NAMED_ORDER: Final = 4
_SHORTEST_ORDER: Final = 5
_SHORTEST_TRACKING: Final = 10
_MOST_LETTERS: Final = 3
_PHONE_DIGITS: Final = range(7, 14)
_ABROAD_DIGITS: Final = range(8, 16)
_TRACKING_DIGITS: Final = range(8, 23)
_CARD_DIGITS: Final = range(13, 20)
_LONG_DIGITS: Final = range(12, 21)  # what an identity or card number may look like when mistyped


def _bare(match: re.Match[str]) -> str:
    start, end = spanned(match)
    return re.sub(r"[^0-9A-Za-z]", "", match.string[start:end]).upper()


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", _bare(match))


def _is_called(match: re.Match[str], *kinds: str) -> bool:
    """Whether the words name the number as one of `kinds`, right beside it."""
    said = label(match)
    return said is not None and said.kind in kinds and said.is_named and said.is_direct


def _mobile(match: re.Match[str]) -> str | None:
    return None if _is_called(match, "order", "tracking", "other") else _digits(match)[-11:]


def _landline(match: re.Match[str]) -> str | None:
    if kind(match) in ("order", "tracking", "id_number", "card", "other"):
        return None
    return "0" + match["area"].lstrip("0") + re.sub(r"\D", "", match["local"])


def _service_phone(match: re.Match[str]) -> str | None:
    return None if kind(match) in ("order", "tracking", "card", "other") else _digits(match)


def _hotline(match: re.Match[str]) -> str | None:
    """400-820-8820. Ten digits in a row that start with 800 are a phone where the words say so."""
    digits, said = _digits(match)[-len("4008208820") :], kind(match)
    is_bare = match[0].isdigit() and digits[0] == "8" and not said
    return None if is_bare or said in ("order", "tracking", "card", "other") else digits


def _abroad(match: re.Match[str]) -> str | None:
    """With the country code; (0), which is dialled only at home, is left out. Chinese numbers have no code."""
    start, end = spanned(match)
    digits = re.sub(r"\D", "", match.string[start:end].replace("(0)", "")).removeprefix("00")
    if len(digits) not in _ABROAD_DIGITS or kind(match) in ("order", "tracking", "card", "id_number"):
        return None
    return digits.removeprefix("86")


def _called_phone(match: re.Match[str]) -> str | None:
    digits = _digits(match)
    said = label(match)
    if said is None or said.kind != "phone" or not said.is_direct or _day(digits):
        return None
    return digits if len(digits) in _PHONE_DIGITS else None


def _id_number(match: re.Match[str]) -> str | None:
    code = _bare(match)
    return code if is_resident_id(code) and not _is_called(match, "order", "tracking", "card") else None


def _card(match: re.Match[str]) -> str | None:
    digits = _bare(match)
    if len(digits) not in _CARD_DIGITS or not has_luhn_digit(digits):
        return None
    said = kind(match)
    if said == "card" or (said is None and _CARD_PREFIX.match(digits)):
        return digits
    return None


def _postal(match: re.Match[str]) -> str | None:
    code = _bare(match)
    return code if has_s10_digit(code[2:11]) or _is_said_to_be_parcel(match) else None


def _ups(match: re.Match[str]) -> str | None:
    code = _bare(match)
    return code if has_ups_digit(code) or _is_said_to_be_parcel(match) else None


def _is_said_to_be_parcel(match: re.Match[str]) -> bool:
    """A mistyped parcel number is still what the customer wants to have looked up."""
    said = label(match)
    return said is not None and said.kind == "tracking" and said.is_direct


def _called_tracking(match: re.Match[str]) -> str | None:
    code, said = _bare(match), label(match)
    if said is None or said.kind != "tracking" or len(re.sub(r"\D", "", code)) not in _TRACKING_DIGITS:
        return None
    if said.is_direct and said.is_named:
        return code
    is_plain = match[0].isdigit() and len(code) >= _SHORTEST_TRACKING and not _MOBILE.fullmatch(code)
    return code if is_plain else None


def _called_order(match: re.Match[str]) -> str | None:
    """A code right after "order number": short ones too, and those with letters and hyphens."""
    code, said = _bare(match), label(match)
    if said is None or said.kind != "order" or not said.is_direct:
        return None
    if _MOBILE.fullmatch(code) and not said.is_named:
        return None
    digits, letters = len(re.sub(r"\D", "", code)), len(re.sub(r"\d", "", code))
    if said.is_named or "#" in match["span"]:
        return code if digits >= _SHORTEST_NAMED_ORDER else None
    is_plain = letters <= _MOST_LETTERS and " " not in match["span"] and not _day(code)
    return code if is_plain and digits >= _SHORTEST_ORDER else None


def _own_order(match: re.Match[str]) -> str | None:
    """A shop's own number, KF2511030012345: its prefix says enough."""
    code = _bare(match)
    return code if len(code) >= len("KF251103") else None


def _marked_order(match: re.Match[str]) -> str | None:
    return _bare(match) if kind(match) in ("order", None) else None


def _bare_order(match: re.Match[str]) -> str | None:
    """Digits that no word explains: most often an order's, unless they are a day or a mistyped identity number."""
    code, said = _bare(match), label(match)
    if said is None:
        return None if _day(code) or has_resident_id_shape(code) else code
    if said.kind in ("id_number", "card"):  # a wrong check digit makes it no order
        return None if said.is_direct or len(code) in _LONG_DIGITS else code
    return code if said.kind == "order" or not (said.is_direct or said.kind == "tracking") else None


def _day(digits: str) -> bool:
    try:
        return len(digits) == len("20251103") and digits[:2] == "20" and bool(date.fromisoformat(digits))
    except ValueError:
        return False


def _postcode(match: re.Match[str]) -> str | None:
    """A code of a form that other numbers have too, where the words say that it is one."""
    return literal(match).upper() if kind(match) == "postcode" else None


def _known_postcode(match: re.Match[str]) -> str | None:
    return literal(match).upper() if kind(match) in ("postcode", "phone", None) else None


def _postcode_in_address(match: re.Match[str]) -> str | None:
    start, end = spanned(match)
    address = match.string[max(0, start - _ADDRESS_REACH) : end + _ADDRESS_REACH]
    if not _ADDRESS.search(address) or kind(match) not in ("postcode", None):
        return None
    return literal(match).upper()


def _postcode_of_town(match: re.Match[str]) -> str | None:
    """Digits beside the name of a town, and not the number of a house: Aarhus 8000, not 1450 Elm Avenue."""
    _, end = spanned(match)
    if is_after(match, _HOUSE_BEFORE) or _HOUSE_AFTER.match(match.string, end):
        return None
    is_beside_name = is_after(match, _NAME_BEFORE) or _NAME_AFTER.match(match.string, end)
    return _postcode_in_address(match) if is_beside_name else None


def _foreign_postcode(match: re.Match[str]) -> str | None:
    return literal(match).upper() if is_after(match, _NAME_BEFORE) and kind(match) is None else None


_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_CARD_PREFIX: Final = re.compile(r"62\d{14,17}$|4(?:\d{12}|\d{15}|\d{18})$|5[1-5]\d{14}$|3[47]\d{13}$")
# A space may stand after letters that belong to the number; "EMS 1012345678901" names the carrier first.
_CARRIER = r"(?:(?:SF|YT|JD[A-Z]{0,2}|JT|YD|YZ|DP[KLS]|UC)[ -]?|ZTO|STO|EMS|ZJS)"
_CHINA = r"(?:\(?(?:\+|00)?86\)?[ -]?)"
_ABROAD = r"(?:\+|00(?=(?:1|7|3[349]|4[149]|6[15]|8[12]|852|853|886|91)[ -]))"
# Ahead of a number that counts or measures: 订单2025年, 单号 10000件, order 10000 pieces.
_UNIT_AHEAD = (
    r"\s?(?:[元块年月日号件个双台只瓶盒箱条套包张本点分秒次岁斤寸码期%]|公里|小时|多[个件]|"
    r"(?:pieces|pcs|units|items|yuan|rmb|dollars|people|times|points|years|days|hours)\b)"
)
_NOT_INSIDE = r"(?<![A-Za-z0-9¥$€£+])(?<!\d[-.,/:])"
_ENDS = rf"(?![A-Za-z0-9]|[-.:/,]\d|{_UNIT_AHEAD})"
_A_DIGIT = "0123456789"
_US_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|"
    r"W[AIVY]|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|"
    r"Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|"
    r"Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|"
    r"Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|"
    r"Washington|West Virginia|Wisconsin|Wyoming)"
)
_UK_POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]? \d(?!GB|TB|MB|KB|KG|CM|MM|ML|AM|PM)[A-Z]{2}"
_CA_POSTCODE = r"[A-Z]\d[A-Z] ?\d[A-Z]\d"
_ADDRESS_REACH: Final = 80
_ADDRESS: Final = re.compile(
    r"[省市区县镇村][^,，。]{0,16}[路街道巷弄]|[路街道巷弄村]\d+号|\d[号栋座室楼层]|(?<![a-z])(?:street|st|road|rd|avenue|ave|lane|"
    r"ln|drive|dr|way|court|close|boulevard|blvd|terrace|square|place|mews|floor|flat|apt|apto|unit|suite|room|block|"
    r"level|tower|building|house|rue|via|calle|rua|jalan|soi|[a-zäöüß]{3,20}(?:straße|strasse|allee|platz|gata|gatan|"
    r"gracht|laan))(?![a-z])",
    re.IGNORECASE,
)
_STREET = r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Way|Court|Close|Boulevard|Blvd|Terrace|Square|Place|Pl|Mews)"
_HOUSE_BEFORE: Final = re.compile(r"\b(?:Rua|Via|Calle|Rue|Jalan|Avenida|Av\.?|Soi|St)\s[\w ]{1,20}\s$")
_HOUSE_AFTER: Final = re.compile(rf"(?:\s[A-Z][\w'.]*){{1,3}}\s{_STREET}\b")
_NAME_BEFORE: Final = re.compile(r"[A-ZÀ-Þİ][\wÀ-ɏ]+[,.，]?\s?$")
_NAME_AFTER: Final = re.compile(r"\s[A-ZÀ-Þ][a-zß-ÿ]+")
_ALONE = r"(?=\s*(?:[,，、;；。.!?)—-]|$|收|邮|签|寄|电|联)|\s[^\s\d])(?!-?\d|\.\d)"
_NOT_A_ROOM = "".join(
    rf"(?<!{word} )" for word in ("Suite", "Unit", "Room", "Flat", "Apt", "Box", "Level", "No.")
)

IDENTIFIERS: Final[tuple[Finder, ...]] = (
    pattern(
        "email",
        r"(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?![a-z0-9])",
        literal,
        needs="@",
    ),
    pattern(
        "phone",
        rf"{L}(?<!\d[-.]){_CHINA}?1[3-9]\d(?:[ -]?\d{{4}}[ -]?\d{{4}}|\d[ -]\d{{3}}[ -]\d{{4}}|[ -]\d{{3}}[ -]\d{{5}}|"
        r"\d\d[ -]\d{3}[ -]?\d{3})(?!\d|-\d{4})",
        _mobile,
        needs="1",
    ),
    pattern(
        "phone",
        rf"{_NOT_INSIDE}\(?(?P<area>010|02\d|0[3-9]\d\d)\)?[ -]?(?P<local>[1-9]\d{{2,3}}[ -]?\d{{4}})(?!\d)",
        _landline,
        needs="0",
    ),
    pattern(
        "phone",
        rf"{L}(?:\+|00)86[ -]?(?:\(0\)|0)?"
        rf"(?P<area>10|2\d|(?![48]00)[3-9]\d\d)[ -]?(?P<local>[1-9]\d{{2,3}}[ -]?\d{{4}})(?!\d)",
        _landline,
        needs="8",
    ),
    pattern("phone", rf"{_NOT_INSIDE}07\d{{3}}[ -]?\d{{3}}[ -]?\d{{3}}(?!\d)", _service_phone, needs="7"),
    pattern("phone", rf"{_NOT_INSIDE}{_CHINA}?[48]00(?:[ -]?\d){{7}}(?!-?\d)", _hotline, needs="48"),
    pattern(
        "phone",
        rf"{L}{_ABROAD}(?!86)\d(?:[ .()-]{{0,2}}\d){{4,11}}\d\d(?!\d)|{L}\+33[ .]?\d(?:[ .]?\d\d){{4}}(?!\d)",
        _abroad,
        needs="+0",
    ),
    pattern(
        "phone",
        rf"{_NOT_INSIDE}(?:1[ -])?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{{4}}(?!-?\d)",
        _service_phone,
        needs=_A_DIGIT,
    ),
    pattern(
        "phone",
        rf"{_NOT_INSIDE}(?!1[3-9]\d{{9}})(?:\(?\d{{2,5}}\)?(?:[ .-]\d{{3,4}}){{1,4}}|0\d(?:[ .]\d\d){{4}}|\d{{7,8}}){_ENDS}",
        _called_phone,
        needs=_A_DIGIT,
    ),
    pattern("id_number", rf"{_NOT_INSIDE}[1-8](?:[ -]?\d){{16}}[ -]?[\dX]{R}", _id_number, needs=_A_DIGIT),
    pattern(
        "card",
        rf"{_NOT_INSIDE}"
        rf"(?>\d{{13,19}}|\d{{4}}[ -]\d{{6}}[ -]\d{{5}}|\d{{4}}(?:[ -]\d{{4}}){{2,3}}(?:[ -]\d{{1,4}}(?!\d))?){R}",
        _card,
        needs=_A_DIGIT,
    ),
    pattern(
        "tracking_number",
        rf"{L}(?:{_CARRIER}\d{{8,18}}|(?:SF|YT|JT|JD[A-Z]{{0,2}})[ -]?\d{{3,4}}(?:[ -]\d{{3,5}}){{2,4}}|TBA\d{{12}}){R}",
        _bare,
        needs=_A_DIGIT,
    ),
    pattern(
        "tracking_number",
        rf"{L}(?:[A-Z]{{2}} ?(?:\d{{3}} ?){{3}}[A-Z]{{2}}|(?i:[a-z]{{2}}\d{{9}}[a-z]{{2}})){R}",
        _postal,
        needs=_A_DIGIT,
        flags=re.NOFLAG,
    ),
    pattern("tracking_number", rf"{L}1Z(?: ?[0-9A-Z]){{16}}{R}", _ups, needs="zZ"),
    pattern(
        "tracking_number",
        rf"{_NOT_INSIDE}(?>[A-Z]{{0,5}}\d{{8,22}}[A-Z]{{0,2}}|\d{{3,6}}(?:[ -]\d{{2,6}}(?!\d)){{1,5}}){_ENDS}",
        _called_tracking,
        needs=_A_DIGIT,
    ),
    pattern(
        "order_number",
        rf"{L}(?:KF|QH)[- ]?(?:\d{{2,8}}(?:[- ]\d{{2,8}}){{1,4}}(?!{_UNIT_AHEAD})|\d{{6,24}}(?:-\d{{1,8}}){{0,3}}){R}",
        _own_order,
        needs="kKqQ",
    ),
    pattern("order_number", rf"#[ ]?[a-z]{{0,3}}-?\d{{5,20}}{R}", _marked_order, needs="#"),
    pattern("order_number", rf"{_NOT_INSIDE}\d{{3}}-\d{{7}}-\d{{7}}(?!-?\d)", _marked_order, needs="-"),
    pattern(
        "order_number",
        rf"{_NOT_INSIDE}(?P<span>(?:#\s?)?"
        rf"(?>\d{{3,7}}(?:[ -]\d{{3,7}}(?!\d)){{1,4}}|(?:[A-Z]{{1,5}}-?)?\d(?:-?[A-Z0-9]){{3,30}})){_ENDS}",
        _called_order,
        needs=_A_DIGIT,
    ),
    pattern("order_number", rf"{_NOT_INSIDE}\d{{8,24}}{_ENDS}", _bare_order, needs=_A_DIGIT),
    pattern(
        "postcode",
        rf"{L}(?:{_UK_POSTCODE}|{_CA_POSTCODE}){R}",
        _known_postcode,
        needs=_A_DIGIT,
        flags=re.NOFLAG,
    ),
    pattern(
        "postcode",
        rf"{L}(?:{_US_STATE}[,.]?\s(?=\d{{5}}(?!\d))|(?:NSW|VIC|QLD|TAS|NT|ACT|SA|WA)\s(?=\d{{4}}(?!\d)))(?P<span>\d+(?:-\d{{4}})?)(?!\d)",
        _known_postcode,
        needs=_A_DIGIT,
        flags=re.NOFLAG,
    ),
    pattern(
        "postcode",
        rf"{_NOT_INSIDE}(?:\d{{6}}|\d{{5}}(?:-\d{{3,4}})?|\d{{4}}(?: [A-Z]{{2}})?|\d{{3}}(?:-\d{{4}}|[ ]?\d\d)?|"
        rf"[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}){R}",
        _postcode,
        needs=_A_DIGIT,
    ),
    pattern("postcode", rf"(?<![\dA-Za-z¥$.#-])[0-8]\d{{5}}{_ALONE}", _postcode_in_address, needs=_A_DIGIT),
    pattern(
        "postcode",
        rf"(?<=[,.] |[a-zß-ÿ] |[a-z]，){_NOT_A_ROOM}"
        r"(?:\d{5,6}|(?!19|20)\d{4}(?: [A-Z]{2})?|\d{3} \d\d)(?=[,.;:，]|$|\s[A-Z])",
        _postcode_of_town,
        needs=_A_DIGIT,
        flags=re.NOFLAG,
    ),
    pattern(
        "postcode",
        r"(?<=[A-Za-z] |[,.] )(?:\d{3}-\d{4}|\d{5}-\d{3})(?=[,.;]|$)",
        _foreign_postcode,
        needs="-",
    ),
)
