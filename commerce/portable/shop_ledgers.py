"""Sums that hold over a shop's rows, asked of the database before they are committed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.orders import PaymentKind, PaymentStatus
from commerce.portable.shop_files import ShopFiles
from commerce.store.tables import payments, settlements, stock_reservations, variants


async def check_ledgers(connection: AsyncConnection, tenant_id: str, files: ShopFiles) -> None:
    """Raises ImportInvalid where more went back than came, or other pieces are reserved than orders wait for."""
    if (order := (await connection.execute(_overpaid(tenant_id))).first()) is not None:
        problem = f"order {order.order_id!r} is paid {order.came}, and {order.went} went back"
        raise files.fault(payments, 0, "amount_minor", problem)
    if (variant := await _misreserved(connection, tenant_id)) is not None:
        problem = (
            f"variant {variant.variant_id!r} says {variant.reserved}, and orders wait for {variant.held}"
        )
        raise files.fault(variants, 0, "reserved", problem)


def _overpaid(tenant_id: str) -> Select[tuple[str, int, int]]:
    status = func.coalesce(settlements.c.status, payments.c.status)
    is_refund = payments.c.kind == PaymentKind.REFUND.value
    came = func.sum(
        case((and_(~is_refund, status == PaymentStatus.SUCCEEDED.value), payments.c.amount_minor), else_=0)
    )
    went = func.sum(
        case((and_(is_refund, status != PaymentStatus.FAILED.value), payments.c.amount_minor), else_=0)
    )
    settled = and_(
        settlements.c.tenant_id == payments.c.tenant_id, settlements.c.payment_id == payments.c.payment_id
    )
    return (
        select(payments.c.order_id, came.label("came"), went.label("went"))
        .select_from(payments.outerjoin(settlements, settled))
        .where(payments.c.tenant_id == tenant_id)
        .group_by(payments.c.order_id)
        .having(went > came)
        .order_by(payments.c.order_id)
        .limit(1)
    )


async def _misreserved(connection: AsyncConnection, tenant_id: str) -> Any:
    held = func.coalesce(func.sum(stock_reservations.c.quantity), 0)
    same = and_(
        stock_reservations.c.tenant_id == variants.c.tenant_id,
        stock_reservations.c.variant_id == variants.c.variant_id,
    )
    query = (
        select(variants.c.variant_id, variants.c.reserved, held.label("held"))
        .select_from(variants.outerjoin(stock_reservations, same))
        .where(variants.c.tenant_id == tenant_id)
        .group_by(variants.c.variant_id, variants.c.reserved)
        .having(held != variants.c.reserved)
        .order_by(variants.c.variant_id)
        .limit(1)
    )
    return (await connection.execute(query)).first()
