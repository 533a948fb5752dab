"""SQLite's connections, whose operations a cancelled caller does not leave in the middle."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiosqlite

_CHUNK: Final = 64


class UninterruptedConnection(aiosqlite.Connection):
    """A statement runs to its end in the driver's thread whether its caller still waits or not.

    Were the connection closed meanwhile, SQLite would keep it, and its lock on the database, for as long as anything
    refers to the statement. So a cancelled caller waits for the statement, and closing rolls back first.
    """

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        operation = super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        running = asyncio.ensure_future(operation)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await _ended(running)
            raise

    async def close(self) -> None:
        """Roll back what is open, then close, whatever became of that."""
        try:
            if self._connection is not None and self._running:
                await self.rollback()
        finally:
            await super().close()


async def connect(path: Path) -> UninterruptedConnection:
    """Open, and make if need be, the database file."""
    connection = UninterruptedConnection(lambda: sqlite3.connect(path), _CHUNK)
    connection._thread.daemon = True  # a forgotten connection does not keep the process
    await connection
    return connection


async def _ended(running: "asyncio.Future[Any]") -> None:
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
