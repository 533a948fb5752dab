"""Single facts of one order, which stand beside a proposal."""

from __future__ import annotations

from routing.compose.narrowing import MOST_ALIKE
from routing.facts import Details, Facts
from routing.sheet.fact import of_kinds
from routing.sheet.order import order_facts


def faulty(details: Details, lines: frozenset[str], facts: Facts, language: str) -> tuple[str, ...]:
    """Until when these lines of an order go back for a fault, for whoever can't give them back without one."""
    told = of_kinds(order_facts(details.order, facts, details), ("line.fault_until",))
    chosen = [fact for fact in told if not lines or fact.part in lines]
    return tuple(fact.text.in_language(language) for fact in chosen[:MOST_ALIKE])


def progress(details: Details, facts: Facts, language: str) -> tuple[str, ...]:
    """How far an order is that is to be hurried: late, or when it leaves or arrives."""
    sheet = order_facts(details.order, facts, details)
    told = of_kinds(sheet, ("order.late", "order.ships_on", "order.expected"))
    return tuple(fact.text.in_language(language) for fact in told)
