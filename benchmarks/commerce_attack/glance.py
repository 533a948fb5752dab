"""What there is to see of an order, by one who means to do something with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.after_sales import OPEN_CASES
from commerce.store import Store
from commerce.store.ownership import Values, named_order, of_one_customer, of_one_order
from commerce.store.tables import actions, cases, coupons, order_lines, orders, payments, settlements


@dataclass(frozen=True, slots=True)
class LineSeen:
    line_id: str
    product_id: str
    variant_id: str
    quantity: int
    left: int


@dataclass(frozen=True, slots=True)
class Glance:
    """`state` None: there is no such order. `refunds` are under way; `has_failed`: one did not arrive. `taken`: payments of
    actions, booked as come; `missing_minor`: what of them did not come. `last_at`: of its newest step.
    """

    tenant_id: str
    order_id: str
    owner: str
    state: str | None
    total_minor: int = 0
    lines: tuple[LineSeen, ...] = ()
    cases: tuple[str, ...] = ()
    refunds: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    missing_minor: int = 0
    has_failed: bool = False
    last_at: datetime | None = None


_ORDER: Final = select(orders).where(of_one_order(orders))
_LINES: Final = select(order_lines).where(of_one_order(order_lines)).order_by(order_lines.c.position)
_COUPONS: Final = (
    select(coupons.c.coupon_id)
    .where(of_one_customer(coupons), coupons.c.used_count < coupons.c.max_uses)
    .limit(5)
)
_OPENED: Final = (
    select(cases)
    .where(of_one_order(cases), cases.c.state.in_([state.value for state in OPEN_CASES]))
    .order_by(cases.c.opened_at)
)
_PAYMENTS: Final = (
    select(payments, settlements.c.status.label("settled_as"), actions.c.kind.label("made_by"))
    .outerjoin(
        settlements,
        (settlements.c.tenant_id == payments.c.tenant_id)
        & (settlements.c.payment_id == payments.c.payment_id),
    )
    .outerjoin(
        actions,
        (actions.c.tenant_id == payments.c.tenant_id) & (actions.c.action_id == payments.c.action_id),
    )
    .where(of_one_order(payments))
    .order_by(payments.c.position)
)


async def glance(store: Store, tenant_id: str, order_id: str, owner: str) -> Glance:
    """Past every rule of who may see what: whoever attacks may know it."""
    key = named_order(tenant_id, order_id)
    async with store.reading() as connection:
        row = (await connection.execute(_ORDER, key)).one_or_none()
        if row is None:
            return Glance(tenant_id, order_id, owner, None)
        lines = tuple(
            LineSeen(
                line.line_id,
                line.product_id,
                line.variant_id,
                line.quantity,
                line.quantity - line.returned_quantity,
            )
            for line in await connection.execute(_LINES, key)
        )
        total = row.goods_minor - row.discount_minor + row.shipping_fee_minor
        seen = await _around(connection, key, owner, row.state)
        times = (row.placed_at, row.paid_at, row.packed_at, row.shipped_at)
        last_at = max((each for each in times if each is not None), default=None)
        return Glance(tenant_id, order_id, owner, row.state, total, lines, last_at=last_at, **seen)


async def _around(connection: AsyncConnection, key: Values, owner: str, state: str) -> dict[str, Any]:
    """Only what is of use in that state."""
    if state == "pending_payment":
        given = await connection.execute(_COUPONS, {"of_tenant": key["of_tenant"], "of_customer": owner})
        return {"coupons": tuple(sorted(given.scalars()))}
    found = (await connection.execute(_PAYMENTS, key)).all()
    refunds = [row for row in found if row.kind == "refund"]
    taken = [row for row in found if row.kind == "payment" and row.made_by != "order_paid"]
    return {
        "cases": tuple(row.case_id for row in await connection.execute(_OPENED, key)),
        "refunds": tuple(row.payment_id for row in refunds if (row.settled_as or row.status) == "pending"),
        "taken": tuple(row.payment_id for row in taken if row.settled_as is None),
        "missing_minor": _missing(found),
        "has_failed": any(row.settled_as == "failed" for row in refunds),
    }


def _missing(found: Sequence[Row[Any]]) -> int:
    """What was declined, less what was told as paid since."""
    missing = 0
    for row in found:
        if row.made_by == "order_paid":
            missing -= row.amount_minor if missing else 0
        elif row.kind == "payment" and row.settled_as == "failed":
            missing += row.amount_minor
    return missing
