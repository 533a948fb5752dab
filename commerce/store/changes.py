"""Writing the change log, in the transaction of the change itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.tenants import ChangeKind
from commerce.store.connection import lock_until_commit
from commerce.store.tables import change_log

_CHANGE_LOG_LOCK = 2


async def record_change(
    connection: AsyncConnection, tenant_id: str, kind: ChangeKind, entity_id: str, at: datetime
) -> None:
    """Append a row. Call it last in the transaction.

    PostgreSQL hands out numbers before the commit, so a reader could pass a lower number that is
    committed later: a lock until the commit makes the order of the numbers the order of the commits.
    SQLite has one writer anyhow.
    """
    await lock_until_commit(connection, _CHANGE_LOG_LOCK)
    await connection.execute(
        insert(change_log).values(tenant_id=tenant_id, kind=kind.value, entity_id=entity_id, at=at)
    )
