"""Which trained model each tenant serves. Whatever changes it is a row of the change log in the same transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import NothingToRollBack, PromotionConflict
from commerce.domain.tenants import ChangeKind, ModelKind, ModelVersion, PromotedModel
from commerce.store.changes import record_change
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.tables import promoted_models
from commerce.store.tenants import require_tenant

_PROMOTION_LOCK = 5
_MAY_BE_NONE = (ModelKind.UNDERSTANDING, ModelKind.UNDERSTANDING_SHADOW)
"""Without a model of these kinds what ships is served, or nothing reads in the shadow; the others would serve nothing."""


class ModelStore(Connected):
    async def promoted_model(self, tenant_id: str, kind: ModelKind) -> PromotedModel | None:
        """What the tenant's replicas of that kind serve; None: what ships, if anything does."""
        async with self.reading() as connection:
            return await _served(connection, tenant_id, kind)

    async def promote_model(self, tenant_id: str, kind: ModelKind, version: str, url: str) -> PromotedModel:
        """Make this version the one that is served; replicas hear of it. Raises TenantNotFound.

        What it replaces becomes its `previous`; the version that is served already keeps the one that it has.
        """
        async with self.writing() as connection:
            await lock_until_commit(connection, _PROMOTION_LOCK)
            await require_tenant(connection, tenant_id)
            replaced = await _served(connection, tenant_id, kind)
            model = PromotedModel(kind, version, url, datetime.now(UTC), _before(replaced, version))
            await _replace(connection, tenant_id, kind, model)
        return model

    async def promote_candidate(self, tenant_id: str, candidate: str, live: str | None) -> PromotedModel:
        """Let the adapter that reads in the shadow answer, and none read there; replicas hear of both.

        The two versions are those that were judged. Raises PromotionConflict, and changes nothing, where they are others now.
        """
        live_kind, shadow_kind = ModelKind.UNDERSTANDING, ModelKind.UNDERSTANDING_SHADOW
        async with self.writing() as connection:
            await lock_until_commit(connection, _PROMOTION_LOCK)
            served = await _served(connection, tenant_id, live_kind)
            shadowed = await _served(connection, tenant_id, shadow_kind)
            if shadowed is None or shadowed.version != candidate or live != (served and served.version):
                raise PromotionConflict(tenant_id)
            before = _before(served, candidate)
            model = PromotedModel(live_kind, shadowed.version, shadowed.url, datetime.now(UTC), before)
            await _replace(connection, tenant_id, live_kind, model)
            await _replace(connection, tenant_id, shadow_kind, None)
        return model

    async def rollback_model(self, tenant_id: str, kind: ModelKind) -> PromotedModel | None:
        """Serve what was served before; replicas hear of it. None: what ships, or no candidate in the shadow.

        What was served becomes its `previous`, so that a second rollback undoes the first, unless that was to None.
        Raises NothingToRollBack, too where the only model is of a kind of which none ships.
        """
        async with self.writing() as connection:
            await lock_until_commit(connection, _PROMOTION_LOCK)
            served = await _served(connection, tenant_id, kind)
            if served is None or (served.previous is None and kind not in _MAY_BE_NONE):
                raise NothingToRollBack(tenant_id, kind)
            model = _undone(served)
            await _replace(connection, tenant_id, kind, model)
        return model


def _before(replaced: PromotedModel | None, version: str) -> ModelVersion | None:
    """What `version` has as its previous one, where it takes the place of `replaced`."""
    if replaced is None:
        return None
    return replaced.previous if replaced.version == version else ModelVersion(replaced.version, replaced.url)


def _undone(served: PromotedModel) -> PromotedModel | None:
    """What was served before, with what is served now behind it."""
    back = served.previous
    if back is None:
        return None
    behind = ModelVersion(served.version, served.url)
    return PromotedModel(served.kind, back.version, back.url, datetime.now(UTC), behind)


async def _served(connection: AsyncConnection, tenant_id: str, kind: ModelKind) -> PromotedModel | None:
    query = select(promoted_models).where(_is(tenant_id, kind))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _model(row)


async def _replace(
    connection: AsyncConnection, tenant_id: str, kind: ModelKind, model: PromotedModel | None
) -> None:
    """Within the caller's transaction, as the last of it."""
    await connection.execute(delete(promoted_models).where(_is(tenant_id, kind)))
    if model is not None:
        await connection.execute(insert(promoted_models).values(_row(tenant_id, model)))
    at = datetime.now(UTC) if model is None else model.promoted_at
    await record_change(connection, tenant_id, ChangeKind.MODEL, kind.value, at)


def _is(tenant_id: str, kind: ModelKind) -> Any:
    return (promoted_models.c.tenant_id == tenant_id) & (promoted_models.c.kind == kind.value)


def _row(tenant_id: str, model: PromotedModel) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "kind": model.kind.value,
        "version": model.version,
        "url": model.url,
        "promoted_at": model.promoted_at,
        "previous_version": None if model.previous is None else model.previous.version,
        "previous_url": None if model.previous is None else model.previous.url,
    }


def _model(row: Row[Any]) -> PromotedModel:
    previous = None if row.previous_version is None else ModelVersion(row.previous_version, row.previous_url)
    return PromotedModel(ModelKind(row.kind), row.version, row.url, row.promoted_at, previous)
