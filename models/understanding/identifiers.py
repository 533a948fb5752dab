"""Numbers that name something: people, cards, phones, parcels, orders, places. What each is, its form, its check digit
and the words around it decide together (`number_labels`)."""

import re
from typing import Final

from models.understanding.check_digits import has_luhn_digit, is_resident_id
from models.understanding.number_labels import is_called, kind
from models.understanding.orders import ORDERS
from models.understanding.parcels import PARCELS
from models.understanding.patterns import A_DIGIT, ENDS, NOT_INSIDE, Finder, R, bare, literal, pattern
from models.understanding.phones import PHONES
from models.understanding.postcodes import POSTCODES

_CARD_DIGITS: Final = range(13, 20)
_CARD_PREFIX: Final = re.compile(
    r"62\d{14,17}$|4(?:\d{12}|\d{15}|\d{18})$|5[1-5]\d{14}$|3[47]\d{13}$|35(?:2[89]|[3-8]\d)\d{12}$"
)


def _id_number(match: re.Match[str]) -> str | None:
    code = bare(match)
    return code if is_resident_id(code) and not is_called(match, "order", "tracking", "card") else None


def _card(match: re.Match[str]) -> str | None:
    number = bare(match)
    if len(number) not in _CARD_DIGITS or not has_luhn_digit(number):
        return None
    said = kind(match)
    return number if said == "card" or (said is None and _CARD_PREFIX.match(number)) else None


_PEOPLE: Final[tuple[Finder, ...]] = (
    pattern("id_number", rf"{NOT_INSIDE}[1-8](?:[ -]?\d){{16}}[ -]?[\dX]{R}", _id_number, needs=A_DIGIT),
    pattern(
        "card",
        rf"{NOT_INSIDE}(?:\d{{13,19}}|\d{{4,8}}(?:[ -]\d{{1,13}}(?!\d)){{1,5}}){ENDS}",
        _card,
        needs=A_DIGIT,
    ),
)
_EMAIL: Final = pattern(
    "email",
    r"(?<![a-z0-9._%+-])[a-z0-9_%+](?:[a-z0-9._%+'-]{0,62}[a-z0-9_%+-])?@(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?![a-z0-9])",
    literal,
    needs="@",
)

IDENTIFIERS: Final[tuple[Finder, ...]] = (_EMAIL, *PHONES, *_PEOPLE, *PARCELS, *ORDERS, *POSTCODES)
