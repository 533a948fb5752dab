"""All that the shops wrote down, read in one snapshot, order by order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Any, Final

from sqlalchemy import Row, Select, select

from commerce.domain.after_sales import OPEN_CASES
from commerce.store import Store
from commerce.store.tables import (
    actions,
    audit_log,
    cases,
    coupons,
    invoices,
    order_lines,
    orders,
    payment_methods,
    payments,
    settlements,
    shipments,
    stock_moves,
    stock_reservations,
    tickets,
    variants,
)

Rows = list[Row[Any]]
Key = tuple[str, str]
_TAKING: Final = ("change_payment", "change_items", "exchange")
_OPEN: Final = {state.value for state in OPEN_CASES}
_CLOSING: Final = {"done": "complete_case", "refused": "refuse_case"}


@dataclass(slots=True)
class OrderBooks:
    """One order's rows, each list in the order in which it was written."""

    order: Row[Any]
    lines: Rows = field(default_factory=list)
    payments: Rows = field(default_factory=list)
    moves: Rows = field(default_factory=list)
    reservations: Rows = field(default_factory=list)
    cases: Rows = field(default_factory=list)
    invoices: Rows = field(default_factory=list)
    tickets: Rows = field(default_factory=list)
    shipments: Rows = field(default_factory=list)
    actions: Rows = field(default_factory=list)
    audit: Rows = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.order.tenant_id}/{self.order.order_id} ({self.order.state})"

    @property
    def open_cases(self) -> Rows:
        return [case for case in self.cases if case.state in _OPEN]

    @property
    def came_back(self) -> bool:
        """Its parcel did, and nothing reached the customer."""
        return any(entry.what == "order_came_back" for entry in self.audit)

    def kind_of(self) -> dict[str, str]:
        """The kind of each action, by its id."""
        return {action.action_id: action.kind for action in self.actions}

    def declined(self) -> tuple[int, int]:
        """What actions took and did not come, and what was paid instead: told as paid once more."""
        kinds = self.kind_of()
        failed = again = 0
        has_begun = False
        for payment in self.payments:
            if payment.kind != "payment":
                continue
            is_taken = kinds.get(payment.action_id or "", "") in _TAKING
            has_begun |= is_taken
            failed += payment.amount_minor if is_taken and status(payment) == "failed" else 0
            again += payment.amount_minor if has_begun and not is_taken else 0
        return failed, again

    def given_back(self, action_id: str | None) -> int:
        """By one action, whatever became of it."""
        return sum(
            row.amount_minor for row in self.payments if row.kind == "refund" and row.action_id == action_id
        )

    def goodwill(self) -> frozenset[int]:
        """What may have been given for goodwill. The rules of a refund are in the audit log, in a row of the same caller and
        instant: of several it does not tell whose they are.
        """
        wills = Counter(
            (row.caller, row.at)
            for row in self.audit
            if row.what == "refund" and "refund.goodwill_limit" in row.why
        )
        refunds = defaultdict(list)
        for action in self.actions:
            if action.kind == "refund":
                refunds[action.caller, action.at].append(self.given_back(action.action_id))
        sums = {0}
        for moment, amounts in refunds.items():
            sums = {before + sum(some) for before in sums for some in combinations(amounts, wills[moment])}
        return frozenset(sums)

    def closed_by(self) -> dict[str, str]:
        """The action that ended each case that is no longer open: of its kind and instant, and of several the one that gave
        back what the case had promised, as far as there is one.
        """
        cases, actions = defaultdict(list), defaultdict(list)
        for case in self.cases:
            if case.closed_at:
                cases[_CLOSING.get(case.state), case.closed_at].append(case)
        for action in self.actions:
            actions[action.kind, action.at].append(action.action_id)
        found: dict[str, str] = {}
        for moment, ended in cases.items():
            by = [*sorted(actions[moment], key=self.given_back), *[""] * len(ended)]
            found |= {
                case.case_id: action for case, action in zip(sorted(ended, key=promised), by, strict=False)
            }
        return found


def promised(case: Row[Any]) -> int:
    """What a case gives back as it is closed."""
    return int(case.refund_minor if case.state == "done" else case.prepaid_minor)


@dataclass(slots=True)
class Books:
    """`strays` name an order that is not there. `moves` are all of the stock, those of no order too."""

    orders: dict[Key, OrderBooks]
    variants: Rows
    methods: dict[Key, Row[Any]]
    coupons: Rows
    moves: Rows
    strays: list[str]


async def read_books(store: Store) -> Books:
    """The whole database, in memory."""
    async with store.reading() as connection:

        async def rows(query: Select[Any]) -> Rows:
            return list((await connection.execute(query)).all())

        found = {(row.tenant_id, row.order_id): OrderBooks(row) for row in await rows(select(orders))}
        books = Books(
            found,
            await rows(select(variants)),
            {(row.tenant_id, row.method_id): row for row in await rows(select(payment_methods))},
            await rows(select(coupons)),
            await rows(select(stock_moves).order_by(stock_moves.c.move_id)),
            [],
        )
        for name, query in _QUERIES.items():
            _file(books, name, await rows(query))
    _file(books, "moves", [move for move in books.moves if move.order_id is not None])
    return books


def _settled_payments() -> Select[Any]:
    same = (settlements.c.tenant_id == payments.c.tenant_id) & (
        settlements.c.payment_id == payments.c.payment_id
    )
    status = settlements.c.status.label("settled_as")
    return select(payments, status).outerjoin(settlements, same).order_by(payments.c.position)


_QUERIES: Final[dict[str, Select[Any]]] = {
    "lines": select(order_lines).order_by(order_lines.c.position),
    "payments": _settled_payments(),
    "reservations": select(stock_reservations),
    "cases": select(cases).order_by(cases.c.opened_at),
    "invoices": select(invoices).order_by(invoices.c.issued_at),
    "tickets": select(tickets),
    "shipments": select(shipments),
    "actions": select(actions),
    # The key that attackers over HTTP send is of no order.
    "audit": select(audit_log, audit_log.c.entity_id.label("order_id"))
    .where(audit_log.c.what != "issue_key")
    .order_by(audit_log.c.entry_id),
}


def _file(books: Books, name: str, rows: Rows) -> None:
    for row in rows:
        order = books.orders.get((row.tenant_id, row.order_id))
        if order is None:
            books.strays.append(
                f"a row of {name} names the order {row.order_id} of {row.tenant_id}: there is none"
            )
        else:
            getattr(order, name).append(row)


def status(payment: Row[Any]) -> str:
    """What it came to in the end."""
    found: str = payment.settled_as or payment.status
    return found


def total(rows: Iterable[Row[Any]], which: Callable[[Row[Any]], bool]) -> int:
    """The sum of their amounts."""
    return sum(row.amount_minor for row in rows if which(row))


def summed(
    rows: Iterable[Row[Any]], by: Callable[[Row[Any]], Any], value: Callable[[Row[Any]], int]
) -> dict[Any, int]:
    """Sums that are not 0, by key."""
    sums: defaultdict[Any, int] = defaultdict(int)
    for row in rows:
        sums[by(row)] += value(row)
    return {key: amount for key, amount in sums.items() if amount}


def instants(rows: Iterable[Row[Any]]) -> Iterator[tuple[str, str, str | None, datetime]]:
    """Who did what for whom and when, of rows of actions."""
    return ((row.kind, row.caller, row.customer_id, row.at) for row in rows)
