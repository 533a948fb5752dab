"""What customers did: the raw material of segments and recommendations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from commerce.domain.tenants import BehaviourEvent, BehaviourKind
from commerce.store.connection import Connected
from commerce.store.tables import behaviour_events


class BehaviourStore(Connected):
    async def behaviour_events(
        self, tenant_id: str, since: datetime | None = None, customer_id: str | None = None
    ) -> tuple[BehaviourEvent, ...]:
        """Oldest first; from `since` on, of one customer or of all. A whole shop is some 100,000 rows,
        about a second.
        """
        query = (
            select(behaviour_events)
            .where(behaviour_events.c.tenant_id == tenant_id)
            .order_by(behaviour_events.c.at, behaviour_events.c.event_id)
        )
        if since is not None:
            query = query.where(behaviour_events.c.at >= since)
        if customer_id is not None:
            query = query.where(behaviour_events.c.customer_id == customer_id)
        async with self.reading() as connection:
            return tuple(_event(row) for row in await connection.execute(query))

    async def record_behaviour(self, tenant_id: str, event: BehaviourEvent) -> None:
        """Append an event; its `event_id` is not read."""
        async with self.writing() as connection:
            await connection.execute(
                insert(behaviour_events).values(
                    tenant_id=tenant_id,
                    customer_id=event.customer_id,
                    product_id=event.product_id,
                    category=event.category,
                    kind=event.kind.value,
                    quantity=event.quantity,
                    amount_minor=event.amount_minor,
                    currency=event.currency,
                    order_id=event.order_id,
                    at=event.at,
                )
            )


def _event(row: Row[Any]) -> BehaviourEvent:
    return BehaviourEvent(
        event_id=row.event_id,
        customer_id=row.customer_id,
        product_id=row.product_id,
        category=row.category,
        kind=BehaviourKind(row.kind),
        quantity=row.quantity,
        amount_minor=row.amount_minor,
        currency=row.currency,
        order_id=row.order_id,
        at=row.at,
    )
