"""Rows of one snapshot, batch by batch: a million orders pass through a few thousand at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, String, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.portable.columns import Row

BATCH_ROWS: Final = 2_000


async def stream_rows(
    connection: AsyncConnection,
    columns: Sequence[Column[Any]],
    order: Sequence[Column[Any]],
    *where: ColumnElement[bool],
) -> AsyncIterator[list[Row]]:
    """In the same order on every database: texts by their code points, whatever the database's language."""
    is_postgresql = connection.dialect.name == "postgresql"
    by = [c.collate("C") if is_postgresql and isinstance(c.type, String) else c for c in order]
    query = select(*columns).where(*where).order_by(*by)
    result = await connection.stream(query, execution_options={"yield_per": BATCH_ROWS})
    async for part in result.mappings().partitions():
        yield [dict(row) for row in part]
