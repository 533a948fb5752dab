"""Whether the books are right after many conversations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Row, func, select

from benchmarks.dialogues.goods import IN_STOCK
from benchmarks.dialogues.moving_in import Customer
from commerce.domain.orders import PaymentKind, PaymentStatus
from commerce.store import Store
from commerce.store.tables import (
    coupons,
    orders,
    payment_methods,
    payments,
    stock_moves,
    stock_reservations,
    variants,
)

_ON_SHELF: Final = {"reserve": -1, "release": 1, "ship": 0, "receive": 1}
_KEPT: Final = {"reserve": 1, "release": -1, "ship": -1, "receive": 0}


async def audit(store: Store, customers: Collection[Customer]) -> list[str]:
    """Every violation, told; of their orders and goods, of which there were `IN_STOCK` each."""
    orders_of = {real for each in customers for real in each.ids.values()}
    prefixes = {each.prefix for each in customers}
    async with store.reading() as connection:
        paid = (await connection.execute(select(payments))).all()
        totals = (await connection.execute(select(orders))).all()
        shelves = (await connection.execute(select(variants))).all()
        moved = (await connection.execute(select(stock_moves))).all()
        kept = await connection.execute(
            select(
                stock_reservations.c.tenant_id,
                stock_reservations.c.variant_id,
                func.sum(stock_reservations.c.quantity),
            ).group_by(stock_reservations.c.tenant_id, stock_reservations.c.variant_id)
        )
        reserved = {(tenant, variant): quantity for tenant, variant, quantity in kept}
        cards = (await connection.execute(select(payment_methods.c.balance_minor))).scalars().all()
        used = (await connection.execute(select(coupons))).all()
    return [
        *_money([row for row in totals if row.order_id in orders_of], paid),
        *_stock([row for row in shelves if row.variant_id[:-5] in prefixes], moved, reserved),
        *(f"a gift card holds {balance}" for balance in cards if balance is not None and balance < 0),
        *(f"{row.coupon_id} is used {row.used_count} times" for row in used if row.used_count > row.max_uses),
    ]


def _money(totals: Any, paid: Any) -> list[str]:
    """No more goes back than came, and a running order is paid in full."""
    came: defaultdict[tuple[str, str], int] = defaultdict(int)
    went: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in paid:
        if row.kind == PaymentKind.PAYMENT and row.status == PaymentStatus.SUCCEEDED:
            came[_order(row)] += row.amount_minor
        if row.kind == PaymentKind.REFUND and row.status != PaymentStatus.FAILED:
            went[_order(row)] += row.amount_minor
    keys = [_order(row) for row in totals]
    wrong = [f"{key}: {went[key]} went back of {came[key]}" for key in keys if went[key] > came[key]]
    for row in totals:
        if row.state in ("paid", "packed", "shipped"):
            total, held = _total(row), came[_order(row)] - went[_order(row)]
            if total != held:
                wrong.append(f"{row.order_id} comes to {total}, and {held} is held")
    return wrong


def _stock(shelves: Any, moved: Any, reserved: dict[tuple[str, str], int]) -> list[str]:
    """What was on the shelf, came and went, is what is there; and what is kept is what orders keep."""
    on_shelf: defaultdict[tuple[str, str], int] = defaultdict(int)
    kept: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in moved:
        if row.action_id is not None:
            on_shelf[_variant(row)] += _ON_SHELF[row.reason] * row.quantity
        kept[_variant(row)] += _KEPT[row.reason] * row.quantity
    wrong = []
    for row in shelves:
        key = _variant(row)
        expected = IN_STOCK + on_shelf[key]
        if row.stock != expected:
            wrong.append(f"{key}: {row.stock} on the shelf, and {expected} by its moves")
        if not row.reserved == kept[key] == reserved.get(key, 0):
            wrong.append(
                f"{key}: {row.reserved} kept, {kept[key]} by its moves, {reserved.get(key, 0)} by orders"
            )
    return wrong


def _total(row: Row[Any]) -> int:
    return int(row.goods_minor - row.discount_minor + row.shipping_fee_minor)


def _order(row: Row[Any]) -> tuple[str, str]:
    return row.tenant_id, row.order_id


def _variant(row: Row[Any]) -> tuple[str, str]:
    return row.tenant_id, row.variant_id
