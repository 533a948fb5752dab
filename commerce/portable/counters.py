"""The numbers that a database counts by itself, read and set. They go on after the highest that was ever given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.portable.shop_tables import serial
from commerce.store.tables import metadata

COUNTED: Final = tuple(table for table in metadata.sorted_tables if serial(table) is not None)


async def highest_numbers(connection: AsyncConnection, names: frozenset[str]) -> dict[str, int]:
    """By table, of those in `names`; 0 where none was given yet."""
    return {table.name: await _highest(connection, table) for table in COUNTED if table.name in names}


async def go_on_after(connection: AsyncConnection, numbers: Mapping[str, int]) -> None:
    """Within the transaction that wrote the rows."""
    for table in COUNTED:
        number = numbers.get(table.name, 0)
        if number and connection.dialect.name == "postgresql":
            last = bindparam(None, number, BigInteger)
            await connection.execute(select(func.setval(_sequence(table), last)))
        elif number and _is_remembered(table):
            # SQLite's own table has no key, and the row is there once a row was written.
            named = {"name": table.name, "number": number}
            await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
            await connection.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), named
            )


async def _highest(connection: AsyncConnection, table: Table) -> int:
    counted = table.autoincrement_column
    assert counted is not None
    highest: int = await connection.scalar(select(func.max(counted))) or 0
    if connection.dialect.name == "postgresql":
        # Numbers of transactions that are under way, too: a gap is no harm.
        given = await connection.scalar(select(func.pg_sequence_last_value(_sequence(table))))
        return max(highest, given or 0)
    if _is_remembered(table):
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return max(highest, await connection.scalar(query, {"name": table.name}) or 0)
    return highest


def _is_remembered(table: Table) -> bool:
    """Whether SQLite keeps the number after its row is gone."""
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def _sequence(table: Table) -> ColumnElement[str]:
    return func.pg_get_serial_sequence(table.name, serial(table))
