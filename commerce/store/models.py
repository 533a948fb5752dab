"""Which trained model each tenant serves. A promotion is a row of the change log in the same transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select

from commerce.domain.errors import TenantNotFound
from commerce.domain.tenants import ChangeKind, ModelKind, PromotedModel
from commerce.store.changes import record_change
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.tables import promoted_models, tenants

_PROMOTION_LOCK = 5


class ModelStore(Connected):
    async def promoted_model(self, tenant_id: str, kind: ModelKind) -> PromotedModel | None:
        """What the tenant's replicas of that kind serve; None before a first training."""
        query = select(promoted_models).where(_is(tenant_id, kind))
        async with self.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _model(row)

    async def promote_model(self, tenant_id: str, kind: ModelKind, version: str, url: str) -> PromotedModel:
        """Make this version the one that is served; replicas hear of it. Raises TenantNotFound."""
        model = PromotedModel(kind, version, url, datetime.now(UTC))
        async with self.writing() as connection:
            await lock_until_commit(connection, _PROMOTION_LOCK)
            known = select(tenants.c.tenant_id).where(tenants.c.tenant_id == tenant_id)
            if (await connection.execute(known)).first() is None:
                raise TenantNotFound(tenant_id)
            await connection.execute(delete(promoted_models).where(_is(tenant_id, kind)))
            await connection.execute(
                insert(promoted_models).values(
                    tenant_id=tenant_id,
                    kind=kind.value,
                    version=version,
                    url=url,
                    promoted_at=model.promoted_at,
                )
            )
            await record_change(connection, tenant_id, ChangeKind.MODEL, kind.value, model.promoted_at)
        return model


def _is(tenant_id: str, kind: ModelKind) -> Any:
    return (promoted_models.c.tenant_id == tenant_id) & (promoted_models.c.kind == kind.value)


def _model(row: Row[Any]) -> PromotedModel:
    return PromotedModel(ModelKind(row.kind), row.version, row.url, row.promoted_at)
