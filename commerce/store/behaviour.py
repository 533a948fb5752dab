"""What customers did: the raw material of segments and recommendations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select

from commerce.domain.identity import Principal
from commerce.domain.tenants import BehaviourEvent, BehaviourKind
from commerce.store.connection import Connected
from commerce.store.customers import personal_facts
from commerce.store.ownership import own
from commerce.store.tables import behaviour_events


class BehaviourStore(Connected):
    async def behaviour_events(
        self, tenant_id: str, since: datetime | None = None
    ) -> tuple[BehaviourEvent, ...]:
        """A whole shop's from `since` on, oldest first, to learn from: some 100,000 rows, about a second."""
        query = _oldest_first().where(behaviour_events.c.tenant_id == tenant_id)
        if since is not None:
            query = query.where(behaviour_events.c.at >= since)
        async with self.reading() as connection:
            return tuple(_event(row) for row in await connection.execute(query))

    async def behaviour_of(self, principal: Principal) -> tuple[BehaviourEvent, ...]:
        """All that the caller's customer has done, oldest first. Raises CustomerRequired."""
        query = _oldest_first().where(own(principal, behaviour_events))
        async with self.reading() as connection:
            return tuple(_event(row) for row in await connection.execute(query))

    async def record_behaviour(self, tenant_id: str, event: BehaviourEvent) -> None:
        """Append an event; its `event_id` is not read. Raises CustomerTokenInvalid for an erased customer."""
        async with self.writing() as connection:
            await personal_facts(connection, Principal(tenant_id, event.customer_id), is_locked=True)
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


def _oldest_first() -> Select[Any]:
    return select(behaviour_events).order_by(behaviour_events.c.at, behaviour_events.c.event_id)


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
