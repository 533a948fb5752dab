"""SQLite's connections, as SQLAlchemy's dialect for aiosqlite uses them.

A statement that finds its rows by an index takes some ten microseconds; the way to a thread and back costs the event loop ten
times that. So statements run where they are called; only what takes long or waits goes to a thread that each connection has:
a query of many steps, many rows in one call, the disk at a commit, a database that another process has locked.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_BUSY_TIMEOUT_S: Final = 10.0
_RETRY_S: Final = 0.002
# Of SQLite's machine, before a query is begun again in the thread: half a millisecond, and a hundred times an order's.
_SHORT_STEPS: Final = 20_000
# Another connection has it locked, or is bringing the file back to order after a crash.
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY)


class SQLiteConnection:
    """One call at a time. What was begun in the thread runs to its end whether its caller still waits or not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "kefu-sqlite")
        self._connection: sqlite3.Connection | None = None
        self._is_hasty = False
        self.has_written = False
        self.isolation_level = None

    async def open(self) -> None:
        """Raises sqlite3.Error; nothing stays open then."""
        try:
            self._connection = await self._in_thread(partial(_opened, self._path))
        except BaseException:  # no thread is left, and whatever it was is raised on
            self._thread.shutdown()
            raise
        self._connection.set_progress_handler(lambda: int(self._is_hasty), _SHORT_STEPS)

    def cursor(self) -> Cursor:
        return Cursor(self, self._open.cursor())

    async def short(self, call: Callable[[], _T], again: Callable[[], _T] | None = None) -> _T:
        """`again`: what to do in the thread where the call took many steps; it was stopped, and changed nothing."""
        self._is_hasty = again is not None
        try:
            return call()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_INTERRUPT, *_BUSY):
                raise
        finally:
            self._is_hasty = False
        return await self.long(again or call)

    async def long(self, call: Callable[[], _T]) -> _T:
        """In the thread, which waits for who has locked the database."""
        return await self._in_thread(partial(_patiently, call))

    async def commit(self) -> None:
        """To the disk, where there is something to keep."""
        if self.has_written:
            await self.long(self._open.commit)
            self.has_written = False
        else:
            self._open.commit()

    async def rollback(self) -> None:
        self._open.rollback()
        self.has_written = False

    async def empty_log(self) -> bool:
        """Write the log of changes into the file, and nothing over it. False where others read on for too long."""
        try:
            await self.long(partial(_checkpoint, self._open))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    async def create_function(self, *args: Any, **kwargs: Any) -> None:
        self._open.create_function(*args, **kwargs)

    async def close(self) -> None:
        """Roll back what is open, then close, whatever became of that."""
        if self._connection is None:
            return
        try:
            await self.rollback()
        finally:
            connection, self._connection = self._connection, None
            try:
                await self._in_thread(connection.close)
            finally:
                self._thread.shutdown()

    def stop(self) -> None:
        """Close without waiting, after what is under way."""
        if self._connection is not None:
            self._thread.submit(self._connection.close)
            self._connection = None
        self._thread.shutdown(wait=False)

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
        return self._connection

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        # Were the connection closed while a statement runs, SQLite would keep it, and its lock on the database, for as long
        # as anything refers to the statement. So a cancelled caller waits for its end.
        running = asyncio.get_running_loop().run_in_executor(self._thread, call)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await _ended(running)
            raise


class Cursor:
    """Of one statement at a time."""

    def __init__(self, connection: SQLiteConnection, cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor
        self._statement: tuple[str, Any] = ("", ())

    async def __aenter__(self) -> Cursor:
        return self

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, statement: str, parameters: Any = ()) -> None:
        self._statement = statement, parameters
        if self._is_query:
            await self._connection.short(self._run, again=self._run)
        else:
            self._connection.has_written |= not statement.startswith("BEGIN")
            await self._connection.short(self._run)

    async def executemany(self, statement: str, parameters: Sequence[Any]) -> None:
        self._connection.has_written = True
        await self._connection.long(partial(self._cursor.executemany, statement, parameters))

    async def fetchall(self) -> list[Any]:
        again = self._all_rows if self._is_query else None
        return await self._connection.short(self._cursor.fetchall, again)

    async def fetchmany(self, size: int) -> list[Any]:
        return await self._connection.long(partial(self._cursor.fetchmany, size))

    async def close(self) -> None:
        self._cursor.close()

    @property
    def _is_query(self) -> bool:
        return self._statement[0].startswith("SELECT")

    def _run(self) -> None:
        self._cursor.execute(*self._statement)

    def _all_rows(self) -> list[Any]:
        self._run()
        return self._cursor.fetchall()


async def connect(path: Path) -> SQLiteConnection:
    """Open, and make if need be, the database file."""
    connection = SQLiteConnection(path)
    await connection.open()
    return connection


def _opened(path: Path) -> sqlite3.Connection:
    # The driver's own transaction handling would commit before DDL and begin too late: without isolation level, we say
    # BEGIN ourselves. Who finds the database locked waits in the thread: see `_patiently`.
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        # Of two that bring a new file to WAL at once one is refused. It lets go, and finds the file in WAL soon.
        _patiently(partial(connection.execute, "PRAGMA journal_mode = WAL"))
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten: an erased customer is not left in the file's free pages.
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:  # not left open, and whatever it was is raised on
        connection.close()
        raise
    return connection


def _patiently(call: Callable[[], _T]) -> _T:
    """Again while another process has the database locked. It sleeps: for a thread."""
    give_up_at = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            return call()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(_RETRY_S)


def _checkpoint(connection: sqlite3.Connection) -> None:
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        error = sqlite3.OperationalError("others read on")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error


async def _ended(running: asyncio.Future[Any]) -> None:
    """Wait for it, however often the waiting is cancelled: a statement takes the busy timeout at most. Nobody is left to
    hear of its error, which asyncio would log.
    """
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:
            continue
    if not running.cancelled():
        running.exception()
