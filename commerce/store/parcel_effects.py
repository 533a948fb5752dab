"""Effects on an order's way to the customer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from commerce.domain.orders import OrderState
from commerce.domain.proposals import Advanced, ParcelSeen, ParcelSent
from commerce.store.applying import Applying, new_id
from commerce.store.ownership import of_one_order
from commerce.store.tables import orders, shipments, tracking_events

_TIMES: Final = {
    OrderState.PAID: "paid_at",
    OrderState.PACKED: "packed_at",
    OrderState.SHIPPED: "shipped_at",
    OrderState.DELIVERED: "delivered_at",
}


async def apply_advanced(applying: Applying, effect: Advanced) -> None:
    """The state, and the time at which it was reached."""
    values: dict[str, Any] = {"state": effect.after.value, _TIMES[effect.after]: effect.at}
    await applying.one(
        update(orders).where(of_one_order(orders), orders.c.state == effect.before.value).values(values)
    )
    if effect.after is OrderState.DELIVERED:
        arrived = update(shipments).where(of_one_order(shipments)).values(delivered_at=effect.at)
        await applying.connection.execute(arrived, applying.named)


async def apply_parcel_sent(applying: Applying, effect: ParcelSent) -> str:
    """A new parcel, whose id is returned."""
    shipment_id = new_id("P")
    await applying.add(
        shipments,
        shipment_id=shipment_id,
        attributes={},
        **asdict(effect),
    )
    return shipment_id


async def apply_parcel_seen(applying: Applying, effect: ParcelSeen) -> None:
    """After what was seen of it before."""
    mine = (tracking_events.c.tenant_id == applying.tenant_id) & (
        tracking_events.c.shipment_id == effect.shipment_id
    )
    last = await applying.connection.scalar(select(func.max(tracking_events.c.position)).where(mine))
    await applying.connection.execute(
        insert(tracking_events).values(
            tenant_id=applying.tenant_id,
            position=0 if last is None else last + 1,
            **asdict(effect) | {"state": effect.state.value},
        )
    )
