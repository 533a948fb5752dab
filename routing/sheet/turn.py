"""The sheet of one turn."""

from __future__ import annotations

from routing.facts import Facts, meant
from routing.sheet.fact import SheetFact
from routing.sheet.goods import product_facts
from routing.sheet.order import order_facts
from routing.sheet.person import person_facts
from routing.sheet.rules import policy_facts


def sheet_of(facts: Facts) -> tuple[SheetFact, ...]:
    """All facts of the turn: of the order that is meant, the goods that are named, the customer, the shop."""
    found: list[SheetFact] = []
    if facts.orders and not facts.is_order_unknown:
        found += order_facts(meant(facts), facts, facts.details)
    for product in facts.goods:
        found += product_facts(product, facts.query, facts.message)
    if facts.person is not None:
        found += person_facts(facts.person.customer, facts.person.methods, facts.person.coupons)
    return (*found, *policy_facts(facts, dict(facts.categories)))
