"""Transactions on one database, for SQLite and PostgreSQL alike; their errors become ours here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from commerce.domain.errors import StoreUnavailable
from commerce.store.sqlite import connect

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_BUSY_TIMEOUT_MS = 10_000
_WRITES = "kefu_writes"
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
            await connection.execution_options(**{_WRITES: True})
            async with connection.begin():
                yield connection


async def lock_until_commit(connection: AsyncConnection, number: int) -> None:
    """Wait for everybody else who holds lock `number`, of this application. SQLite has one writer anyhow."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_SPACE}, {number:d})"))


@asynccontextmanager
async def translated_errors() -> AsyncIterator[None]:
    """Locked, unreachable, out of connections → StoreUnavailable. A broken statement or constraint is a
    bug and stays.
    """
    try:
        yield
    except (OperationalError, InterfaceError, TimeoutError) as error:
        raise StoreUnavailable(_first_line(error)) from error
    except DBAPIError as error:
        # These two themselves, not what derives from them: asyncpg's refusals to connect (no such database, bad
        # password, starting up), and a file that is no SQLite database.
        if not error.connection_invalidated and type(error) not in (DBAPIError, DatabaseError):
            raise
        raise StoreUnavailable(_first_line(error)) from error
    except OSError as error:
        raise StoreUnavailable(_first_line(error)) from error


def _first_line(error: BaseException) -> str:
    # Only the driver's own words: SQLAlchemy's text ends with the statement and its values.
    origin = getattr(error, "orig", None) or error
    return f"{type(origin).__name__}: {str(origin).splitlines()[0] if str(origin) else 'no details'}"


def create_engine_for(url: str) -> AsyncEngine:
    """An engine for `sqlite:///…` or `postgresql://…`, with the async driver filled in.

    Raises ValueError for another database, for SQLite in memory, which each connection would have for itself, and for
    options in SQLite's URL.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"the store runs on SQLite or PostgreSQL, not on {backend!r}")
    parsed = parsed.set(drivername=_DRIVERS[backend])
    if backend != "sqlite":
        return create_async_engine(parsed, pool_pre_ping=True)
    if parsed.database in (None, "", ":memory:"):
        raise ValueError("the store needs a SQLite file: sqlite:////absolute/path.db")
    if parsed.query:
        # Each connection is opened by its path alone.
        options = ", ".join(parsed.query)
        raise ValueError(f"the store's SQLite takes no options; write its URL without ?{options}")
    path = Path(parsed.database)
    if not path.parent.is_dir():
        raise StoreUnavailable(f"the folder {path.parent} does not exist")
    engine = create_async_engine(parsed, async_creator=partial(connect, path))
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would commit before DDL and begin too late: we say BEGIN
    # ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")
