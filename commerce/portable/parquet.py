"""Parquet: a column a column, JSON documents as texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow
import pyarrow.parquet

from commerce.portable.columns import ColumnForm, FieldInvalid, Row, document_text, parse_json, read_row
from commerce.portable.jsonl import RowInvalid, check_entry
from commerce.portable.manifest import FileEntry
from commerce.portable.snapshot import BATCH_ROWS

_INSTANT: Final = pyarrow.timestamp("us", tz="UTC")
_TYPES: Final = {
    str: pyarrow.string(),
    int: pyarrow.int64(),
    bool: pyarrow.bool_(),
    float: pyarrow.float64(),
    datetime: _INSTANT,
    dict: pyarrow.string(),
}


class ParquetWriter:
    """Rows to a parquet file, a row group a batch. Without `close` nothing of it can be read."""

    def __init__(self, path: Path, forms: Mapping[str, ColumnForm]) -> None:
        fields = [pyarrow.field(f.name, _TYPES[f.kind], nullable=f.is_nullable) for f in forms.values()]
        self._documents = [form.name for form in forms.values() if form.kind is dict]
        self._schema = pyarrow.schema(fields)
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema)

    def write(self, rows: Sequence[Row]) -> None:
        plain = [row | {name: document_text(row[name]) for name in self._documents} for row in rows]
        self._writer.write_table(pyarrow.Table.from_pylist(plain, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_parquet(
    path: Path, forms: Mapping[str, ColumnForm], expected: FileEntry
) -> Iterator[tuple[int, Row]]:
    """Each row with its number from 1, checked as a line of JSON is. RowInvalid."""
    sha256 = file_sha256(path)
    check_entry(expected.rows, sha256, expected)
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                for value in _in_microseconds(batch).to_pylist():
                    number += 1
                    yield number, _row(forms, value, number)
    except pyarrow.ArrowException as error:
        raise RowInvalid(0, "", f"can't be read as parquet: {error}") from None
    check_entry(number, sha256, expected)


def _in_microseconds(batch: Any) -> Any:
    """Other tools write nanoseconds; where those are not zero it is refused, not rounded."""
    for index, field in enumerate(batch.schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit != "us":
            exact = batch.column(index).cast(pyarrow.timestamp("us", tz=field.type.tz))
            batch = batch.set_column(index, field.name, exact)
    return batch


def _row(forms: Mapping[str, ColumnForm], value: Row, number: int) -> Row:
    try:
        return read_row(forms, {name: _plain(forms.get(name), item) for name, item in value.items()})
    except FieldInvalid as error:
        raise RowInvalid(number, error.field, error.problem) from None


def _plain(form: ColumnForm | None, value: Any) -> Any:
    """As it would stand in a line of JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    if form is not None and form.kind is dict and isinstance(value, str):
        try:
            return parse_json(value)
        except ValueError as error:
            raise FieldInvalid(form.name, f"is not JSON: {error}") from None
    return value
