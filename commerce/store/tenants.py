"""Shops, their policies, and the change log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Update, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import TenantExists, TenantNotFound
from commerce.domain.policy import ShopPolicy
from commerce.domain.policy_codec import policy_from_json, policy_to_json
from commerce.domain.tenants import Change, ChangeKind, Tenant
from commerce.domain.text import LocalText
from commerce.store.changes import record_change
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.tables import change_log, tenants

TENANT_LOCK = 3


class TenantStore(Connected):
    async def create_tenant(self, tenant: Tenant, policy: ShopPolicy) -> None:
        """Raises TenantExists."""
        async with self.writing() as connection:
            await insert_tenant(connection, tenant, policy)

    async def tenant(self, tenant_id: str) -> Tenant:
        """Raises TenantNotFound."""
        return _tenant(await self._tenant_row(tenant_id))

    async def tenants(self) -> tuple[Tenant, ...]:
        """All, by id."""
        async with self.reading() as connection:
            rows = await connection.execute(select(tenants).order_by(tenants.c.tenant_id))
            return tuple(_tenant(row) for row in rows)

    async def policy(self, tenant_id: str) -> ShopPolicy:
        """Raises TenantNotFound, and PolicyInvalid when what is stored is not a policy."""
        return policy_from_json((await self._tenant_row(tenant_id)).policy)

    async def put_policy(self, tenant_id: str, policy: ShopPolicy) -> None:
        """Replace the policy; replicas hear of it. Raises TenantNotFound."""
        statement: Update = (
            update(tenants).where(tenants.c.tenant_id == tenant_id).values(policy=policy_to_json(policy))
        )
        async with self.writing() as connection:
            if (await connection.execute(statement)).rowcount == 0:
                raise TenantNotFound(tenant_id)
            await record_change(connection, tenant_id, ChangeKind.POLICY, tenant_id, datetime.now(UTC))

    async def changes_since(self, seq: int, limit: int = 500) -> tuple[Change, ...]:
        """The changes after number `seq`, oldest first, of all tenants."""
        query = select(change_log).where(change_log.c.seq > seq).order_by(change_log.c.seq).limit(limit)
        async with self.reading() as connection:
            rows = await connection.execute(query)
            return tuple(
                Change(row.seq, row.tenant_id, ChangeKind(row.kind), row.entity_id, row.at) for row in rows
            )

    async def latest_change(self) -> int:
        """The highest number; 0 when nothing has changed yet."""
        async with self.reading() as connection:
            highest = await connection.scalar(select(func.max(change_log.c.seq)))
        return highest or 0

    async def _tenant_row(self, tenant_id: str) -> Row[Any]:
        async with self.reading() as connection:
            row = (
                await connection.execute(select(tenants).where(tenants.c.tenant_id == tenant_id))
            ).one_or_none()
        if row is None:
            raise TenantNotFound(tenant_id)
        return row


async def require_tenant(connection: AsyncConnection, tenant_id: str) -> None:
    """Raises TenantNotFound."""
    known = select(tenants.c.tenant_id).where(tenants.c.tenant_id == tenant_id)
    if (await connection.execute(known)).first() is None:
        raise TenantNotFound(tenant_id)


async def insert_tenant(connection: AsyncConnection, tenant: Tenant, policy: ShopPolicy) -> None:
    """Within the caller's transaction. Raises TenantExists."""
    await lock_until_commit(connection, TENANT_LOCK)
    found = await connection.execute(
        select(tenants.c.tenant_id).where(tenants.c.tenant_id == tenant.tenant_id)
    )
    if found.first() is not None:
        raise TenantExists(tenant.tenant_id)
    await connection.execute(
        insert(tenants).values(
            tenant_id=tenant.tenant_id,
            name_zh=tenant.name.zh,
            name_en=tenant.name.en,
            locale=tenant.locale,
            zone=tenant.zone,
            currency=tenant.currency,
            policy=policy_to_json(policy),
            attributes=dict(tenant.attributes),
        )
    )
    await record_change(connection, tenant.tenant_id, ChangeKind.TENANT, tenant.tenant_id, datetime.now(UTC))


def _tenant(row: Row[Any]) -> Tenant:
    return Tenant(
        tenant_id=row.tenant_id,
        name=LocalText(row.name_zh, row.name_en),
        locale=row.locale,
        zone=row.zone,
        currency=row.currency,
        attributes=row.attributes,
    )
