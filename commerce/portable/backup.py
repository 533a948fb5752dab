"""The whole store as one archive: every shop, with keys, conversations, actions, the audit log and the change log."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import BackupInvalid, StoreNotMigrated
from commerce.portable.archive import ArchiveWriter, new_archive
from commerce.portable.columns import ColumnForm, Row, column_form
from commerce.portable.counters import highest_numbers
from commerce.portable.jsonl import JsonlWriter, RowInvalid, readable_line
from commerce.portable.manifest import BackupManifest, TableEntry
from commerce.portable.snapshot import stream_rows
from commerce.store import Store
from commerce.store.migrate import current_revision, head_revision, is_known_revision
from commerce.store.tables import metadata

Columns = dict[Table, list[Column[Any]]]


async def back_up(store: Store, path: Path, now: datetime) -> BackupManifest:
    """Write the store as of one instant to the new file `path`; others go on reading and writing.

    Each line is read again as a restore reads it: what is written can be restored. The schema may be an older one than this
    version's. Raises StoreNotMigrated for none or one that is not known, BackupInvalid for a row that no restore would take
    (SQLite keeps longer texts than their columns), FileExistsError, OSError.
    """
    if path.exists():
        raise FileExistsError(errno.EEXIST, "is there already; give the backup a name of its own", str(path))
    with new_archive(path) as archive:
        async with store.reading() as connection:
            revision = await connection.run_sync(current_revision)
            if revision is None or not is_known_revision(revision):
                raise StoreNotMigrated(revision, head_revision())
            columns = await connection.run_sync(stored_columns)
            if columns is None:
                raise StoreNotMigrated(revision, head_revision())
            await connection.run_sync(_check_references)
            tables = {t.name: await _write(connection, archive, t, columns[t]) for t in columns}
            manifest = BackupManifest(
                revision=revision,
                database=connection.dialect.name,
                created_at=now,
                tables=tables,
                sequences=await highest_numbers(connection, frozenset(tables)),
            )
        archive.finish(manifest)
    return manifest


def stored_columns(connection: Connection) -> Columns | None:
    """The tables and columns that the database has, those first that others refer to. None where it has columns that this
    version no longer knows.
    """
    inspector = inspect(connection)
    found = set(inspector.get_table_names())
    columns: Columns = {}
    for table in metadata.sorted_tables:
        if table.name in found:
            names = [column["name"] for column in inspector.get_columns(table.name)]
            if not set(names) <= set(table.c.keys()):
                return None
            columns[table] = [table.c[name] for name in names]
    return columns


def _check_references(connection: Connection) -> None:
    """SQLite's own shell changes rows without them. Raises BackupInvalid."""
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            problem = (
                f"row {broken[1]} refers to {broken[2]}, where it is not: correct it, then back up again"
            )
            raise BackupInvalid(str(broken[0]), problem)


def _line(table: Table, forms: Mapping[str, ColumnForm], row: Row) -> bytes:
    """Raises BackupInvalid with the row's key."""
    try:
        return readable_line(row, forms)
    except RowInvalid as error:
        key = ", ".join(f"{column.name} {row[column.name]!r}" for column in table.primary_key.columns)
        problem = f"{error.field} {error.problem}".strip()
        advice = "no restore would take it: correct the row, then back up again"
        raise BackupInvalid(f"{table.name}, {key}", f"{problem}; {advice}") from None


async def _write(
    connection: AsyncConnection, archive: ArchiveWriter, table: Table, columns: list[Column[Any]]
) -> TableEntry:
    with archive.table(table.name) as file:
        writer, forms = JsonlWriter(file), {column.name: column_form(column) for column in columns}
        async for batch in stream_rows(connection, columns, tuple(table.primary_key.columns)):
            writer.write([_line(table, forms, row) for row in batch])
    entry = writer.entry()
    return TableEntry(rows=entry.rows, sha256=entry.sha256, columns=tuple(c.name for c in columns))
