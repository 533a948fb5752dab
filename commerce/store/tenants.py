"""Shops, their policies, and the change log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import PolicyConflict, PolicyInvalid, TenantExists, TenantNotFound
from commerce.domain.identity import Principal
from commerce.domain.policy import ShopPolicy
from commerce.domain.policy_checks import named_categories
from commerce.domain.policy_codec import document_digest, policy_digest, policy_from_json, policy_to_json
from commerce.domain.tenants import Change, ChangeKind, Tenant
from commerce.domain.text import LocalText
from commerce.store.audit import record_audit
from commerce.store.changes import record_change
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.tables import catalogue_terms, change_log, tenants

TENANT_LOCK = 3


class TenantStore(Connected):
    async def create_tenant(self, tenant: Tenant, policy: ShopPolicy) -> None:
        """Raises TenantExists."""
        async with self.writing() as connection:
            await insert_tenant(connection, tenant, policy)

    async def tenant(self, tenant_id: str) -> Tenant:
        """Raises TenantNotFound."""
        return tenant_from(await self._tenant_row(tenant_id))

    async def tenants(self) -> tuple[Tenant, ...]:
        """All, by id."""
        async with self.reading() as connection:
            rows = await connection.execute(select(tenants).order_by(tenants.c.tenant_id))
            return tuple(tenant_from(row) for row in rows)

    async def policy(self, tenant_id: str) -> ShopPolicy:
        """Raises TenantNotFound, and PolicyInvalid when what is stored is not a policy."""
        return stored_policy((await self._tenant_row(tenant_id)).policy)

    async def put_policy(
        self,
        tenant_id: str,
        policy: ShopPolicy,
        operator: str,
        *,
        replaces: str | None = None,
        request_id: str | None = None,
    ) -> None:
        """Replace the policy; replicas hear of it, and the audit log of `operator`.

        `replaces` is the digest of the policy that was read. Raises TenantNotFound, PolicyConflict where it is another now,
        and PolicyInvalid where it does not fit the shop.
        """
        now = datetime.now(UTC)
        async with self.writing() as connection:
            mine = tenants.c.tenant_id == tenant_id
            row = (await connection.execute(select(tenants).where(mine).with_for_update())).one_or_none()
            if row is None:
                raise TenantNotFound(tenant_id)
            if replaces is not None and document_digest(row.policy) != replaces:
                raise PolicyConflict(tenant_id)
            await check_policy_fits(connection, tenant_from(row), policy)
            await connection.execute(update(tenants).where(mine).values(policy=policy_to_json(policy)))
            why = f"{document_digest(row.policy)[:16]} -> {policy_digest(policy)[:16]}"
            await record_audit(
                connection,
                Principal(tenant_id, operator_id=operator),
                now,
                what="policy",
                entity_id=tenant_id,
                why=why,
                request_id=request_id,
            )
            await record_change(connection, tenant_id, ChangeKind.POLICY, tenant_id, now)

    async def check_policy(self, tenant_id: str, policy: ShopPolicy) -> None:
        """Whether `put_policy` would take it. Raises TenantNotFound, PolicyInvalid."""
        tenant = await self.tenant(tenant_id)
        async with self.reading() as connection:
            await check_policy_fits(connection, tenant, policy)

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


async def check_policy_fits(connection: AsyncConnection, tenant: Tenant, policy: ShopPolicy) -> None:
    """Zone and currency are the shop's; categories are those of its catalogue, where it has one. Raises PolicyInvalid."""
    for name in ("zone", "currency"):
        if getattr(policy, name) != getattr(tenant, name):
            raise PolicyInvalid(f"policy.{name}", f"is the shop's own, which is {getattr(tenant, name)!r}")
    query = select(catalogue_terms.c.slug).where(
        catalogue_terms.c.tenant_id == tenant.tenant_id, catalogue_terms.c.kind == "category"
    )
    known = set((await connection.execute(query)).scalars())
    for path, category in named_categories(policy):
        if known and category not in known:
            told = ", ".join(sorted(known))
            raise PolicyInvalid(f"policy.{path}", f"{category!r} is no category of the shop; they are {told}")


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


def tenant_from(row: Row[Any]) -> Tenant:
    return Tenant(
        tenant_id=row.tenant_id,
        name=LocalText(row.name_zh, row.name_en),
        locale=row.locale,
        zone=row.zone,
        currency=row.currency,
        attributes=row.attributes,
    )


def stored_policy(document: Mapping[str, Any]) -> ShopPolicy:
    """Read once for each content: to read and check one takes as long as several statements. Raises PolicyInvalid."""
    return _read_policy(json.dumps(document))


@lru_cache(maxsize=256)
def _read_policy(document: str) -> ShopPolicy:
    return policy_from_json(json.loads(document))
