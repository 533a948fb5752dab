"""Orders, for their owner and for agents only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.catalogue import SaleClass
from commerce.domain.customers import Address
from commerce.domain.errors import OrderNotFound
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
from commerce.store.ownership import (
    Values,
    named_customer,
    named_order,
    of_many_orders,
    of_one_customer,
    of_one_order,
    own,
)
from commerce.store.tables import (
    order_lines,
    orders,
    payments,
    products,
    settlements,
    shipments,
    tracking_events,
)


class OrderStore(Connected):
    async def orders_of(
        self, principal: Principal, limit: int = 10, states: Collection[OrderState] | None = None
    ) -> tuple[Order, ...]:
        """The customer's orders, newest first, in any of `states` (None: in all). Raises CustomerRequired."""
        query = (
            select(orders)
            .where(own(principal, orders))
            .order_by(orders.c.placed_at.desc().nulls_last(), orders.c.position.desc())
            .limit(limit)
        )
        if states is not None:
            query = query.where(orders.c.state.in_([state.value for state in states]))
        async with self.reading() as connection:
            rows = (await connection.execute(query)).all()
            return await assemble(connection, principal.tenant_id, rows)

    async def order(self, principal: Principal, order_id: str) -> Order:
        """One that the caller reaches: their own, or for an agent any of the shop's customers'. Raises CustomerRequired, and
        OrderNotFound alike for an order of somebody else and for none at all.
        """
        async with self.reading() as connection:
            return await reached_order(connection, principal, order_id, is_locked=False)


async def reached_order(
    connection: AsyncConnection, principal: Principal, order_id: str, *, is_locked: bool
) -> Order:
    """In the caller's transaction; `is_locked` keeps other writers off it until that ends. Raises as `OrderStore.order`."""
    values = named_order(principal.tenant_id, order_id)
    query = _OF_ANYBODY
    if principal.customer_id is not None or principal.agent_id is None:
        query, values = _OF_ONE, values | named_customer(principal)
    # SQLite, which has one writer anyhow, leaves the lock out.
    row = (await connection.execute(query[is_locked], values)).one_or_none()
    if row is None:
        raise OrderNotFound(order_id)
    return (await _assembled(connection, _PARTS_OF_ONE, values, (row,)))[0]


async def assemble(
    connection: AsyncConnection, tenant_id: str, rows: Iterable[Row[Any]]
) -> tuple[Order, ...]:
    """The orders of `rows`, of one tenant: four queries for any number."""
    found = tuple(rows)
    values = {"of_tenant": tenant_id, "of_order": [row.order_id for row in found]}
    return await _assembled(connection, _PARTS_OF_MANY, values, found)


async def _assembled(
    connection: AsyncConnection, parts: _Parts, values: Values, found: tuple[Row[Any], ...]
) -> tuple[Order, ...]:
    lines = await _grouped(connection, parts.lines, values, lambda row: str(row.order_id))
    paid = await _grouped(connection, parts.payments, values, lambda row: str(row.order_id))
    sent = await _grouped(connection, parts.shipments, values, lambda row: str(row.order_id))
    events: dict[str, list[Row[Any]]] = {}
    if sent:
        events = await _grouped(connection, parts.events, values, lambda row: str(row.shipment_id))
    return tuple(
        _order(
            row,
            lines=tuple(_line(line) for line in lines[row.order_id]),
            payments_made=tuple(_payment(payment) for payment in paid[row.order_id]),
            parcels=tuple(
                _shipment(parcel, events.get(parcel.shipment_id, ())) for parcel in sent[row.order_id]
            ),
        )
        for row in found
    )


async def _grouped(
    connection: AsyncConnection, query: Select[Any], values: Values, key: Callable[[Row[Any]], str]
) -> defaultdict[str, list[Row[Any]]]:
    groups: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in await connection.execute(query, values):
        groups[key(row)].append(row)
    return groups


def _with_lock(query: Select[Any]) -> tuple[Select[Any], Select[Any]]:
    return query, query.with_for_update()


@dataclass(frozen=True, slots=True)
class _Parts:
    """What hangs on orders: a query each."""

    lines: Select[Any]
    payments: Select[Any]
    shipments: Select[Any]
    events: Select[Any]


def _parts(of: Callable[[Table], ColumnElement[bool]]) -> _Parts:
    same_product = (products.c.tenant_id == order_lines.c.tenant_id) & (
        products.c.product_id == order_lines.c.product_id
    )
    about = (
        products.c.name_zh,
        products.c.name_en,
        products.c.category,
        products.c.product_type,
        products.c.sale_class,
    )
    same_payment = (settlements.c.tenant_id == payments.c.tenant_id) & (
        settlements.c.payment_id == payments.c.payment_id
    )
    settled = (settlements.c.status.label("settled_as"), settlements.c.at.label("settled_at"))
    same_parcel = (tracking_events.c.tenant_id == shipments.c.tenant_id) & (
        tracking_events.c.shipment_id == shipments.c.shipment_id
    )
    return _Parts(
        lines=select(order_lines, *about)
        .join(products, same_product)
        .where(of(order_lines))
        .order_by(order_lines.c.position),
        payments=select(payments, *settled)
        .outerjoin(settlements, same_payment)
        .where(of(payments))
        .order_by(payments.c.position),
        shipments=select(shipments).where(of(shipments)).order_by(shipments.c.shipment_id),
        events=select(tracking_events)
        .join(shipments, same_parcel)
        .where(of(shipments))
        .order_by(tracking_events.c.at.desc(), tracking_events.c.position.desc()),
    )


_PARTS_OF_ONE: Final = _parts(of_one_order)
_PARTS_OF_MANY: Final = _parts(of_many_orders)
# Read, and read with a lock.
_OF_ANYBODY: Final = _with_lock(select(orders).where(of_one_order(orders)))
_OF_ONE: Final = _with_lock(select(orders).where(of_one_order(orders), of_one_customer(orders)))


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
        discount_minor=row.discount_minor,
        product_type=row.product_type,
    )


def _payment(row: Row[Any]) -> Payment:
    return Payment(
        payment_id=row.payment_id,
        kind=PaymentKind(row.kind),
        status=PaymentStatus(row.settled_as or row.status),
        method=row.method,
        amount_minor=row.amount_minor,
        currency=row.currency,
        created_at=row.created_at,
        completed_at=row.settled_at or row.completed_at,
        method_id=row.method_id,
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
        version=row.version,
        item_changes=row.item_changes,
        coupon_id=row.coupon_id,
        urged_at=row.urged_at,
    )
