"""What is told of a refund: how far it is, and when it arrives."""

from __future__ import annotations

from typing import Final

from commerce.domain.orders import OrderState
from models.types import Understood
from routing.compose.narrowing import REFUNDS, by_method, narrowed
from routing.facts import Facts, meant
from routing.sheet.fact import SheetFact, of_kinds

_OF_REFUNDS: Final = ("refund_status", "return_request", "return_policy")
GOES_BACK: Final = (OrderState.RETURN_REQUESTED, OrderState.EXCHANGE_REQUESTED)


def with_what_is_under_way(
    understood: Understood, facts: Facts, sheet: tuple[SheetFact, ...], chosen: tuple[SheetFact, ...]
) -> tuple[SheetFact, ...]:
    """Whoever asks about the refund of an order that is named, or while something goes back, is told how far that is."""
    if understood.intent not in _OF_REFUNDS or not facts.orders or facts.is_order_unknown:
        return chosen
    is_named = understood.intent == "refund_status" and facts.asked_order_id is not None
    first = of_kinds(sheet, ("order.state", "order.refund"))
    if meant(facts).state not in GOES_BACK:
        return tuple(dict.fromkeys((*chosen, *first))) if is_named else chosen
    then = chosen
    if not any(fact.kind.startswith("shop.") for fact in chosen):
        rules = of_kinds(sheet, ("shop.refund_chain", *REFUNDS))
        then = (*chosen, *narrowed(rules, facts))
    return tuple(dict.fromkeys((*first, *then)))


def with_when_it_arrives(
    facts: Facts, sheet: tuple[SheetFact, ...], chosen: tuple[SheetFact, ...]
) -> tuple[SheetFact, ...]:
    """How long a refund takes by the way that it went stands beside it: what was sent is not there yet."""
    kinds = {fact.kind for fact in chosen}
    if "order.refund" not in kinds or kinds & set(REFUNDS):
        return chosen
    return (*chosen, *by_method(of_kinds(sheet, REFUNDS), facts))
