"""Which kinds of facts are asked for: by words, or by likeness of meaning; and what goes with each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from models.types import Understood
from routing.compose.absent import ABSENT
from routing.compose.defaults import DEFAULTS, PROGRESS, REFUND_TIMES
from routing.compose.described import written_of_goods
from routing.facts import NEEDS, Facts, meant
from routing.sheet.asked.intents import INTENT_OF
from routing.sheet.asked.kinds import VAGUE, asked_kinds
from routing.sheet.asked.likeness import kinds_by_likeness
from routing.sheet.fact import SheetFact, of_kinds

# What goes with a fact that is asked for, since alone it says too little.
_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "order.expected": ("order.state", "order.expected", "order.ships_on", "order.latest_event"),
    "order.latest_event": PROGRESS,
    "order.delivered": ("order.state", "order.delivered", "order.expected"),
    "order.shipped": ("order.state", "order.shipped", "order.ships_on"),
    "order.cancelled": ("order.state", "order.cancelled"),
    "order.refund": ("order.refund", "order.state", "order.refund_to", *REFUND_TIMES),
    "line.paid": ("order.refund", "line.paid", "line.return_until", "line.not_returnable"),
    "line.return_until": ("line.return_until", "line.not_returnable"),
    "line.fault_until": ("line.fault_until", "line.return_until", "line.not_returnable"),
    "order.refund_to": ("order.refund", "order.refund_to"),
    "line.warranty": ("line.warranty", "shop.warranty"),
    "order.price_protection": ("order.price_protection", "shop.price_protection"),
    # How far one's own is tells what the rule comes to.
    "shop.cancelling": ("shop.cancelling", "order.state"),
    "shop.changing": ("shop.changing", "order.state"),
    "shop.return_window": ("shop.return_window", "shop.return_condition"),
    "shop.refund_card": ("order.refund", "shop.refund_card"),
    "shop.refund_chain": ("shop.refund_chain", "shop.refund_card", "shop.refund_wallet"),
    "order.ships_on": ("order.state", "order.late", "order.ships_on"),
    "product.price": ("product.price", "product.stock"),
    "product.stock": ("product.stock", "product.price"),
    "product.restock": ("product.stock",),
}
# Of an order that has not arrived.
_WITH_ON_ITS_WAY: Final = {
    "order.delivered": ("order.state", "order.latest_event", "order.expected", "order.ships_on")
}


def kinds_asked_for(understood: Understood, facts: Facts, sheet: tuple[SheetFact, ...]) -> tuple[str, ...]:
    """The kinds that are asked for: by words, else by what other customers ask them as, where there are such facts."""
    by_words = tuple(kind for kind in asked_kinds(facts.message) if _is_meant(kind, understood, facts))
    there = {fact.kind for fact in sheet} | set(ABSENT)
    alike = tuple(
        kind
        for kind in kinds_by_likeness(facts.likenesses)
        if kind in there
        and _is_meant(kind, understood, facts)
        and not (facts.asked_order_id is not None and kind.startswith("customer."))
    )
    if by_words and not (set(by_words) <= VAGUE and alike):
        return by_words
    # What is one fact of an order comes before what is one of each of its lines.
    whole_first = sorted(alike, key=lambda kind: kind.startswith("line."))
    return tuple(dict.fromkeys((*whole_first, *by_words)))


def _is_meant(kind: str, understood: Understood, facts: Facts) -> bool:
    """Whether such a fact can be meant: one of an order where an order is spoken of, of goods where goods are named."""
    about = kind.split(".")[0]
    needs = NEEDS[understood.intent]
    if about in ("order", "line"):
        return bool(facts.orders) and (needs.orders or facts.asked_order_id is not None)
    if about == "product":
        return bool(facts.goods)
    return True


def whole(kinds: Iterable[str], facts: Facts) -> tuple[str, ...]:
    """With what goes with them. Where one is asked for by name, the others of a default are not told."""
    is_on_its_way = bool(facts.orders) and not facts.is_order_unknown and meant(facts).is_open
    goes_with = {**_WITH, **(_WITH_ON_ITS_WAY if is_on_its_way else {})}
    return tuple(dict.fromkeys(each for kind in kinds for each in goes_with.get(kind, (kind,))))


def with_the_likelier(
    understood: Understood,
    facts: Facts,
    sheet: tuple[SheetFact, ...],
    asked: tuple[str, ...],
    chosen: tuple[SheetFact, ...],
) -> tuple[SheetFact, ...]:
    """What is only like a question is told beside what the intent is about, where that is another."""
    if understood.intent == "product_question" and facts.goods:
        told = (*written_of_goods(facts, sheet), *of_kinds(sheet, ("product.description",)))
        return tuple(dict.fromkeys((*chosen, *told)))
    is_of_order = all(kind.startswith(("order.", "line.")) for kind in asked)
    if not is_of_order or INTENT_OF.get(asked[0]) == understood.intent:
        return chosen
    return tuple(dict.fromkeys((*of_kinds(sheet, DEFAULTS.get(understood.intent, ())), *chosen)))
