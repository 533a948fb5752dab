"""Facts as questions write them, `{money: order.total}`, and how they become values.

A string that begins with a row's name and a dot is a reference, which `find` resolves; everything else stands for itself.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from benchmarks.answers.errors import QuestionInvalid
from benchmarks.answers.judging.amounts import amounts
from benchmarks.answers.judging.facts import (
    Action,
    Amount,
    Clock,
    Day,
    Done,
    Either,
    Fact,
    Figure,
    Gist,
    Identified,
    LevelIs,
    May,
    Named,
    OrderIs,
    PaidBy,
    Quantity,
    Stocked,
    Unit,
    Whatever,
    Worded,
)
from benchmarks.answers.judging.numbers import first_number
from benchmarks.answers.judging.text import folded
from commerce.domain.money import Money
from commerce.domain.orders import OrderState
from commerce.domain.text import LocalText

Spec = Mapping[str, Any]
Find = Callable[[str], Any]
ROOTS: Final = ("order", "other", "line", "product", "variant", "customer", "policy", "tenant")
_ACTIONS: Final = get_args(Action)
_UNITS: Final = get_args(Unit)


def is_reference(value: object) -> bool:
    """Whether it names a row's field."""
    return isinstance(value, str) and value.partition(".")[0] in ROOTS and "." in value


def fact(spec: Spec, find: Find, zone: str) -> Fact:
    """The fact of a spec. Raises QuestionInvalid for one that cannot be read, or whose row has no such value."""
    kind = next(iter(spec), "")
    if kind not in _KINDS:
        raise QuestionInvalid(f"fact {dict(spec)!r}: write one of {', '.join(_KINDS)}")
    value = spec[kind]
    found = find(value) if is_reference(value) else value
    if found is None:
        raise QuestionInvalid(f"fact {dict(spec)!r}: {value} is empty")
    rest = {name: given for name, given in spec.items() if name not in {kind, "may_be_card"}}
    try:
        return _KINDS[kind](found, rest, find, zone)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise QuestionInvalid(f"fact {dict(spec)!r}: {type(error).__name__}: {error}") from error


def _money(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    if not isinstance(value, Money):
        raise ValueError(f"{value!r} is no money")
    return Amount(value.amount_minor, value.currency)


def _money_in(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    # A sum within a text of the shop's: the first after these words.
    text = folded(str(value))
    start = text.find(folded(str(rest.get("after", ""))))
    found = next(amounts(text[start:]), None) if start >= 0 else None
    if found is None:
        raise ValueError(f"no sum of money after {rest.get('after')!r}")
    return found


def _of_currency(currency: str) -> Callable[[Any, Spec, Find, str], Fact]:
    return lambda value, rest, find, zone: Amount(int(Decimal(str(value)) * 100), currency)


def _date(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    if isinstance(value, datetime):
        return Day(value.astimezone(ZoneInfo(zone)).date())
    if isinstance(value, date):
        return Day(value)
    raise ValueError(f"{value!r} is no day")


def _clock(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).time()
    if isinstance(value, time):
        return Clock(value.replace(second=0, microsecond=0))
    if value == "24:00":
        return Clock(time(0, 0), is_midnight_at_end=True)
    return Clock(time.fromisoformat(str(value)))


def _number(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    unit = _unit(rest["unit"])
    if "after" in rest:
        # A number within a text of the shop's: the first of that unit after these words.
        text = value.zh if isinstance(value, LocalText) else str(value)
        value = first_number(text, unit, str(rest["after"]))
    return Quantity(str(value), str(value), unit)


def _figure(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    text = folded(value.zh if isinstance(value, LocalText) else str(value))
    start = text.find(folded(str(rest["after"])))
    found = re.search(r"\d+(?:\.\d+)?", text[start:]) if start >= 0 else None
    if found is None:
        raise ValueError(f"no number after {rest['after']!r}")
    return Figure(found[0])


def _range(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    low, high = (find(end) if is_reference(end) else end for end in value)
    return Quantity(str(low), str(high), _unit(rest["unit"]))


def _unit(name: str) -> Unit:
    if name not in _UNITS:
        raise ValueError(f"unit {name!r} is none of {', '.join(_UNITS)}")
    unit: Unit = name  # type: ignore[assignment]
    return unit


def _state(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    words = find("order.own_state_words") if rest.get("of_order") else ()
    return OrderIs(OrderState(value).value, tuple(words))


def _name(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    others = [find(one) if is_reference(one) else one for one in rest.get("or", ())]
    text = value if isinstance(value, LocalText) else LocalText(str(value), str(value))
    return Named(text, tuple(str(one) for one in others if one))


def _code(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    return Identified(str(value))


def _text(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    if isinstance(value, LocalText):
        return Worded((value.zh, value.en))
    wordings = value if isinstance(value, (list, tuple)) else [value]
    return Worded(tuple(str(find(one) if is_reference(one) else one) for one in wordings))


def _gist(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    share, beyond = float(rest.get("share", 0.5)), find(rest["beyond"]) if "beyond" in rest else ""
    if isinstance(value, LocalText):
        names = beyond if isinstance(beyond, LocalText) else LocalText(str(beyond), str(beyond))
        return Either((Gist(value.zh, share, names.zh), Gist(value.en, share, names.en)))
    return Gist(str(value), share, str(beyond))


def _action(value: Any) -> Action:
    if value not in _ACTIONS:
        raise ValueError(f"action {value!r} is none of {', '.join(_ACTIONS)}")
    action: Action = value
    return action


def _either(value: Any, rest: Spec, find: Find, zone: str) -> Fact:
    return Either(tuple(fact(one, find, zone) for one in value))


_KINDS: Final[dict[str, Callable[[Any, Spec, Find, str], Fact]]] = {
    "money": _money,
    "money_in": _money_in,
    "yuan": _of_currency("CNY"),
    "dollars": _of_currency("USD"),
    "date": _date,
    "clock": _clock,
    "number": _number,
    "figure": _figure,
    "range": _range,
    "state": _state,
    "name": _name,
    "code": _code,
    "text": _text,
    "gist": _gist,
    "can": lambda value, rest, find, zone: May(_action(value), True),
    "cannot": lambda value, rest, find, zone: May(_action(value), False),
    "in_stock": lambda value, rest, find, zone: Stocked(bool(value)),
    "method": lambda value, rest, find, zone: PaidBy(str(value)),
    "level": lambda value, rest, find, zone: LevelIs(str(value)),
    "done": lambda value, rest, find, zone: Done(_action(value)),
    "any": lambda value, rest, find, zone: Whatever(value),
    "either": _either,
}
