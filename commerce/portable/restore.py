"""An archive into an empty database, of either kind, whichever it came from."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, exists, insert, inspect, make_url, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import BackupInvalid, StoreNotEmpty
from commerce.portable.archive import ArchiveReader
from commerce.portable.columns import batches, column_form
from commerce.portable.counters import go_on_after
from commerce.portable.erasures import Erasure, erase_all_again
from commerce.portable.manifest import BackupManifest
from commerce.portable.snapshot import BATCH_ROWS
from commerce.store.connection import Connected, create_engine_for, lock_until_commit
from commerce.store.migrate import MIGRATION_LOCK, head_revision, is_known_revision, move_to
from commerce.store.tables import metadata

_TABLES: Final[Mapping[str, Table]] = metadata.tables


@dataclass(frozen=True, slots=True)
class Restored:
    """`erased_again` are the customers whom the archive still knew."""

    manifest: BackupManifest
    erased_again: tuple[Erasure, ...]


async def restore(
    archive: Path, url: str, erasures: Sequence[Erasure] = (), operator: str = "restore"
) -> Restored:
    """Bring all that `archive` holds into the empty database at `url`, in one step, and its schema to this version's. Who is
    among `erasures` is erased in the same step.

    A SQLite file that is not there is made beside its place, checked, and put there whole. Raises BackupInvalid for what is
    damaged or of a newer version, StoreNotEmpty, StoreUnavailable, OSError.
    """
    reader = ArchiveReader(archive)
    with closing(reader):
        _check(reader.manifest, archive.name)
        target = make_url(url)
        path = Path(target.database or "") if target.get_backend_name() == "sqlite" else None

        async def load(into: str) -> tuple[Erasure, ...]:
            return await _load(reader, into, erasures, operator)

        if path is None or path.exists():
            erased = await load(url)
        else:
            erased = await _new_file(load, path)
    return Restored(reader.manifest, erased)


def _check(manifest: BackupManifest, name: str) -> None:
    if not is_known_revision(manifest.revision):
        problem = (
            f"is of schema {manifest.revision}, which this version does not know; its own is {head_revision()}: "
            "restore with the version that made it, or a newer one"
        )
        raise BackupInvalid(name, problem)
    for table, entry in manifest.tables.items():
        known = _TABLES.get(table)
        unknown = table if known is None else next((c for c in entry.columns if c not in known.c), None)
        if unknown is not None:
            raise BackupInvalid(f"{name}: {table}", f"{unknown} is not known to this version")


async def _new_file(load: Callable[[str], Awaitable[tuple[Erasure, ...]]], path: Path) -> tuple[Erasure, ...]:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(descriptor)
    try:
        erased = await load(f"sqlite:///{name}")
        _check_file(Path(name))
        # Unlike a rename, a link takes nobody's place.
        os.link(name, path)
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)
    return erased


def _check_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        # One file is then the whole store.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if found != ["ok"]:
        raise BackupInvalid(path.name, f"the database made of it is damaged: {found[0]}")
    if broken is not None:
        raise BackupInvalid(f"{path.name}: {broken[0]}", f"a row refers to {broken[2]}, where it is not")


async def _load(
    reader: ArchiveReader, url: str, erasures: Sequence[Erasure], operator: str
) -> tuple[Erasure, ...]:
    manifest = reader.manifest
    engine = create_engine_for(url)
    try:
        async with Connected(engine).writing() as connection:
            await lock_until_commit(connection, MIGRATION_LOCK)
            await _require_empty(connection, url)
            await connection.run_sync(move_to, manifest.revision)
            for table in metadata.sorted_tables:
                if table.name in manifest.tables:
                    await _insert(connection, reader, table)
            await go_on_after(connection, manifest.sequences)
            await connection.run_sync(move_to, head_revision())
            return await erase_all_again(connection, erasures, operator)
    finally:
        await engine.dispose()


async def _require_empty(connection: AsyncConnection, url: str) -> None:
    """A schema without rows is empty. Raises StoreNotEmpty."""
    shown = make_url(url).render_as_string(hide_password=True)
    found = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    for table in metadata.sorted_tables:
        if table.name in found and await connection.scalar(select(exists().select_from(table))):
            raise StoreNotEmpty(f"{shown} holds rows of {table.name}")


async def _insert(connection: AsyncConnection, reader: ArchiveReader, table: Table) -> None:
    columns = reader.manifest.tables[table.name].columns
    forms: dict[str, Any] = {name: column_form(table.c[name]) for name in columns}
    for batch in batches(reader.rows(table.name, forms), BATCH_ROWS):
        await connection.execute(insert(table), batch)
