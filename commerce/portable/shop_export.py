"""A shop's data as one file a table, with a manifest."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.portable.columns import Row, column_form, row_line
from commerce.portable.jsonl import JsonlWriter
from commerce.portable.manifest import MANIFEST, FileEntry, FileFormat, ShopManifest
from commerce.portable.parquet import ParquetWriter, file_sha256
from commerce.portable.shop_tables import SHOP_TABLES, row_order, shop_columns
from commerce.portable.snapshot import stream_rows
from commerce.store import Store
from commerce.store.migrate import head_revision
from commerce.store.tables import tenants
from commerce.store.tenants import require_tenant


async def export_shop(
    store: Store, tenant_id: str, folder: Path, now: datetime, file_format: FileFormat = FileFormat.JSONL
) -> ShopManifest:
    """Write the shop as of one instant into the new `folder`, which only this user may read: it holds personal data.

    The folder is there when everything is in it, and not before. Raises TenantNotFound, StoreNotMigrated, and FileExistsError
    where the folder is there and not empty.
    """
    await store.check()
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(errno.EEXIST, "is not empty; export into a new folder", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        async with store.reading() as connection:
            await require_tenant(connection, tenant_id)
            files = {
                table.name: await _write(connection, table, tenant_id, partial, file_format)
                for table in (tenants, *SHOP_TABLES)
            }
        manifest = ShopManifest(
            format=file_format, revision=head_revision(), tenant=tenant_id, created_at=now, files=files
        )
        (partial / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        os.rename(partial, folder)
    except BaseException:  # half an export is removed, and whatever it was is raised on
        shutil.rmtree(partial)
        raise
    return manifest


async def _write(
    connection: AsyncConnection, table: Table, tenant_id: str, folder: Path, file_format: FileFormat
) -> FileEntry:
    columns = shop_columns(table)
    rows = stream_rows(connection, columns, row_order(table), table.c.tenant_id == tenant_id)
    path = folder / f"{table.name}.{file_format}"
    if file_format is FileFormat.PARQUET:
        return await _write_parquet(path, table, rows)
    with path.open("wb") as file:
        writer = JsonlWriter(file)
        async for batch in rows:
            writer.write([row_line(row) for row in batch])
    return writer.entry()


async def _write_parquet(path: Path, table: Table, rows: AsyncIterator[list[Row]]) -> FileEntry:
    writer = ParquetWriter(path, {column.name: column_form(column) for column in shop_columns(table)})
    count = 0
    async for batch in rows:
        writer.write(batch)
        count += len(batch)
    writer.close()
    return FileEntry(rows=count, sha256=file_sha256(path))
