"""A shop that has at least one row in each of its tables."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.store.tables import (
    cases,
    coupons,
    invoices,
    order_lines,
    orders,
    payments,
    settlements,
    stock_moves,
    tickets,
)

AT = datetime(2026, 11, 20, 1, 2, 3, 456, tzinfo=UTC)


async def fill_empty_tables(connection: AsyncConnection, tenant_id: str) -> None:
    """What the generated shop has none of, for its first delivered order."""
    query = (
        select(orders.c.order_id, orders.c.customer_id, order_lines.c.line_id, order_lines.c.variant_id)
        .join(
            order_lines,
            (order_lines.c.tenant_id == orders.c.tenant_id) & (order_lines.c.order_id == orders.c.order_id),
        )
        .where(orders.c.tenant_id == tenant_id, orders.c.state == "delivered")
        .order_by(orders.c.order_id)
        .limit(1)
    )
    order = (await connection.execute(query)).one()
    own = {"tenant_id": tenant_id, "order_id": order.order_id}
    case_lines = [{"line_id": order.line_id, "quantity": 1, "new_variant_id": None, "new_price_minor": None}]
    rows: list[tuple[Any, dict[str, Any]]] = [
        (coupons, {"tenant_id": tenant_id, "coupon_id": "K1", "customer_id": order.customer_id, "amount_minor": 500,
                   "percent": None, "currency": "CNY", "min_goods_minor": 0, "categories": ["home"], "valid_from": AT,
                   "valid_until": AT.replace(year=2027), "max_uses": 1, "used_count": 0}),
        (payments, {**own, "payment_id": "T1", "position": 90, "kind": "payment", "status": "pending", "method": "alipay",
                    "amount_minor": 100, "currency": "CNY", "created_at": AT, "method_id": "alipay-1"}),
        (settlements, {"tenant_id": tenant_id, "payment_id": "T1", "status": "failed", "at": AT}),
        (stock_moves, {**own, "variant_id": order.variant_id, "action_id": "X-1", "reason": "ship", "quantity": 1,
                       "at": AT}),
        (cases, {**own, "case_id": "C-1", "customer_id": order.customer_id, "kind": "return", "state": "review",
                 "lines": case_lines, "reason": "fault", "words": "线头“松”了\n", "refund_minor": 100, "prepaid_minor": 0,
                 "currency": "CNY", "opened_at": AT}),
        (invoices, {**own, "invoice_id": "I-1", "kind": "electronic", "title": "王芳", "tax_id": "", "amount_minor": 100,
                    "currency": "CNY", "issued_at": AT}),
        (tickets, {**own, "ticket_id": "S-1", "customer_id": order.customer_id, "kind": "complaint", "state": "open",
                   "words": "太慢", "opened_at": AT}),
    ]  # fmt: skip
    for table, row in rows:
        await connection.execute(insert(table).values(row))
