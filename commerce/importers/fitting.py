"""Rows that were made of foreign records, before they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commerce.domain.errors import ImportInvalid
from commerce.portable.columns import Row, column_form
from commerce.portable.jsonl import RowInvalid, readable_line
from commerce.store.tables import metadata


def require_fitting(tables: Mapping[str, Sequence[Row]]) -> None:
    """Every value fits its column, on either database: SQLite would keep a text that PostgreSQL refuses.

    Raises ImportInvalid with the record and the field.
    """
    for name, rows in tables.items():
        table = metadata.tables[name]
        forms = {column.name: column_form(column) for column in table.columns}
        keys = [column.name for column in table.primary_key.columns if column.name != "tenant_id"]
        for row in rows:
            try:
                readable_line(row, {column: forms[column] for column in row})
            except RowInvalid as error:
                record = f"{name}[{', '.join(repr(row[key]) for key in keys)}]"
                raise ImportInvalid(f"{record}.{error.field}".rstrip("."), error.problem) from None
