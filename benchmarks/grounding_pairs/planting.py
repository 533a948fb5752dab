"""One error: a value of the same type that nothing in the turn bears out."""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import time, timedelta
from typing import Final

from benchmarks.grounding_pairs.shop import Dice
from benchmarks.grounding_pairs.values import NAMES, Goods, Name, Span, Type, Unit, Value

KIND_OF: Final[dict[Type, str]] = {
    "count": "number",
    "money": "money",
    "percent": "percent",
    "share": "percent",
    "date": "date",
    "time": "time",
    "duration": "duration",
    "state": "state",
    "name": "name",
    "product": "name",
    "id": "identifier",
}
# What an order of a state is certainly not. A delivered order was once shipped and paid, so what is said of the present only.
_CONTRADICTS: Final = {
    "pending_payment": ("paid", "shipped", "delivered", "cancelled", "returned"),
    "paid": ("pending_payment", "shipped", "delivered", "cancelled", "returned"),
    "packed": ("pending_payment", "shipped", "delivered", "cancelled", "returned"),
    "shipped": ("pending_payment", "paid", "delivered", "cancelled", "returned"),
    "delivered": ("pending_payment", "paid", "packed", "shipped", "cancelled", "returned"),
    "cancelled": ("paid", "shipped", "delivered"),
    "return_requested": ("pending_payment", "paid", "shipped", "returned", "cancelled"),
    "exchange_requested": ("pending_payment", "paid", "shipped", "returned", "cancelled"),
    "returned": ("pending_payment", "paid", "shipped", "exchange_requested"),
    "refund_pending": ("refund_failed", "refund_done"),
    "refund_failed": ("refund_done",),
    "refund_done": ("refund_pending", "refund_failed"),
}
_COUNTS: Final[dict[Unit, tuple[int, ...]]] = {
    "minutes": (5, 10, 15, 20, 30, 45, 60, 90),
    "hours": (2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72),
    "days": (3, 5, 7, 10, 12, 14, 15, 20, 21, 28, 30, 45, 60, 90),
    "working_days": (1, 2, 4, 6, 8, 9, 10, 12, 15),
    "months": (1, 3, 6, 9, 12, 18, 24, 36, 48, 60),
}
_OTHER_UNIT: Final[dict[Unit, Unit]] = {
    "minutes": "hours",
    "hours": "days",
    "days": "hours",
    "working_days": "hours",
    "months": "days",
}
_TRIES: Final = 40
_LEAST_APART_CENTS: Final = 100


def contradicts(state: str, other: str) -> bool:
    """Whether an order of the first state is certainly not of the second."""
    return other in _CONTRADICTS[state]


def planted(rng: random.Random, value: Value, known: Sequence[Value], dice: Dice) -> Value | None:
    """In the place of `value`; None where none was found that differs from all that is known."""
    for _ in range(_TRIES):
        new = _draw(rng, value, dice)
        if new != value and _is_false(new, known):
            return new
    return None


def _draw(rng: random.Random, value: Value, dice: Dice) -> Value:
    return Value(value.type, _DRAWS[value.type](rng, value.content), value.currency)


def _money(rng: random.Random, cents: int) -> int:
    if rng.random() < 0.3 and cents >= 10_000:
        return cents + rng.choice((-1, 1)) * rng.choice((1000, 2000, 10_000 if cents > 20_000 else 3000))
    return max(100, cents + 100 * rng.choice((-1, 1)) * rng.randint(1, max(5, cents // 200)))


def _count(rng: random.Random, count: int) -> int:
    return max(2, count + rng.choice((-3, -2, -1, 1, 2, 3, 5, 10)) * (1 if count < 100 else 37))


def _time(rng: random.Random, at: time) -> time:
    if at.minute in {0, 30} and rng.random() < 0.5:
        return time((at.hour + rng.choice((-3, -2, -1, 1, 2, 12))) % 24, at.minute)
    return time((at.hour + rng.choice((-4, -2, -1, 1, 2, 3))) % 24, at.minute)


def _span(rng: random.Random, span: Span) -> Span:
    if span.low == span.high:
        if rng.random() < 0.25:
            return Span(span.low, span.low, _OTHER_UNIT[span.unit])
        count = rng.choice(_COUNTS[span.unit])
        return Span(count, count, span.unit)
    low = span.high + rng.randint(1, 5)
    return Span(low, low + rng.randint(1, 4), span.unit)


def _name(rng: random.Random, name: Name) -> Name:
    return Name(name.pool, rng.choice(sorted(NAMES[name.pool])))


def _goods(rng: random.Random, goods: Goods) -> Goods:
    model = f"{rng.choice('KQXMAT')}{rng.randint(11, 99) * 10}"
    brand = goods.brand if rng.random() < 0.5 else rng.choice(sorted(NAMES["brand"]))
    return Goods(brand, model, goods.sort)


def _id(rng: random.Random, text: str) -> str:
    """One digit or two are others."""
    letters = list(text)
    digits = [place for place, letter in enumerate(letters) if letter.isdigit()]
    for place in rng.sample(digits[-6:], rng.choice((1, 1, 2))):
        letters[place] = str((int(letters[place]) + rng.randint(1, 9)) % 10)
    return "".join(letters)


_DRAWS: Final[dict[Type, Callable]] = {  # type: ignore[type-arg]
    "money": _money,
    "percent": lambda rng, _: rng.choice((5, 10, 15, 20, 25, 30, 35, 40, 50, 60)),
    "share": lambda rng, _: rng.choice((3, 5, 8, 10, 12, 15, 20, 25, 30)),
    "count": _count,
    "date": lambda rng, at: at + timedelta(days=rng.choice((-9, -4, -3, -2, -1, 1, 2, 3, 4, 6, 10, 30))),
    "time": _time,
    "duration": _span,
    "id": _id,
    "name": _name,
    "product": _goods,
    "state": lambda rng, state: rng.choice(_CONTRADICTS[state]),
}


def _is_false(new: Value, known: Sequence[Value]) -> bool:
    """Nothing that is known could be read as the new value."""
    alike = [value.content for value in known if value.type == new.type]
    match new.type:
        case "money":
            return all(abs(new.content - each) >= _LEAST_APART_CENTS for each in _sums(alike))
        case "duration":
            return not any(_may_be_same(new.content, span) for span in alike)
        case "count":
            return new.content not in {*alike, *(n for v in known for n in _numbers(v))}
        case "percent" | "share":
            others = [value.content for value in known if value.type in {"percent", "share"}]
            return new.content not in others and 100 - new.content not in others
        case "product":
            return all(new.content.model != goods.model for goods in alike)
    return new.content not in alike


def _sums(cents: Sequence[int]) -> set[int]:
    """Of amounts: themselves, some times as much, and two together."""
    multiples = {amount * times for amount in cents for times in (1, 2, 3, 4)}
    return multiples | {
        abs(one + sign * two) for one in cents for two in cents for sign in (1, -1) if one != two
    }


def _may_be_same(new: Span, known: Span) -> bool:
    (low, high), (known_low, known_high) = new.hours, known.hours
    if new.low != new.high:
        return low <= known_high and known_low <= high
    is_inside = known_low <= low <= known_high or known_low <= high <= known_high
    is_same_number = new.unit == known.unit and new.low in {known.low, known.high}
    return is_inside or is_same_number


def _numbers(value: Value) -> Iterable[int]:
    match value.type:
        case "duration":
            return (value.content.low, value.content.high)
        case "money":
            return (value.content // 100,)
        case "date":
            return (value.content.day, value.content.month)
        case "percent" | "share":
            return (value.content,)
    return ()
