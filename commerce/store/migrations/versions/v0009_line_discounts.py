"""What each line has of its order's discount: by price, as it was shared out at every return before.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.String(length=64)
_KEY = ("tenant_id", "order_id")

_ORDERS = sa.table(
    "orders", *(sa.column(name, _ID) for name in _KEY), sa.column("discount_minor", sa.BigInteger())
)
_LINES = sa.table(
    "order_lines",
    *(sa.column(name, _ID) for name in (*_KEY, "line_id")),
    sa.column("position", sa.Integer()),
    sa.column("quantity", sa.Integer()),
    *(sa.column(name, sa.BigInteger()) for name in ("unit_price_minor", "discount_minor")),
)


def upgrade() -> None:
    op.add_column(
        "order_lines", sa.Column("discount_minor", sa.BigInteger(), server_default="0", nullable=False)
    )
    connection = op.get_bind()
    cost = (_LINES.c.unit_price_minor * _LINES.c.quantity).label("cost")
    query = (
        sa.select(*(_LINES.c[name] for name in (*_KEY, "line_id")), cost, _ORDERS.c.discount_minor)
        .where(_LINES.c.tenant_id == _ORDERS.c.tenant_id, _LINES.c.order_id == _ORDERS.c.order_id)
        .where(_ORDERS.c.discount_minor > 0)
        .order_by(_LINES.c.tenant_id, _LINES.c.order_id, _LINES.c.position)
    )
    found = [
        {"of_tenant": line.tenant_id, "of_line": line.line_id, "off": off}
        for _, order in groupby(connection.execute(query).all(), lambda line: (line.tenant_id, line.order_id))
        for line, off in _shared(list(order))
    ]
    if found:
        mine = (_LINES.c.tenant_id == sa.bindparam("of_tenant")) & (
            _LINES.c.line_id == sa.bindparam("of_line")
        )
        connection.execute(sa.update(_LINES).where(mine).values(discount_minor=sa.bindparam("off")), found)


def _shared(lines: list[Any]) -> list[tuple[Any, int]]:
    """The largest remainders have what rounding leaves."""
    whole, discount = sum(line.cost for line in lines), lines[0].discount_minor
    if discount > whole:
        line = lines[0]
        raise ValueError(
            f"order {line.order_id} of {line.tenant_id} has a discount of {discount} on goods of {whole}: correct it first"
        )
    found = [discount * line.cost // whole for line in lines]
    by_remainder = sorted(range(len(lines)), key=lambda place: -(discount * lines[place].cost % whole))
    for place in by_remainder[: discount - sum(found)]:
        found[place] += 1
    return list(zip(lines, found, strict=True))


def downgrade() -> None:
    op.drop_column("order_lines", "discount_minor")
