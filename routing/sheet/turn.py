"""The sheet of one turn."""

from __future__ import annotations

from routing.facts import Facts, meant
from routing.sheet.fact import SheetFact
from routing.sheet.goods import is_called, product_facts
from routing.sheet.order import order_facts
from routing.sheet.person import person_facts
from routing.sheet.rules import policy_facts


def _of_the_order(facts: Facts) -> list[SheetFact]:
    """Nothing of its lines where goods are called by their names that it does not hold: they would be taken for those."""
    order = meant(facts)
    told = order_facts(order, facts, facts.details)
    called = {p.product_id for p in facts.goods if is_called(facts.message, p.name.zh, p.name.en)}
    if not called or any(line.product_id in called for line in order.lines):
        return list(told)
    return [fact for fact in told if not fact.kind.startswith("line.")]


def sheet_of(facts: Facts) -> tuple[SheetFact, ...]:
    """All facts of the turn: of the order that is meant, the goods that are named, the customer, the shop."""
    found: list[SheetFact] = []
    if facts.orders and not facts.is_order_unknown:
        found += _of_the_order(facts)
    for product in facts.goods:
        found += product_facts(product, facts.query, facts.message)
    if facts.person is not None:
        found += person_facts(facts.person.customer, facts.person.methods, facts.person.coupons)
    return (*found, *policy_facts(facts, dict(facts.categories)))
