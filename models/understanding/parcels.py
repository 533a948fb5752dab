"""Numbers of parcels: of carriers whose numbers are known by their form, and of any other where the words say it."""

import re
from typing import Final

from models.understanding.check_digits import has_s10_digit, has_ups_digit
from models.understanding.number_labels import Label, label, words_of
from models.understanding.patterns import A_DIGIT, ENDS, NOT_INSIDE, Finder, L, R, bare, digits, pattern
from models.understanding.phones import MOBILE

_SHORTEST_OF_CARRIER: Final = 10
_NAMED_DIGITS: Final = range(7, 35)
_CARRIER_DIGITS: Final = range(6, 35)


def _postal(match: re.Match[str]) -> str | None:
    code = bare(match)
    return code if has_s10_digit(code[2:11]) or _is_said_to_be_parcel(label(match)) else None


def _ups(match: re.Match[str]) -> str | None:
    code = bare(match)
    return code if has_ups_digit(code) or _is_said_to_be_parcel(label(match)) else None


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

PARCELS: Final[tuple[Finder, ...]] = (
    pattern(
        "tracking_number",
        rf"{L}(?:{_CARRIER}\d{{8,18}}|TB[ABC]\d{{12}}|"
        rf"(?:SF|YT|JT|JD[A-Z]{{0,2}}|DP[KLS]|YD|YZ)[ -]?\d{{3,4}}(?:[ -]\d{{3,5}}){{2,4}}){R}",
        bare,
        needs=A_DIGIT,
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
        rf"(?=[A-Z]{{0,7}}\d)[A-Z0-9]{{8,34}}){ENDS}",
        _called_parcel,
        has_digit=True,
        words=words_of("tracking"),
    ),
)
