"""A case for each order that waited for goods before there were cases.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.String(length=64)
_KINDS = {"return_requested": "return", "exchange_requested": "exchange"}
_REASON = "imported"

_ORDERS = sa.table(
    "orders",
    *(sa.column(name, _ID) for name in ("tenant_id", "order_id", "customer_id", "state", "currency")),
    sa.column("attributes", sa.JSON()),
    sa.column("goods_minor", sa.BigInteger()),
    sa.column("discount_minor", sa.BigInteger()),
)
_LINES = sa.table(
    "order_lines",
    *(sa.column(name, _ID) for name in ("tenant_id", "order_id", "line_id")),
    sa.column("quantity", sa.Integer()),
    sa.column("returned_quantity", sa.Integer()),
    sa.column("unit_price_minor", sa.BigInteger()),
)
_CASES = sa.table(
    "cases",
    *(sa.column(name, _ID) for name in ("tenant_id", "case_id", "order_id", "customer_id", "kind", "state")),
    sa.column("lines", sa.JSON()),
    *(sa.column(name, sa.Text()) for name in ("reason", "words", "currency")),
    *(sa.column(name, sa.BigInteger()) for name in ("refund_minor", "prepaid_minor")),
    sa.column("opened_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    connection = op.get_bind()
    waiting = (
        sa.select(_ORDERS)
        .where(_ORDERS.c.state.in_(_KINDS))
        .where(
            ~sa.exists().where(
                _CASES.c.tenant_id == _ORDERS.c.tenant_id, _CASES.c.order_id == _ORDERS.c.order_id
            )
        )
    )
    for order in connection.execute(waiting).all():
        connection.execute(sa.insert(_CASES).values(_case(order, _back(connection, order))))


def _back(connection: sa.Connection, order: Any) -> list[Any]:
    """The lines that come back: that which the order names, or all of which pieces are left."""
    about = order.attributes.get("after_sales") if isinstance(order.attributes, dict) else None
    named = about.get("line_id") if isinstance(about, dict) else None
    query = sa.select(_LINES).where(
        _LINES.c.tenant_id == order.tenant_id,
        _LINES.c.order_id == order.order_id,
        _LINES.c.quantity > _LINES.c.returned_quantity,
    )
    return [line for line in connection.execute(query).all() if named in (None, line.line_id)]


def _case(order: Any, lines: list[Any]) -> dict[str, Any]:
    price = sum(line.unit_price_minor * (line.quantity - line.returned_quantity) for line in lines)
    # Their share of what was paid for the goods; what is no longer held is not paid twice, whatever stands here.
    paid = order.goods_minor - order.discount_minor
    refund = price * paid // order.goods_minor if order.goods_minor else 0
    return {
        "tenant_id": order.tenant_id,
        "case_id": f"R-{hashlib.sha256(order.order_id.encode()).hexdigest()[:16]}",
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "kind": _KINDS[order.state],
        "state": "awaiting_goods",
        "lines": [
            {
                "line_id": line.line_id,
                "quantity": line.quantity - line.returned_quantity,
                "new_variant_id": None,
                "new_price_minor": None,
            }
            for line in lines
        ],
        "reason": _REASON,
        "words": "",
        "refund_minor": refund if order.state == "return_requested" else 0,
        "prepaid_minor": 0,
        "currency": order.currency,
        "opened_at": datetime.now(UTC),
    }


def downgrade() -> None:
    op.execute(sa.delete(_CASES).where(_CASES.c.reason == _REASON, _CASES.c.state == "awaiting_goods"))
