"""A typed value of a text, and when one follows from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Value:
    """`kind` is money, percent, off, date, weekday, time, duration, number, identifier or a unit's. `key` is in base units;
    of a date (year, month, day) with 0 for what is not said, of a time (minutes, 1 if it may be of either half of the day).
    """

    kind: str
    key: tuple[float | str, ...]
    text: str
    start: int
    end: int
    is_word: bool = False

    @property
    def amount(self) -> float:
        return float(self.key[0])


# What a bare number of one side may count on the other.
_COUNTS: Final = frozenset(
    {"item", "times", "points", "orders", "people", "star", "size", "number", "layers", "inch", "heat"}
)
_BARE: Final = _COUNTS | {"money", "data", "pixels"}
# Counters that shops use for the same thing.
_ALIKE: Final = (
    {"item", "orders"},
    {"item", "points"},
    {"size", "item"},
    {"item", "people"},
    {"times", "item"},
)

_LARGEST_COUNT: Final = 6


def follows(said: Value, known: Value) -> bool:
    """Whether the known value holds what is said."""
    if "identifier" in (said.kind, known.kind):
        return (said.kind == known.kind and said.key == known.key) or _same_digits(said, known)
    if said.kind == "date" and known.kind == "duration":
        # 20日 may be a length as well as a day.
        return (
            said.text.endswith("日") and said.key[:2] == (0, 0) and known.amount == float(said.key[2]) * 1440
        )
    if said.kind == "date" or known.kind == "date":
        return said.kind == known.kind and _same_date(said, known)
    if said.kind == "time" and known.kind == "time":
        return _same_time(said, known)
    if said.kind in ("time", "weekday") or known.kind in ("time", "weekday"):
        return said.kind == known.kind and said.key == known.key
    if "of" in (said.kind, known.kind) and {said.kind, known.kind} <= {"of", "percent"}:
        return said.key == known.key
    if (said.kind, known.kind) == ("months", "duration"):
        # Half a month is fifteen days; a whole one has no such length.
        return said.amount == 0.5 and known.amount == 15 * 1440
    if said.kind == "number" and known.kind in ("duration", "workdays"):
        return known.amount in (said.amount, said.amount * 60, said.amount * 1440)
    if said.kind == "number" and said.is_word and said.amount <= 12 and known.kind.startswith("money"):
        return False
    if said.kind.startswith("money") and known.kind == "number" and known.amount <= _LARGEST_COUNT:
        # One coupon is no price of one yuan.
        return False
    if abs(said.amount - known.amount) > 1e-6:
        return _is_complement(said, known)
    return _same_kind(said.kind, known.kind)


def _same_kind(said: str, known: str) -> bool:
    if said == known or {said, known} <= {"percent", "off"}:
        return True
    if said.startswith("money") and known.startswith("money"):
        return False
    if "number" in (said, known):
        other = known if said == "number" else said
        return other.partition(":")[0] in _BARE or (said == "number" and other in _LOOSE)
    return any({said, known} == pair for pair in _ALIKE)


# A bare number may be the first of a list whose unit stands at its end.
_LOOSE: Final = frozenset({"percent", "off", "months", "weight", "volume", "length", "power"})


def _is_complement(said: Value, known: Value) -> bool:
    """70 % of the price is 30 % off."""
    pair = {said.kind, known.kind}
    return pair == {"of", "off"} and abs(said.amount + known.amount - 100) < 1e-6


def _same_digits(said: Value, known: Value) -> bool:
    """A long number is an identifier where nothing says what it counts."""
    if {said.kind, known.kind} != {"identifier", "number"}:
        return False
    plain, named = (said, known) if said.kind == "number" else (known, said)
    return f"{plain.amount:.0f}" == named.key[0]


def _same_date(said: Value, known: Value) -> bool:
    return any(
        all(
            a == b or not a or (not b and at == 0)
            for at, (a, b) in enumerate(zip(one, known.key, strict=True))
        )
        for one in _readings(said)
    )


def _readings(said: Value) -> tuple[tuple[float | str, ...], ...]:
    """3/11 is the third of November or the eleventh of March."""
    year, month, day = said.key
    return (said.key, (year, day, month)) if said.is_word else (said.key,)


def _same_time(said: Value, known: Value) -> bool:
    a, b = said.amount % 1440, known.amount % 1440
    # Until 23:59 is before 24:00.
    if a == b or (a == 0 and b == 1439):
        return True
    return bool(said.key[1] or known.key[1]) and a % 720 == b % 720
