"""What a slot is filled from, and what a slot is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from commerce.domain.orders import Order, OrderLine
from routing.dialogue.heard import Heard
from routing.dialogue.state import Option, Topic
from routing.facts import Details, Facts


@dataclass(frozen=True, slots=True)
class Working:
    """One topic under way: what is known of it, what was said now, and the order that it is about."""

    topic: Topic
    heard: Heard
    facts: Facts
    details: Details

    @property
    def order(self) -> Order:
        return self.details.order

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        """Those that the customer has pieces of."""
        return tuple(line for line in self.order.lines if line.quantity > line.returned_quantity)

    @property
    def chosen(self) -> tuple[OrderLine, ...]:
        """The lines that the topic is about."""
        wanted = {item["line_id"] for item in self.topic.slots.get("lines", ())}
        return tuple(line for line in self.order.lines if line.line_id in wanted)

    def slot(self, name: str) -> Any:
        return self.topic.slots.get(name)


Source = Callable[[Working], Any | None]
"""A value for the slot as JSON, or None where it has none."""


def is_known(working: Working) -> bool:
    """Whatever was found is enough."""
    return True


def no_words(heard: Heard) -> bool:
    """Nothing is heard of it but entities."""
    return False


def all_of_it(working: Working) -> str:
    """It is asked for as a whole."""
    return ""


@dataclass(frozen=True, slots=True)
class Slot:
    """`said` finds what this message says, `known` what need not be asked. `options` are offered when it is asked for, and
    `pick` turns the value of one into the slot's (None: as it is). `takes` are the types of entities that answer it;
    `hears`: its words do; `is_free`: any words do; `is_open`: there is more to answer than what is offered. `is_filled`: what
    was found is all that is needed. `lacks` names the part of it that is asked for, where not all of it is.
    """

    name: str
    said: Source
    known: Source
    options: Callable[[Working], tuple[Option, ...]]
    pick: Callable[[Working, str], Any] | None = None
    takes: tuple[str, ...] = ()
    hears: Callable[[Heard], bool] = no_words
    is_free: bool = False
    is_open: bool = False
    is_filled: Callable[[Working], bool] = is_known
    lacks: Callable[[Working], str] = all_of_it


def nothing(working: Working) -> None:
    """The source that knows nothing."""


def no_options(working: Working) -> tuple[Option, ...]:
    """Free words are asked for."""
    return ()
