"""Numbers of parcels: of carriers whose numbers are known by their form, and of any other where the words say it."""

import re
from typing import Final

from models.understanding.check_digits import has_resident_id_shape, has_s10_digit, has_ups_digit
from models.understanding.number_labels import Label, is_talk_of, kind, label, words_of
from models.understanding.patterns import (
    A_DIGIT,
    ENDS,
    NOT_INSIDE,
    Finder,
    L,
    R,
    bare,
    digits,
    is_after,
    pattern,
)
from models.understanding.phones import MOBILE

_SHORTEST_OF_CARRIER: Final = 10
_NAMED_DIGITS: Final = range(7, 35)
_CARRIER_DIGITS: Final = range(6, 35)
_SPACED_DIGITS: Final = range(10, 17)
_GROUPED_DIGITS: Final = range(12, 27)


def _postal(match: re.Match[str]) -> str | None:
    code = bare(match)
    return code if has_s10_digit(code[2:11]) or _is_said_to_be_parcel(label(match)) else None


def _ups(match: re.Match[str]) -> str | None:
    code = bare(match)
    is_ups = has_ups_digit(code) or _is_said_to_be_parcel(label(match)) or is_after(match, _UPS)
    return code if is_ups else None


def _spaced(match: re.Match[str]) -> str | None:
    code = bare(match)
    return code if len(digits(match)) in _SPACED_DIGITS else None


def _of_form(match: re.Match[str]) -> str | None:
    """A form of one carrier's alone, unless the words name another number; 单号 names both."""
    said = label(match)
    if said is None or said.kind == "tracking" or said.is_bare:
        return bare(match)
    return None if said.is_direct or said.kind == "order" else bare(match)


def _in_talk_of_parcels(match: re.Match[str]) -> str | None:
    """7023 2109 8854 6617: groups without a label, where a carrier or tracking is spoken of."""
    code = bare(match)
    if (
        kind(match) not in ("tracking", None)
        or len(code) not in _GROUPED_DIGITS
        or not is_talk_of(match, "tracking")
    ):
        return None
    return None if _LIKE_A_CARD.fullmatch(code) or has_resident_id_shape(code) else code


def _is_said_to_be_parcel(said: Label | None) -> bool:
    """A mistyped parcel number is still what the customer wants to have looked up."""
    return said is not None and said.kind == "tracking" and said.is_direct


def _called_parcel(match: re.Match[str]) -> str | None:
    """After its name any long number; after a carrier or "parcel" one that is no phone."""
    code, said = bare(match), label(match)
    if said is None or said.kind != "tracking":
        return None
    count = len(digits(match))
    if said.is_named and said.is_direct:
        return code if count in _NAMED_DIGITS else None
    is_loose = match[0].isdigit() or said.is_direct
    if not is_loose or len(code) < _SHORTEST_OF_CARRIER or MOBILE.fullmatch(code):
        return None
    return code if count in _CARRIER_DIGITS else None


# A space may stand after letters that belong to the number; "EMS 1012345678901" names the carrier first.
_CARRIER = (
    r"(?:(?:SF|YT|JD[A-Z]{0,2}|JJD|JT|YD|YZ|DP[KLS]|UC|LP(?=00))[ -]?|"
    r"ZTO|STO|EMS|ZJS|YTO|UJ|CNG|4PX|YUN|BEST|DB|KYE|UUS)"
)
# A mistyped number is UPS's where its name stands before it.
_UPS: Final = re.compile(r"(?<![a-z])ups(?![a-z]).{0,12}$", re.IGNORECASE)
_LIKE_A_CARD: Final = re.compile(r"3[47]\d{13}|[3-6]\d{15}")
# ZTO, STO, China Post (978 and 979 are books), USPS.
_FORMS = r"7[3-8]\d{12}|77\d{13}|9(?:[689]\d|7[0-7])\d{10}|9[1-5](?: ?\d){18,20}"

PARCELS: Final[tuple[Finder, ...]] = (
    pattern(
        "tracking_number",
        rf"{L}(?:{_CARRIER}\d{{8,18}}|TB[ABC]\d{{12}}|DT\d{{12}}|[CD]\d{{14}}){R}",
        bare,
        needs=A_DIGIT,
    ),
    pattern(
        "tracking_number",
        rf"{L}(?:SF|YT|JT|JD[A-Z]{{0,2}}|DP[KLS]|YD|YZ)[ -]?\d{{3,4}}(?:[ -]\d{{3,5}}(?!\d)){{1,4}}[ -]\d{{1,5}}{ENDS}",
        _spaced,
        needs=A_DIGIT,
    ),
    pattern("tracking_number", rf"{NOT_INSIDE}(?<!\d )(?:{_FORMS})(?! ?\d){ENDS}", _of_form, needs="79"),
    pattern(
        "tracking_number",
        rf"{NOT_INSIDE}(?<!\d )[1-9]\d{{3,5}}(?: \d{{4,6}}(?!\d)){{2,5}}(?: \d{{1,3}}(?!\d))?(?! \d){ENDS}",
        _in_talk_of_parcels,
        needs=" ",
        has_digit=True,
        words=words_of("tracking"),
    ),
    pattern(
        "tracking_number",
        rf"{L}(?:[A-Z]{{2}} ?(?:\d{{3}} ?){{3}}[A-Z]{{2}}|(?i:[a-z]{{2}}\d{{9}}[a-z]{{2}})){R}",
        _postal,
        needs=A_DIGIT,
        flags=re.NOFLAG,
    ),
    pattern("tracking_number", rf"{L}1Z(?:[ -]?[0-9A-Z]){{16}}{R}", _ups, needs="zZ"),
    pattern(
        "tracking_number",
        rf"{NOT_INSIDE}(?>(?:(?-i:[A-Z]{{2}}) |[A-Z]{{0,5}}-?)"
        rf"\d{{2,6}}(?:[ -]\d{{2,8}}(?!\d)){{1,6}}(?: \d(?!\d)| (?-i:[A-Z]{{2}})(?![A-Za-z]))?|"
        rf"\d\d (?-i:[A-Z]{{3}})(?: \d{{3,4}}(?!\d)){{2,4}}|(?=[A-Z]{{0,7}}\d)[A-Z0-9]{{8,34}}){ENDS}",
        _called_parcel,
        has_digit=True,
        words=words_of("tracking"),
    ),
)
