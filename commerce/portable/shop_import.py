"""An exported shop's folder into the store, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import PolicyInvalid, TenantHasData
from commerce.domain.identity import Principal
from commerce.domain.policy_codec import policy_from_json
from commerce.domain.tenants import ChangeKind
from commerce.portable.columns import Row, batches
from commerce.portable.shop_files import ShopFiles, check_shop_files, open_shop_files
from commerce.portable.shop_ledgers import check_ledgers
from commerce.portable.shop_tables import SHOP_TABLES
from commerce.portable.snapshot import BATCH_ROWS
from commerce.store import Store
from commerce.store.audit import record_audit
from commerce.store.changes import record_change
from commerce.store.connection import lock_until_commit
from commerce.store.open_cases import open_missing_cases
from commerce.store.privacy import forget_customer
from commerce.store.tables import customers, tenant_removals, tenants
from commerce.store.tenants import TENANT_LOCK, check_policy_fits, tenant_from


async def import_shop_files(
    store: Store, tenant_id: str, folder: Path, now: datetime, operator: str, *, is_replacing: bool = False
) -> dict[str, int]:
    """All rows of `folder` as the shop `tenant_id`, or none; returns how many by table.

    Everything is read and checked before the first row is written. Orders that wait for goods get the case that they lack;
    customers who were erased here stay erased, whatever the export still knows of them.

    Replacing keeps what is not the shop's own data: keys,
    conversations, actions, the audit log. Raises ImportInvalid, TenantHasData, StoreNotMigrated, OSError.
    """
    await store.check()
    files = open_shop_files(folder)
    check_shop_files(files)
    async with store.writing() as connection:
        await lock_until_commit(connection, TENANT_LOCK)
        erased: dict[str, datetime] = {}
        if is_replacing:
            erased = await _clear(connection, tenant_id)
        elif await _has_data(connection, tenant_id):
            raise TenantHasData(tenant_id)
        await _put_shop(connection, tenant_id, files)
        for table in SHOP_TABLES:
            for batch in batches(_owned(files.rows(table), tenant_id), BATCH_ROWS):
                await connection.execute(insert(table), batch)
        await check_ledgers(connection, tenant_id, files)
        await _check_policy(connection, tenant_id, files)
        await open_missing_cases(connection, tenant_id, now)
        for customer_id, at in erased.items():
            await forget_customer(connection, Principal(tenant_id, customer_id), at)
        why = f"{'replaced' if is_replacing else 'imported'} from an export of {files.manifest.tenant}"
        by = Principal(tenant_id, operator_id=operator)
        await record_audit(connection, by, now, what="import", entity_id=tenant_id, why=why)
        await record_change(connection, tenant_id, ChangeKind.TENANT, tenant_id, now)
        await record_change(connection, tenant_id, ChangeKind.CATALOGUE, tenant_id, now)
        await record_change(connection, tenant_id, ChangeKind.ARTICLE, "*", now)
    return {name: entry.rows for name, entry in files.manifest.files.items() if name != tenants.name}


def _owned(rows: Iterator[tuple[int, Row]], tenant_id: str) -> Iterator[Row]:
    for _, row in rows:
        row["tenant_id"] = tenant_id
        yield row


async def _has_data(connection: AsyncConnection, tenant_id: str) -> bool:
    for table in SHOP_TABLES:
        mine = select(func.count()).select_from(
            select(table.c.tenant_id).where(table.c.tenant_id == tenant_id).limit(1).subquery()
        )
        if await connection.scalar(mine):
            return True
    return False


async def _check_policy(connection: AsyncConnection, tenant_id: str, files: ShopFiles) -> None:
    """Raises ImportInvalid where the shop's policy names what its catalogue has not."""
    query = select(tenants).where(tenants.c.tenant_id == tenant_id)
    row = (await connection.execute(query)).one()
    try:
        await check_policy_fits(connection, tenant_from(row), policy_from_json(row.policy))
    except PolicyInvalid as error:
        raise files.fault(tenants, 1, error.field, error.problem) from None


async def _clear(connection: AsyncConnection, tenant_id: str) -> dict[str, datetime]:
    """Delete the shop's own rows; returns who was erased, and when."""
    # Money and stock moves are append-only but for a shop whose rows go as a whole.
    await connection.execute(insert(tenant_removals).values(tenant_id=tenant_id))
    for table in reversed(SHOP_TABLES):
        if table is not customers:
            await connection.execute(delete(table).where(table.c.tenant_id == tenant_id))
    # Last, and told by the deletion itself: an erasure that this one waited for counts.
    gone = await connection.execute(
        delete(customers)
        .where(customers.c.tenant_id == tenant_id)
        .returning(customers.c.customer_id, customers.c.erased_at)
    )
    erased = {row.customer_id: row.erased_at for row in gone if row.erased_at is not None}
    await connection.execute(delete(tenant_removals).where(tenant_removals.c.tenant_id == tenant_id))
    return erased


async def _put_shop(connection: AsyncConnection, tenant_id: str, files: ShopFiles) -> None:
    # As it was written, key order and all, so that it comes out again as it went in.
    row = next(_owned(files.rows(tenants), tenant_id))
    known = tenants.c.tenant_id == tenant_id
    if (await connection.execute(update(tenants).where(known).values(row))).rowcount == 0:
        await connection.execute(insert(tenants).values(row))
