"""The whole audit of a database that was attacked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.commerce_attack.books import Books, read_books
from benchmarks.commerce_attack.conduct_audit import audit_acknowledged, audit_conduct
from benchmarks.commerce_attack.money_audit import audit_money
from benchmarks.commerce_attack.stock_audit import audit_stock
from commerce.store import Store


@dataclass(frozen=True, slots=True)
class Audited:
    """`violations` is what should be empty; the counts tell that there was something to look at."""

    violations: tuple[str, ...]
    orders: int
    actions: int
    payments: int
    stock_moves: int
    cases: int


async def audit(store: Store, acknowledged: Iterable[tuple[str, str, str, str]] = ()) -> Audited:
    """In one snapshot. `acknowledged` are changes that somebody was told of: tenant, caller, key, action."""
    books = await read_books(store)
    violations = (
        *audit_money(books),
        *audit_stock(books),
        *audit_conduct(books),
        *audit_acknowledged(books, acknowledged),
    )
    return _counted(books, violations)


def _counted(books: Books, violations: tuple[str, ...]) -> Audited:
    found = books.orders.values()
    return Audited(
        violations=violations,
        orders=len(found),
        actions=sum(len(order.actions) for order in found),
        payments=sum(len(order.payments) for order in found),
        stock_moves=len(books.moves),
        cases=sum(len(order.cases) for order in found),
    )
