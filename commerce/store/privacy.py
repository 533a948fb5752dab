"""A customer's right to see what is kept of them, and to have it forgotten.

Orders and the money that moved stay for the books, without who it was and where they lived. The rest of theirs goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.actions import RetryRefund
from commerce.domain.after_sales import OPEN_CASES
from commerce.domain.customers import MemberLevel
from commerce.domain.errors import CustomerNotFound, CustomerRequired, ErasureRefused
from commerce.domain.identity import Principal
from commerce.domain.orders import OPEN_STATES, OrderState, PaymentKind, PaymentStatus
from commerce.domain.proposing.balances import owed_minor
from commerce.domain.tenants import ChangeKind
from commerce.store.action_facts import load_facts
from commerce.store.audit import record_audit
from commerce.store.changes import record_change
from commerce.store.connection import Connected
from commerce.store.customers import lock_absent_customer
from commerce.store.done import FORGOTTEN
from commerce.store.ownership import of_orders, own
from commerce.store.sqlite import SQLiteConnection
from commerce.store.tables import (
    actions,
    addresses,
    audit_log,
    behaviour_events,
    cases,
    conversations,
    coupons,
    customers,
    feedback,
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
    tracking_events,
    turns,
)

_UNDER_WAY: Final = OPEN_STATES | {OrderState.RETURN_REQUESTED, OrderState.EXCHANGE_REQUESTED}
# How rows are a customer's: by the customer's id, by their orders', or by a row that is theirs.
_BY_CUSTOMER: Final = (
    customers, addresses, payment_methods, orders, cases, coupons, tickets, conversations, behaviour_events, actions,
    audit_log,
)  # fmt: skip
_BY_ORDER: Final = (order_lines, payments, shipments, invoices, stock_reservations, stock_moves)
_BY_PARENT: Final = ((settlements, payments), (tracking_events, shipments), (turns, conversations))
EXPORTED: Final = (*_BY_CUSTOMER, *_BY_ORDER, *(table for table, _ in _BY_PARENT), feedback)
"""Every table that has rows of customers."""


@dataclass(frozen=True, slots=True)
class Erased:
    """`is_repeat`: nothing was left to erase. Not `is_purged`: the database has the old pages in its log, since
    others read meanwhile; erasing once more clears it.
    """

    customer_id: str
    at: datetime
    is_repeat: bool
    is_purged: bool


class PrivacyStore(Connected):
    async def export_customer(self, principal: Principal) -> dict[str, Any]:
        """All that is kept of the principal's customer, by table, as JSON, whether they have an account or not. Raises
        CustomerRequired, and CustomerNotFound where nothing at all is kept.
        """
        now = datetime.now(UTC)
        async with self.writing() as connection:
            await _erased_at(connection, principal)
            rows = {
                table.name: [_json(row) for row in (await connection.execute(query)).mappings()]
                for table, query in _exports(principal)
            }
            await _audit(connection, principal, now, "export_customer")
        whose = {"tenant_id": principal.tenant_id, "customer_id": principal.customer_id}
        return {**whose, "exported_at": now.isoformat(), **rows}

    async def erase_customer(self, principal: Principal) -> Erased:
        """Forget the principal's customer, in one transaction; again, it forgets what came since. Replicas refuse their
        tokens then.

        Raises CustomerRequired, CustomerNotFound, and ErasureRefused while an order of theirs is under way, a case open or
        a refund owed.
        """
        now = datetime.now(UTC)
        async with self.writing() as connection:
            # Actions lock the order, then the customer; so does this, or both would wait for each other.
            await _lock_orders(connection, principal)
            erased_at = await _erased_at(connection, principal)
            # Read under both locks: an order may have been placed before the customer was locked.
            await _refuse_under_way(connection, principal, now)
            await forget_customer(connection, principal, erased_at or now)
            if erased_at is None:
                await _tell_erasure(connection, principal, now)
        return Erased(_customer(principal), erased_at or now, erased_at is not None, await self._purge())

    async def _purge(self) -> bool:
        """Empty SQLite's log of what was written before: what is deleted in the file is overwritten there (secure_delete).
        False where others read on for longer than the busy timeout. PostgreSQL's own vacuum does the like.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        async with self._engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert isinstance(driver, SQLiteConnection)
            return await driver.empty_log()


def _customer(principal: Principal) -> str:
    if principal.customer_id is None:
        raise CustomerRequired
    return principal.customer_id


def _within(table: Table, parent: Table, column: str, principal: Principal) -> ColumnElement[bool]:
    """Rows whose `column` names a row of `parent` that is the customer's, or of one of their orders."""
    mine = (
        own(principal, parent)
        if "customer_id" in parent.c
        else _within(parent, orders, "order_id", principal)
    )
    return (table.c.tenant_id == principal.tenant_id) & table.c[column].in_(
        select(parent.c[column]).where(mine)
    )


def _condition(table: Table, principal: Principal) -> ColumnElement[bool]:
    if table is feedback:
        said_in = _within(feedback, conversations, "conversation_id", principal)
        return or_(own(principal, feedback), said_in)
    if table in _BY_CUSTOMER:
        return own(principal, table)
    if table in _BY_ORDER:
        return _within(table, orders, "order_id", principal)
    parent = dict(_BY_PARENT)[table]
    return _within(table, parent, list(parent.primary_key.columns)[1].name, principal)


def _exports(principal: Principal) -> list[tuple[Table, Select[Any]]]:
    return [
        (
            table,
            select(*(column for column in table.c if column.name != "tenant_id"))
            .where(_condition(table, principal))
            .order_by(*table.primary_key.columns),
        )
        for table in EXPORTED
    ]


def _json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


async def _erased_at(connection: AsyncConnection, principal: Principal) -> datetime | None:
    """When they were erased; None: they are not. Nobody else writes of them until the transaction ends. Raises
    CustomerNotFound where nothing at all is kept of them.
    """
    query = select(customers.c.erased_at).where(own(principal, customers)).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        await lock_absent_customer(connection, principal, is_shared=False)
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        kept = (exists().where(_condition(table, principal)) for table in (*_BY_CUSTOMER, feedback))
        if not await connection.scalar(select(or_(*kept))):
            raise CustomerNotFound(_customer(principal))
        return None
    found: datetime | None = row.erased_at
    return found


async def _lock_orders(connection: AsyncConnection, principal: Principal) -> None:
    theirs = (
        select(orders.c.order_id).where(own(principal, orders)).order_by(orders.c.order_id).with_for_update()
    )
    await connection.execute(theirs)


async def _refuse_under_way(connection: AsyncConnection, principal: Principal, now: datetime) -> None:
    """Where orders, cases or refunds still need to know who they are. Raises ErasureRefused."""
    theirs = (
        select(orders.c.order_id)
        .where(own(principal, orders), orders.c.state.in_([state.value for state in _UNDER_WAY]))
        .order_by(orders.c.order_id)
    )
    waiting = (
        select(cases.c.case_id)
        .where(own(principal, cases), cases.c.state.in_([state.value for state in OPEN_CASES]))
        .order_by(cases.c.case_id)
    )
    open_orders = tuple((await connection.execute(theirs)).scalars())
    open_cases = tuple((await connection.execute(waiting)).scalars())
    owed = await _owed_refunds(connection, principal, now)
    if open_orders or open_cases or owed:
        raise ErasureRefused(_customer(principal), open_orders, open_cases, owed)


async def _owed_refunds(connection: AsyncConnection, principal: Principal, now: datetime) -> tuple[str, ...]:
    """Refunds under way, and those that failed of orders that owe them still, as an agent's repeat counts it."""
    status = func.coalesce(settlements.c.status, payments.c.status)
    same = and_(
        settlements.c.tenant_id == payments.c.tenant_id, settlements.c.payment_id == payments.c.payment_id
    )
    query = (
        select(payments.c.payment_id, payments.c.order_id, status.label("status"))
        .select_from(payments.outerjoin(settlements, same))
        .where(
            _condition(payments, principal),
            payments.c.kind == PaymentKind.REFUND.value,
            status != PaymentStatus.SUCCEEDED.value,
        )
        .order_by(payments.c.payment_id)
    )
    rows = (await connection.execute(query)).all()
    owing = set()
    for order_id in {row.order_id for row in rows if row.status == PaymentStatus.FAILED.value}:
        wanted = RetryRefund(order_id=order_id)
        facts = await load_facts(connection, principal, order_id, wanted, now, is_locked=False)
        if owed_minor(facts):
            owing.add(order_id)
    return tuple(
        row.payment_id for row in rows if row.status == PaymentStatus.PENDING.value or row.order_id in owing
    )


async def forget_customer(connection: AsyncConnection, principal: Principal, at: datetime) -> None:
    """Blank what is kept of the principal's customer, erased `at`, in the caller's transaction. Who has no account is given
    an empty one, which remembers it.
    """

    def where(table: Table) -> ColumnElement[bool]:
        return _condition(table, principal)

    # The order matters: a correction is theirs by a conversation, a turn too.
    for table in (feedback, turns, conversations, addresses, tracking_events, behaviour_events):
        await connection.execute(delete(table).where(where(table)))
    for table, blank in _BLANK.items():
        await connection.execute(update(table).where(where(table)).values(blank))
    # Keys of customers and agents may hold anything, and nobody repeats what an erased customer did; the shop's own systems
    # may still repeat what they told of an order.
    of_persons = actions.c.caller != Principal(principal.tenant_id, is_shop=True).caller
    await connection.execute(
        update(actions).where(where(actions), of_persons).values(idempotency_key=actions.c.action_id)
    )
    await connection.execute(update(actions).where(where(actions)).values(digest=FORGOTTEN))
    for row in (
        await connection.execute(select(orders.c.order_id, orders.c.address).where(where(orders)))
    ).all():
        mine = of_orders(principal.tenant_id, orders, (row.order_id,))
        await connection.execute(
            update(orders).where(mine).values(address=_coarse(row.address), attributes={})
        )
    blank = {"erased_at": at, **_NO_CUSTOMER}
    if (await connection.execute(update(customers).where(where(customers)).values(blank))).rowcount == 0:
        whose = {"tenant_id": principal.tenant_id, "customer_id": _customer(principal)}
        await connection.execute(insert(customers).values(whose | _UNKNOWN | blank))


async def erase_again(connection: AsyncConnection, principal: Principal, at: datetime, now: datetime) -> bool:
    """Forget a customer who was erased `at`, and whom an older backup brought back, in the caller's transaction. False: the
    backup has the erasure already.
    """
    known = select(customers.c.erased_at).where(own(principal, customers))
    if await connection.scalar(known) is not None:
        return False
    await forget_customer(connection, principal, at)
    await _tell_erasure(connection, principal, now, "erased before the restore")
    return True


_UNKNOWN: Final = {"language": "und", "level": MemberLevel.ORDINARY.value}
"""What an account must say, of one that never was; und is the tag of a language that is not known."""
_NO_CUSTOMER: Final = {
    "name": "", "email": "", "phone": "", "is_plus": False, "points": 0, "registered_at": None, "attributes": {},
}  # fmt: skip
_BLANK: Final[Mapping[Table, Mapping[str, Any]]] = {
    cases: {"words": "", "answer": None},
    tickets: {"words": ""},
    invoices: {"title": "", "tax_id": ""},
    shipments: {"tracking_number": "", "attributes": {}},
}


def _coarse(address: Mapping[str, Any]) -> dict[str, Any]:
    """Of where an order went, what taxes depend on."""
    kept = {"country", "region"}
    return {
        name: value if name in kept or not isinstance(value, str) else "" for name, value in address.items()
    }


async def _tell_erasure(
    connection: AsyncConnection, principal: Principal, now: datetime, why: str = "asked for"
) -> None:
    """The audit log and the replicas."""
    await _audit(connection, principal, now, "erase_customer", why)
    await record_change(connection, principal.tenant_id, ChangeKind.ERASURE, _customer(principal), now)


async def _audit(
    connection: AsyncConnection, principal: Principal, now: datetime, what: str, why: str = "asked for"
) -> None:
    await record_audit(connection, principal, now, what=what, entity_id=_customer(principal), why=why)
