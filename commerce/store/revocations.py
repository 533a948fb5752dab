"""Revoked tokens. Replicas hear of them through the change log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import RevocationInvalid
from commerce.domain.identity import Principal
from commerce.domain.revocations import Revocation, Revocations, RevocationScope
from commerce.domain.tenants import ChangeKind
from commerce.store.audit import record_audit
from commerce.store.changes import record_change
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.tables import token_revocations
from commerce.store.tenants import require_tenant

_REVOCATION_LOCK = 8


class RevocationStore(Connected):
    async def revoke_tokens(
        self, operator: Principal, wanted: Revocation, now: datetime, request_id: str | None = None
    ) -> Revocation:
        """Refuse them from now on; the audit log says who did it. What is returned holds: an earlier revocation of the same
        customer, agent or pages that goes further stays. Nobody is asked whether the id is known: the shop mints tokens.

        Raises TenantNotFound, and RevocationInvalid for an instant after `now`.
        """
        if wanted.not_before > now:
            raise RevocationInvalid(
                "before", "is still to come, and would lock out tokens not yet issued; leave it out for now"
            )
        async with self.writing() as connection:
            await lock_until_commit(connection, _REVOCATION_LOCK)
            await require_tenant(connection, operator.tenant_id)
            made = await _further(connection, operator.tenant_id, wanted)
            await _replace(connection, operator.tenant_id, made, now)
            await record_audit(
                connection,
                replace(operator, customer_id=_customer_of(made)),
                now,
                what="revoke_tokens",
                entity_id=made.entity_id,
                why=f"{made.scope.value}: issued before {made.not_before.isoformat(timespec='seconds')}",
                request_id=request_id,
            )
            await record_change(connection, operator.tenant_id, ChangeKind.TOKEN, made.entity_id, now)
        return made

    async def revocations(self, tenant_id: str, since: datetime) -> Revocations:
        """Those made at `since` or later: whoever asks knows that what was revoked before it has expired."""
        query = select(token_revocations).where(
            token_revocations.c.tenant_id == tenant_id, token_revocations.c.revoked_at >= since
        )
        async with self.reading() as connection:
            rows = (await connection.execute(query)).all()
        found = [Revocation(RevocationScope(row.scope), row.entity_id, row.not_before) for row in rows]
        of_one = RevocationScope.TOKEN
        return Revocations(
            frozenset(each.entity_id for each in found if each.scope is of_one),
            {(each.scope, each.entity_id): each.not_before for each in found if each.scope is not of_one},
        )


def _customer_of(made: Revocation) -> str | None:
    return made.entity_id if made.scope is RevocationScope.CUSTOMER else None


def _is(tenant_id: str, wanted: Revocation) -> ColumnElement[bool]:
    return (
        (token_revocations.c.tenant_id == tenant_id)
        & (token_revocations.c.scope == wanted.scope.value)
        & (token_revocations.c.entity_id == wanted.entity_id)
    )


async def _further(connection: AsyncConnection, tenant_id: str, wanted: Revocation) -> Revocation:
    before = await connection.scalar(select(token_revocations.c.not_before).where(_is(tenant_id, wanted)))
    return wanted if before is None or before < wanted.not_before else replace(wanted, not_before=before)


async def _replace(connection: AsyncConnection, tenant_id: str, made: Revocation, now: datetime) -> None:
    await connection.execute(delete(token_revocations).where(_is(tenant_id, made)))
    await connection.execute(
        insert(token_revocations).values(
            tenant_id=tenant_id,
            scope=made.scope.value,
            entity_id=made.entity_id,
            not_before=made.not_before,
            revoked_at=now,
        )
    )
