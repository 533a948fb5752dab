"""Cases of orders that came with a return or an exchange under way, from a shop whose cases were kept elsewhere."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.actions import LineQuantity
from commerce.domain.after_sales import OPEN_CASES, CaseKind, CaseLine, CaseState
from commerce.domain.orders import Order, OrderState
from commerce.domain.proposing.after_sales import worth
from commerce.store.orders import assemble
from commerce.store.tables import cases, orders

_KINDS: Final = {
    OrderState.RETURN_REQUESTED: CaseKind.RETURN,
    OrderState.EXCHANGE_REQUESTED: CaseKind.EXCHANGE,
}
_REASON: Final = "imported"


async def open_missing_cases(connection: AsyncConnection, tenant_id: str, now: datetime) -> int:
    """One for each order that waits for goods and has none that is open, so that an agent can end it; returns how many.

    It is for all pieces, or for the line that the order's attributes name under `after_sales`. What the customer gets for
    them is not known of an exchange.
    """
    of_order = (cases.c.tenant_id == orders.c.tenant_id) & (cases.c.order_id == orders.c.order_id)
    is_open = cases.c.state.in_([state.value for state in OPEN_CASES])
    has_case = exists().where(of_order, is_open)
    query = select(orders).where(
        orders.c.tenant_id == tenant_id, orders.c.state.in_([state.value for state in _KINDS]), ~has_case
    )
    found = await assemble(connection, tenant_id, (await connection.execute(query)).all())
    if found:
        before = await _ended(connection, tenant_id, found)
        rows = [_case_row(tenant_id, order, before[order.order_id], now) for order in found]
        await connection.execute(insert(cases), rows)
    return len(found)


async def _ended(connection: AsyncConnection, tenant_id: str, found: Sequence[Order]) -> Counter[str]:
    """How many cases each order had."""
    query = select(cases.c.order_id).where(
        cases.c.tenant_id == tenant_id, cases.c.order_id.in_([order.order_id for order in found])
    )
    return Counter((await connection.execute(query)).scalars())


def _case_row(tenant_id: str, order: Order, ended: int, now: datetime) -> dict[str, Any]:
    about = order.attributes.get("after_sales") if isinstance(order.attributes, dict) else None
    line_id = about.get("line_id") if isinstance(about, dict) else None
    back = [
        LineQuantity(line_id=line.line_id, quantity=line.quantity - line.returned_quantity)
        for line in order.lines
        if line.quantity > line.returned_quantity and line_id in (None, line.line_id)
    ]
    kind = _KINDS[order.state]
    named = f"{order.order_id} {ended}" if ended else order.order_id
    is_return = kind is CaseKind.RETURN
    return {
        "tenant_id": tenant_id,
        # The same each time that the shop is loaded.
        "case_id": f"R-{hashlib.sha256(named.encode()).hexdigest()[:16]}",
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "kind": kind.value,
        "state": CaseState.AWAITING_GOODS.value,
        "lines": [asdict(CaseLine(item.line_id, item.quantity)) for item in back],
        "reason": _REASON,
        "words": "",
        "refund_minor": worth(order, back, with_shipping=False) if is_return else 0,
        "prepaid_minor": 0,
        "currency": order.currency,
        "opened_at": now,
    }
