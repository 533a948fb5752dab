"""SQLite's connections: what runs where, who waits for whom, and what becomes of the cancelled."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import StoreUnavailable
from commerce.store import sqlite
from commerce.store.connection import Connected, create_engine_for
from commerce.store.sqlite import SQLiteConnection, connect

ROWS = 100_000
NUMBERS = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i FROM n)"


@pytest_asyncio.fixture
async def connection(tmp_path: Path) -> SQLiteConnection:
    return await connect(tmp_path / "plain.db")


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Connected]:
    engine = create_engine_for(f"sqlite:///{tmp_path / 'plain.db'}")
    opened = Connected(engine)
    async with opened.writing() as connection:
        await connection.execute(text("CREATE TABLE t (i INTEGER PRIMARY KEY, n INTEGER)"))
        await connection.execute(text(f"INSERT INTO t SELECT i, 0 FROM {NUMBERS.format(ROWS)}"))
    yield opened
    await engine.dispose()


async def threads_of(connection: AsyncConnection) -> list[int]:
    """In which thread each call of the SQL function `seen` was made from now on."""
    found: list[int] = []

    def seen() -> int:
        found.append(threading.get_ident())
        return 1

    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.create_function("seen", 0, seen)
    return found


async def test_what_is_short_runs_where_it_is_called(store: Connected) -> None:
    async with store.reading() as connection:
        found = await threads_of(connection)
        assert (await connection.execute(text("SELECT i FROM t WHERE i = 7 AND seen()"))).all() == [(7,)]
    assert found == [threading.get_ident()]


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT count(*), 0 FROM t WHERE seen() AND i <= {ROWS}",
        f"SELECT i, n FROM t WHERE seen() AND i <= {ROWS} ORDER BY i",
    ],
)
async def test_what_is_long_leaves_the_loop_to_others_and_misses_nothing(
    store: Connected, query: str
) -> None:
    async with store.reading() as connection:
        found = await threads_of(connection)
        rows = (await connection.execute(text(query))).all()
    expected = [(ROWS, 0)] if "count" in query else [(i, 0) for i in range(1, ROWS + 1)]
    assert rows == expected
    here = threading.get_ident()
    assert found.count(here) < ROWS / 10 and len(found) - found.count(here) == ROWS


async def test_a_stream_passes_all_rows(store: Connected) -> None:
    async with store.reading() as connection:
        result = await connection.stream(
            text("SELECT i FROM t ORDER BY i"), execution_options={"yield_per": 999}
        )
        assert [row.i async for row in result] == list(range(1, ROWS + 1))


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("UPDATE t SET n = n + 1", None),
        ("UPDATE t SET n = n + 1 RETURNING i", ROWS),
    ],
)
async def test_a_long_change_is_made_once_and_whole(
    store: Connected, statement: str, rows: int | None
) -> None:
    async with store.writing() as connection:
        result = await connection.execute(text(statement))
        assert rows is None or len(result.all()) == rows
    async with store.writing() as connection:
        await connection.execute(text("UPDATE t SET n = n + 1 WHERE i = :i"), [{"i": 1}, {"i": 2}])
    async with store.reading() as connection:
        found = await connection.execute(text("SELECT n, count(*) FROM t GROUP BY n ORDER BY n"))
        assert found.all() == [(1, ROWS - 2), (2, 2)]


async def test_who_is_refused_the_lock_waits_beside_the_loop(store: Connected, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with store.writing() as connection:
            await connection.execute(text("UPDATE t SET n = 5 WHERE i = 1"))

    writing = asyncio.create_task(write())
    done, _ = await asyncio.wait({writing}, timeout=0.1)  # the loop goes on meanwhile
    assert not done
    other.execute("COMMIT")
    await writing
    assert other.execute("SELECT n FROM t WHERE i = 1").fetchone() == (5,)
    other.close()


async def test_who_waits_too_long_is_told(
    store: Connected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT_S", 0.05)
    other = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        async with store.writing():
            pass
    other.close()
    async with store.writing():
        pass


async def test_a_writer_that_is_cancelled_while_it_waits_keeps_no_lock(
    store: Connected, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "plain.db", isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with store.writing():
            raise AssertionError("it was cancelled")

    writing = asyncio.create_task(write())
    await asyncio.wait({writing}, timeout=0.05)
    writing.cancel()
    await asyncio.sleep(0)
    other.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await writing
    other.execute("BEGIN IMMEDIATE")
    other.close()


@pytest.mark.parametrize("error", [OSError("disk I/O error"), asyncio.CancelledError()])
async def test_a_connection_closes_whatever_becomes_of_its_rollback(
    connection: SQLiteConnection, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    async def failing() -> None:
        raise error

    monkeypatch.setattr(connection, "rollback", failing)
    with pytest.raises(type(error)):
        await connection.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.cursor()
    assert not _threads()
    await connection.close()


async def test_a_file_that_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, however long it is" * 100)
    for _ in range(20):
        with pytest.raises(sqlite3.DatabaseError):
            await connect(tmp_path / "text.db")
        assert not _threads()


async def test_a_connection_that_is_stopped_lets_go(connection: SQLiteConnection, tmp_path: Path) -> None:
    cursor = connection.cursor()
    await cursor.execute("BEGIN IMMEDIATE")
    connection.stop()
    for thread in _threads():
        thread.join(5)
    other = sqlite3.connect(tmp_path / "plain.db", isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    other.close()


async def test_the_error_of_a_cancelled_statement_is_nobodys(connection: SQLiteConnection) -> None:
    logged: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
    begun, cancelled = threading.Event(), threading.Event()

    def statement() -> None:
        begun.set()
        cancelled.wait(5)
        raise sqlite3.OperationalError("disk I/O error")

    waiting = asyncio.create_task(connection.long(statement))
    await asyncio.to_thread(begun.wait, 5)
    waiting.cancel()
    await asyncio.sleep(0)
    cancelled.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await connection.close()
    del waiting
    gc.collect()
    assert logged == []


async def test_the_log_is_emptied_when_nobody_reads_from_it(
    connection: SQLiteConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT_S", 0.05)
    cursor = connection.cursor()
    for statement in ("CREATE TABLE t (i)", "INSERT INTO t VALUES (1)"):
        await cursor.execute(statement)
    other = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
    other.execute("BEGIN")
    assert other.execute("SELECT i FROM t").fetchall() == [(1,)]
    await cursor.execute("INSERT INTO t VALUES (2)")
    assert not await connection.empty_log()
    other.execute("COMMIT")
    assert await connection.empty_log()
    assert (tmp_path / "plain.db-wal").stat().st_size == 0
    other.close()
    await connection.close()


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("kefu-sqlite")]
