"""Transactions on one database, for SQLite and PostgreSQL alike; their errors become ours here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path

from sqlalchemy import event, func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from commerce.domain.errors import StoreUnavailable
from commerce.store.sqlite import connect
from commerce.store.url import parse_store_url

_WRITES = "kefu_writes"
# PostgreSQL's SQLSTATE: connection, authorization, no such database, rolled back for another's sake (a deadlock), resources,
# shut down or cancelled, its machine; a lock or a transaction that took too long.
_UNAVAILABLE_CLASSES = frozenset({"08", "28", "3D", "40", "53", "57", "58"})
_UNAVAILABLE_STATES = frozenset({"55P03", "25P03", "25P04"})
# Ours among the advisory locks of a PostgreSQL database; the second number says which.
_LOCK_SPACE = 0x6B656675


class Connected:
    """What the parts of the store share: an engine, and a transaction for reading or for writing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite has one writer, and who finds it busy sleeps and tries again: the longer one has waited, the more rarely, so
        # that under load some wait for seconds. Writers of one process take turns instead, first come, first served.
        self._turns: asyncio.Lock | None = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One consistent snapshot. Raises StoreUnavailable."""
        async with translated_errors(), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Committed when the block ends, rolled back when it raises. Raises StoreUnavailable.

        SQLite takes its write lock at once: a transaction that reads first and then waits for the lock
        would find its snapshot stale and fail, without the busy timeout.
        """
        async with self._turns or nullcontext(), translated_errors(), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # Who waited for a row reads it as it is by then, whatever the server's default.
                await connection.execution_options(isolation_level="READ COMMITTED")
            await connection.execution_options(**{_WRITES: True})
            async with connection.begin():
                yield connection


async def lock_until_commit(connection: AsyncConnection, number: int) -> None:
    """Wait for everybody else who holds lock `number`, of this application. SQLite has one writer anyhow."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_SPACE}, {number:d})"))


async def lock_name_until_commit(connection: AsyncConnection, name: str, *, is_shared: bool) -> None:
    """As `lock_until_commit`, of what has no row to lock; `is_shared` waits only for those that do not share it."""
    if connection.dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock_shared if is_shared else func.pg_advisory_xact_lock
        await connection.execute(select(lock(func.hashtextextended(name, _LOCK_SPACE))))


@asynccontextmanager
async def translated_errors() -> AsyncIterator[None]:
    """Locked, deadlocked, unreachable, out of connections → StoreUnavailable. A broken statement or constraint is a
    bug and stays.
    """
    try:
        yield
    except DBAPIError as error:
        if not _is_unavailable(error):
            raise
        raise StoreUnavailable(_first_line(error)) from error
    except (TimeoutError, OSError) as error:
        raise StoreUnavailable(_first_line(error)) from error


def _is_unavailable(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated:
        return True
    if state is not None:
        return state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES
    if isinstance(error, InterfaceError):
        # asyncpg says so, too, of a value that its column can't hold.
        return not isinstance(_origin(error), ValueError)
    # The last one itself, not what derives from it: a file that is no SQLite database.
    return isinstance(error, OperationalError) or type(error) is DatabaseError


def _origin(error: BaseException) -> BaseException:
    """The driver's own error."""
    adapted = getattr(error, "orig", None) or error
    return getattr(adapted, "driver_exception", None) or adapted


def _first_line(error: BaseException) -> str:
    # Only the driver's own words: SQLAlchemy's text ends with the statement and its values.
    origin = _origin(error)
    return f"{type(origin).__name__}: {str(origin).splitlines()[0] if str(origin) else 'no details'}"


def create_engine_for(url: str) -> AsyncEngine:
    """An engine for `sqlite:///…` or `postgresql://…`. Raises ValueError as `parse_store_url`."""
    parsed = parse_store_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    assert parsed.database is not None
    path = Path(parsed.database)
    if not path.parent.is_dir():
        raise StoreUnavailable(f"the folder {path.parent} does not exist")
    # What a statement was given may be personal: errors tell the statement without it.
    engine = create_async_engine(parsed, async_creator=partial(connect, path), hide_parameters=True)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")
