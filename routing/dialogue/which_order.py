"""Which order is meant: the one that is named, the one that was spoken of, the only one that it can be; else it is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commerce.domain.orders import Order, OrderState
from routing.dialogue.flows import States
from routing.dialogue.goods import orders_naming
from routing.dialogue.heard import Heard
from routing.dialogue.state import Option, Topic
from routing.facts import Facts
from routing.wording import STATE_WORDS, order_goods

MOST_OFFERED: Final = 5
_ORDER_WORDS: Final = re.compile(r"订单|[个一]单|\border\b", re.I)


@dataclass(frozen=True, slots=True)
class Choosing:
    """`likely` are the orders that can be meant, the newest first; none: nothing can be done with any. `spoken_of` is the id
    of the one that the conversation was about, `picked` that of the topic; `is_other`: it is not that one.
    """

    heard: Heard
    facts: Facts
    likely: tuple[Order, ...]
    picked: str | None
    spoken_of: str | None
    is_other: bool = False

    def own(self, order_id: str | None) -> Order | None:
        return next((order for order in self.facts.orders if order.order_id == order_id), None)


@dataclass(frozen=True, slots=True)
class OrderSource:
    """A way of telling which order is meant. `is_told`: the customer is told which one was taken."""

    name: str
    find: Callable[[Choosing], Order | None]
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    order: Order
    is_told: bool


def _by_number(choosing: Choosing) -> Order | None:
    return choosing.own(choosing.facts.asked_order_id)


def _named(choosing: Choosing) -> tuple[Order, ...]:
    """With goods that the message names; among the likely ones, where any of them has such."""
    likely = orders_naming(choosing.likely, choosing.heard, choosing.facts)
    return likely or orders_naming(choosing.facts.orders, choosing.heard, choosing.facts)


def _by_goods(choosing: Choosing) -> Order | None:
    named = _named(choosing)
    return named[0] if len(named) == 1 else None


def _others(choosing: Choosing) -> tuple[Order, ...]:
    """The likely ones but the one that it is not."""
    known = choosing.picked or choosing.spoken_of
    return tuple(order for order in choosing.likely if not (choosing.is_other and order.order_id == known))


def _the_other(choosing: Choosing) -> Order | None:
    others = _others(choosing)
    return others[0] if len(others) == 1 and others != choosing.likely else None


def _of_topic(choosing: Choosing) -> Order | None:
    return None if choosing.is_other else choosing.own(choosing.picked)


def _spoken_of(choosing: Choosing) -> Order | None:
    order = None if choosing.is_other else choosing.own(choosing.spoken_of)
    return order if order in choosing.likely or not choosing.likely else None


def _are_others_named(choosing: Choosing) -> bool:
    """Whether goods are called that stand in none of the likely orders, and in several others."""
    named = _named(choosing) if choosing.heard.said("product") else ()
    return bool(named) and not any(order in choosing.likely for order in named)


def _only_one(choosing: Choosing) -> Order | None:
    is_it = len(choosing.likely) == 1 and not _are_others_named(choosing)
    return choosing.likely[0] if is_it else None


def _newest(choosing: Choosing) -> Order | None:
    is_it = not choosing.likely and not _are_others_named(choosing)
    return choosing.facts.orders[0] if is_it else None


def _latest(choosing: Choosing) -> Order | None:
    """Whether or not anything can be done with it; of those that arrived, where what is wanted is done with such."""
    message, likely = choosing.heard.message, choosing.likely
    if not choosing.facts.orders or not _LATEST.search(message) or _NOT_LATEST.search(message):
        return None
    # The one that was spoken of stands before the others, whenever it was placed.
    of_these = likely if likely and likely[0].state is OrderState.DELIVERED else choosing.facts.orders
    return max(of_these, key=lambda order: (order.placed_at is not None, order.placed_at or datetime.min))


_LATEST: Final = re.compile(
    r"最近(?:下|买|拍)?的?(?:[一那这上]|订)[个单笔]|最新的?(?:订单|[一那这][个单笔])|上一[单笔]|刚刚?[下拍买]的"
    r"|\b(?:last|latest|newest|most recent) (?:order|purchase)\b",
    re.I,
)

_NOT_LATEST: Final = re.compile(
    r"(?:不是|别)我?(?:最近|最新|上一|刚)|上上一?[个单笔]|[再更]之?前|之前的?(?:那|一)?[个单笔]"
    r"|\bnot (?:my|the) (?:last|latest|newest|most recent)\b|\b(?:one|order) before\b|\bbefore (?:my|the) (?:last|latest)\b",
    re.I,
)

ORDER_SOURCES: Final = (
    OrderSource("its number is said", _by_number),
    OrderSource("its goods are named", _by_goods, is_told=True),
    OrderSource("it is the latest", _latest, is_told=True),
    OrderSource("it is the other one", _the_other, is_told=True),
    OrderSource("the topic has it", _of_topic),
    OrderSource("it was spoken of", _spoken_of),
    OrderSource("there is but one", _only_one, is_told=True),
    OrderSource("none fits, and the newest tells why", _newest, is_told=True),
)


def likely_orders(facts: Facts, groups: Sequence[States]) -> tuple[Order, ...]:
    """Those of the first group of states that the customer has any of."""
    for states in groups:
        found = tuple(order for order in facts.orders if order.state in states)
        if found:
            return found
    return ()


def choose_order(choosing: Choosing) -> Chosen | None:
    """None: it has to be asked."""
    for source in ORDER_SOURCES:
        order = source.find(choosing)
        if order is not None:
            return Chosen(order, source.is_told)
    return None


def in_question(choosing: Choosing) -> tuple[Order, ...]:
    """Of which one is meant where `choose_order` can't tell which, the newest first."""
    return _named(choosing) or _others(choosing)


def means_other_order(topic: Topic, heard: Heard, facts: Facts) -> bool:
    """Whether "the other one" is another order, and not another item of the same."""
    if not heard.acts.other or (topic.question is not None and topic.question.slot not in ("order", "lines")):
        return False
    order = next((each for each in facts.orders if each.order_id == topic.slots.get("order")), None)
    return order is None or len(order.lines) == 1 or _ORDER_WORDS.search(heard.message) is not None


def order_options(orders: Sequence[Order]) -> tuple[Option, ...]:
    """What is offered, at most five."""
    return tuple(Option(o.order_id, _text(o, "zh"), _text(o, "en")) for o in orders[:MOST_OFFERED])


def _text(order: Order, language: str) -> str:
    state = STATE_WORDS[order.state].in_language(language)
    goods = order_goods(order, language)
    return (
        f"{order.order_id}（{goods}，{state}）"
        if language == "zh"
        else f"{order.order_id} ({goods}, {state})"
    )
