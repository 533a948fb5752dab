"""The audit log: who did what to whose, and by which rules. Rows are only added; the database refuses anything else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.audit import AuditEntry
from commerce.domain.identity import Principal
from commerce.store.connection import Connected
from commerce.store.tables import audit_log


class AuditStore(Connected):
    async def audit_entries(
        self,
        tenant_id: str,
        *,
        order_id: str | None = None,
        customer_id: str | None = None,
        since: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> tuple[AuditEntry, ...]:
        """Oldest first, at most `limit` with ids above `after`: the last one's id begins the next page."""
        query = (
            select(audit_log)
            .where(audit_log.c.tenant_id == tenant_id, audit_log.c.entry_id > after)
            .order_by(audit_log.c.entry_id)
            .limit(limit)
        )
        if order_id is not None:
            query = query.where(audit_log.c.entity_id == order_id)
        if customer_id is not None:
            query = query.where(audit_log.c.customer_id == customer_id)
        if since is not None:
            query = query.where(audit_log.c.at >= since)
        async with self.reading() as connection:
            return tuple(_entry(row) for row in await connection.execute(query))


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        entry_id=row.entry_id,
        at=row.at,
        caller=row.caller,
        customer_id=row.customer_id,
        what=row.what,
        entity_id=row.entity_id,
        why=row.why,
        request_id=row.request_id,
    )


async def record_audit(
    connection: AsyncConnection,
    principal: Principal,
    at: datetime,
    *,
    what: str,
    entity_id: str,
    why: str,
    request_id: str | None = None,
) -> None:
    """In the transaction of what is told, so that neither is there without the other. No free text goes in."""
    entry = {
        "tenant_id": principal.tenant_id,
        "at": at,
        "caller": principal.caller,
        "customer_id": principal.customer_id,
        "what": what,
        "entity_id": entity_id,
        "why": why,
        "request_id": request_id,
    }
    await connection.execute(insert(audit_log), entry)
