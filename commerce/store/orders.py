"""Orders, for their owner only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.catalogue import SaleClass
from commerce.domain.customers import Address
from commerce.domain.errors import CustomerRequired, OrderNotFound
from commerce.domain.identity import Principal
from commerce.domain.orders import (
    Order,
    OrderLine,
    OrderState,
    Payment,
    PaymentKind,
    PaymentStatus,
    Shipment,
    TrackingEvent,
    TrackingState,
)
from commerce.domain.text import LocalText
from commerce.store.connection import Connected
from commerce.store.tables import order_lines, orders, payments, products, shipments, tracking_events


class OrderStore(Connected):
    async def orders_of(
        self, principal: Principal, limit: int = 10, states: Collection[OrderState] | None = None
    ) -> tuple[Order, ...]:
        """The customer's orders, newest first, in any of `states` (None: in all). Raises CustomerRequired."""
        query = (
            _own(principal)
            .order_by(orders.c.placed_at.desc().nulls_last(), orders.c.position.desc())
            .limit(limit)
        )
        if states is not None:
            query = query.where(orders.c.state.in_([state.value for state in states]))
        async with self.reading() as connection:
            rows = (await connection.execute(query)).all()
            return await _assemble(connection, principal.tenant_id, rows)

    async def order(self, principal: Principal, order_id: str) -> Order:
        """Raises CustomerRequired, and OrderNotFound alike for an order of somebody else and for none at
        all.
        """
        query = _own(principal).where(orders.c.order_id == order_id)
        async with self.reading() as connection:
            rows = (await connection.execute(query)).all()
            if not rows:
                raise OrderNotFound(order_id)
            return (await _assemble(connection, principal.tenant_id, rows))[0]


def _own(principal: Principal) -> Select[Any]:
    if principal.customer_id is None:
        raise CustomerRequired
    return select(orders).where(
        orders.c.tenant_id == principal.tenant_id, orders.c.customer_id == principal.customer_id
    )


async def _assemble(
    connection: AsyncConnection, tenant_id: str, rows: Iterable[Row[Any]]
) -> tuple[Order, ...]:
    """Four queries for any number of orders."""
    found = tuple(rows)
    ids = [row.order_id for row in found]
    lines = await _grouped(connection, _lines_query(tenant_id, ids), lambda row: str(row.order_id))
    paid = await _grouped(connection, _payments_query(tenant_id, ids), lambda row: str(row.order_id))
    sent = await _grouped(connection, _shipments_query(tenant_id, ids), lambda row: str(row.order_id))
    shipment_ids = [row.shipment_id for group in sent.values() for row in group]
    events = await _grouped(
        connection, _events_query(tenant_id, shipment_ids), lambda row: str(row.shipment_id)
    )
    return tuple(
        _order(
            row,
            lines=tuple(_line(line) for line in lines[row.order_id]),
            payments_made=tuple(_payment(payment) for payment in paid[row.order_id]),
            parcels=tuple(_shipment(parcel, events[parcel.shipment_id]) for parcel in sent[row.order_id]),
        )
        for row in found
    )


async def _grouped(
    connection: AsyncConnection, query: Select[Any], key: Callable[[Row[Any]], str]
) -> defaultdict[str, list[Row[Any]]]:
    groups: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in await connection.execute(query):
        groups[key(row)].append(row)
    return groups


def _lines_query(tenant_id: str, order_ids: list[str]) -> Select[Any]:
    same_product = (products.c.tenant_id == order_lines.c.tenant_id) & (
        products.c.product_id == order_lines.c.product_id
    )
    about = (products.c.name_zh, products.c.name_en, products.c.category, products.c.sale_class)
    return (
        select(order_lines, *about)
        .join(products, same_product)
        .where(order_lines.c.tenant_id == tenant_id, order_lines.c.order_id.in_(order_ids))
        .order_by(order_lines.c.position)
    )


def _payments_query(tenant_id: str, order_ids: list[str]) -> Select[Any]:
    mine = (payments.c.tenant_id == tenant_id) & payments.c.order_id.in_(order_ids)
    return select(payments).where(mine).order_by(payments.c.position)


def _shipments_query(tenant_id: str, order_ids: list[str]) -> Select[Any]:
    mine = (shipments.c.tenant_id == tenant_id) & shipments.c.order_id.in_(order_ids)
    return select(shipments).where(mine).order_by(shipments.c.shipment_id)


def _events_query(tenant_id: str, shipment_ids: list[str]) -> Select[Any]:
    mine = (tracking_events.c.tenant_id == tenant_id) & tracking_events.c.shipment_id.in_(shipment_ids)
    return (
        select(tracking_events)
        .where(mine)
        .order_by(tracking_events.c.at.desc(), tracking_events.c.position.desc())
    )


def _line(row: Row[Any]) -> OrderLine:
    return OrderLine(
        line_id=row.line_id,
        product_id=row.product_id,
        variant_id=row.variant_id,
        name=LocalText(row.name_zh, row.name_en),
        category=row.category,
        sale_class=SaleClass(row.sale_class),
        colour=row.colour,
        size=row.size,
        options=row.options,
        quantity=row.quantity,
        unit_price_minor=row.unit_price_minor,
        currency=row.currency,
        returned_quantity=row.returned_quantity,
        exchanged_count=row.exchanged_count,
    )


def _payment(row: Row[Any]) -> Payment:
    return Payment(
        payment_id=row.payment_id,
        kind=PaymentKind(row.kind),
        status=PaymentStatus(row.status),
        method=row.method,
        amount_minor=row.amount_minor,
        currency=row.currency,
        created_at=row.created_at,
        completed_at=row.completed_at,
    )


def _shipment(row: Row[Any], events: Iterable[Row[Any]]) -> Shipment:
    return Shipment(
        shipment_id=row.shipment_id,
        carrier=LocalText(row.carrier_zh, row.carrier_en),
        tracking_number=row.tracking_number,
        shipped_at=row.shipped_at,
        expected_at=row.expected_at,
        delivered_at=row.delivered_at,
        events=tuple(
            TrackingEvent(
                at=event.at,
                state=TrackingState(event.state),
                place=LocalText(event.place_zh, event.place_en),
                text=LocalText(event.text_zh, event.text_en),
            )
            for event in events
        ),
    )


def _order(
    row: Row[Any],
    *,
    lines: tuple[OrderLine, ...],
    payments_made: tuple[Payment, ...],
    parcels: tuple[Shipment, ...],
) -> Order:
    return Order(
        order_id=row.order_id,
        customer_id=row.customer_id,
        state=OrderState(row.state),
        lines=lines,
        goods_minor=row.goods_minor,
        discount_minor=row.discount_minor,
        shipping_fee_minor=row.shipping_fee_minor,
        currency=row.currency,
        address=Address(**row.address),
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        packed_at=row.packed_at,
        shipped_at=row.shipped_at,
        delivered_at=row.delivered_at,
        cancelled_at=row.cancelled_at,
        payments=payments_made,
        shipments=parcels,
        attributes=row.attributes,
    )
