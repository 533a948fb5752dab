"""What an answer must state or must not, as values: the language that the answer is in makes no difference."""

from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from commerce.domain.text import LocalText

Action = Literal["cancel", "change", "return", "exchange", "refund", "protect", "deliver"]
Unit = Literal[
    "second", "minute", "hour", "day", "working_day", "week", "month", "year", "percent", "point", "piece", "order", "time",
    "instalment", "litre", "set", "degree", "watt", "inch", "kind",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Amount:
    """Money: minor units of a currency."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the shop's zone."""

    day: date


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in the shop's zone; `is_midnight_at_end` says 24:00."""

    at: time
    is_midnight_at_end: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of units, or a range with both ends."""

    low: str
    high: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class OrderIs:
    """What an order is now: one of OrderState. `words` are the shop's own for it."""

    state: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """What a thing is called, in either language, or by one of `others` (a model, a short name)."""

    name: LocalText
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identified:
    """A number or code, spaces and hyphens aside."""

    code: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A bare number, whatever it counts."""

    number: str


@dataclass(frozen=True, slots=True)
class Worded:
    """Any of these wordings."""

    wordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gist:
    """So much of a text's content, `share` of 1, beyond what another text (a name) has of it."""

    text: str
    share: float
    beyond: str = ""


@dataclass(frozen=True, slots=True)
class May:
    """Whether the customer may do it, as things are."""

    action: Action
    holds: bool


@dataclass(frozen=True, slots=True)
class Stocked:
    """Whether something can be bought now."""

    holds: bool


@dataclass(frozen=True, slots=True)
class PaidBy:
    """A payment method's slug."""

    method: str


@dataclass(frozen=True, slots=True)
class LevelIs:
    """A membership level's slug."""

    level: str


@dataclass(frozen=True, slots=True)
class Done:
    """That the shop has done it just now for the customer."""

    action: Action


@dataclass(frozen=True, slots=True)
class Whatever:
    """Any statement of that kind, whatever it is."""

    kind: Literal["amount", "day"]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them."""

    facts: tuple["Fact", ...]


Fact = (
    Amount | Day | Clock | Quantity | OrderIs | Named | Identified | Figure | Worded | Gist | May | Stocked | PaidBy | LevelIs
    | Done | Whatever | Either
)  # fmt: skip
