"""JSON lines: a row a line, in UTF-8. Reading counts and checks while it goes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Final

from commerce.portable.columns import ColumnForm, FieldInvalid, Row, parse_json, read_row, row_line
from commerce.portable.manifest import FileEntry

_MOST_BYTES: Final = 16 * 1024 * 1024


class JsonlWriter:
    """Lines to a binary file; `entry` says what was written so far."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._rows = 0

    def write(self, lines: Sequence[bytes]) -> None:
        """Of `row_line`."""
        data = b"".join(lines)
        self._digest.update(data)
        self._file.write(data)
        self._rows += len(lines)

    def entry(self) -> FileEntry:
        return FileEntry(rows=self._rows, sha256=self._digest.hexdigest())


class RowInvalid(Exception):
    """Row `number` of a file, from 1; 0: the file as a whole. `field` is its column, or empty."""

    def __init__(self, number: int, field: str, problem: str) -> None:
        super().__init__(number, field, problem)
        self.number = number
        self.field = field
        self.problem = problem


def read_jsonl(
    file: IO[bytes], forms: Mapping[str, ColumnForm], expected: FileEntry
) -> Iterator[tuple[int, Row]]:
    """Each row with its line. Raises RowInvalid; at the end also where it is not the file that the manifest tells of."""
    digest = hashlib.sha256()
    number = 0
    while line := file.readline(_MOST_BYTES + 1):
        number += 1
        digest.update(line)
        yield number, parse_line(line, forms, number)
    check_entry(number, digest.hexdigest(), expected)


def parse_line(line: bytes, forms: Mapping[str, ColumnForm], number: int) -> Row:
    """RowInvalid."""
    if len(line) > _MOST_BYTES:
        raise RowInvalid(number, "", f"is longer than {_MOST_BYTES} bytes")
    try:
        value: Any = parse_json(line.decode())
    except ValueError as error:
        raise RowInvalid(number, "", f"is not JSON: {error}") from None
    try:
        return read_row(forms, value)
    except FieldInvalid as error:
        raise RowInvalid(number, error.field, error.problem) from None


def readable_line(row: Row, forms: Mapping[str, ColumnForm]) -> bytes:
    """The row's line, read again as `parse_line` does. RowInvalid, its number 0, for what no reader would take."""
    try:
        line = row_line(row)
    except UnicodeEncodeError:
        raise RowInvalid(0, "", "holds half a surrogate pair, which is no character") from None
    parse_line(line, forms, 0)
    return line


def check_entry(rows: int, sha256: str, expected: FileEntry) -> None:
    """RowInvalid."""
    if rows != expected.rows:
        raise RowInvalid(0, "", f"has {rows} rows, and the manifest says {expected.rows}: it is not whole")
    if sha256 != expected.sha256:
        raise RowInvalid(0, "", "is not what the manifest's sha256 says: it was changed or damaged")
