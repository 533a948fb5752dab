"""Check digits and structure of identifiers: what tells a mistyped number, or another kind of number, from a real one.

All take the bare characters, upper case, without spaces and hyphens.
"""

from datetime import date
from typing import Final

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_ID_LENGTH: Final = 18
# The first two digits of a resident ID: the provinces of GB/T 2260, and 81–83 for Hong Kong, Macau and Taiwan.
_PROVINCES: Final = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
_OLDEST_YEAR: Final = 1900
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)


def has_resident_id_shape(code: str) -> bool:
    """18 characters with a province and a day of birth, whatever the check digit says."""
    if len(code) != _ID_LENGTH or not code[:17].isdigit() or code[:2] not in _PROVINCES:
        return False
    try:
        born = date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return False
    return born.year >= _OLDEST_YEAR and born <= date.today()


def is_resident_id(code: str) -> bool:
    """A Chinese resident identity number with its check digit (GB 11643, ISO 7064 MOD 11-2)."""
    if not has_resident_id_shape(code):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code, _ID_WEIGHTS, strict=False))
    return code[17] == _ID_CHECKS[total % 11]


def has_luhn_digit(digits: str) -> bool:
    """The check digit of bank cards (ISO/IEC 7812). All zeros have one too, and are no card."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and total > 0


def has_s10_digit(digits: str) -> bool:
    """The nine digits of a postal item, RR123456785CN (UPU S10)."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _S10_WEIGHTS, strict=False)) % 11
    return int(digits[8]) == {10: 0, 11: 5}.get(rest, rest)


def has_ups_digit(code: str) -> bool:
    """The 18 characters of a UPS parcel, 1Z999AA10123456784. Letters count as A=2, B=3, … modulo 10."""
    values = [int(letter) if letter.isdigit() else (ord(letter) - ord("A") + 2) % 10 for letter in code[2:]]
    total = sum(value * (1 + place % 2) for place, value in enumerate(values[:-1]))
    return code[-1].isdigit() and values[-1] == -total % 10
