"""Who was erased, in a file beside the backups: those from before hold them still, and a restore brings them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import BackupInvalid
from commerce.domain.identity import Principal
from commerce.store import Store
from commerce.store.privacy import erase_again
from commerce.store.tables import customers, tenants

_Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Erasure(_Strict):
    """Ids alone: nothing else is known of them."""

    tenant_id: _Id
    customer_id: _Id
    erased_at: AwareDatetime


class Erasures(_Strict):
    """All of a store's, of every shop. One document, so that half of it is none."""

    kind: Literal["kefu-erasures"] = "kefu-erasures"
    created_at: AwareDatetime
    erasures: tuple[Erasure, ...]


async def stored_erasures(store: Store, now: datetime) -> Erasures:
    """Raises StoreNotMigrated."""
    await store.check()
    query = (
        select(customers.c.tenant_id, customers.c.customer_id, customers.c.erased_at)
        .where(customers.c.erased_at.is_not(None))
        .order_by(customers.c.erased_at, customers.c.tenant_id, customers.c.customer_id)
    )
    async with store.reading() as connection:
        rows = (await connection.execute(query)).mappings().all()
    return Erasures(created_at=now, erasures=tuple(Erasure(**row) for row in rows))


def read_erasures(path: Path) -> Erasures:
    """Raises BackupInvalid with the first field that is wrong, OSError."""
    try:
        return Erasures.model_validate_json(path.read_bytes())
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join((path.name, *(str(part) for part in fault["loc"])))
        raise BackupInvalid(where, fault["msg"]) from None


async def erase_all_again(
    connection: AsyncConnection, erasures: Sequence[Erasure], operator: str
) -> tuple[Erasure, ...]:
    """In the caller's transaction; returns those that the store did not have. What is of a shop that it does not have is of
    nobody.
    """
    shops = set((await connection.execute(select(tenants.c.tenant_id))).scalars())
    now = datetime.now(UTC)
    found = []
    for each in erasures:
        principal = Principal(each.tenant_id, each.customer_id, operator_id=operator)
        if each.tenant_id in shops and await erase_again(connection, principal, each.erased_at, now):
            found.append(each)
    return tuple(found)
