"""A row as a line of JSON and back. Every value is checked against its column before it may reach a database."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String

from commerce.store.tables import UtcDateTime

Row = dict[str, Any]
T = TypeVar("T")

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_MOST_NESTED: Final = 100
_TOO_DEEP: Final = f"is nested more than {_MOST_NESTED} deep"
_SIGNED: Final = frozenset({("stock_moves", "quantity")})
"""Whole numbers that may be below zero; no others may."""


class FieldInvalid(Exception):
    """A value that its column can't have; `field` is its name, empty for the row as a whole."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ColumnForm:
    """A column's values in a file. `check` gives back the database's value, or raises ValueError with what is wrong."""

    name: str
    kind: type
    is_nullable: bool
    check: Callable[[Any], Any]

    def read(self, value: Any) -> Any:
        """A value as it is in a file → as it is in the database. FieldInvalid."""
        if value is None:
            if self.is_nullable:
                return None
            raise FieldInvalid(self.name, "must not be empty")
        try:
            return self.check(value)
        except ValueError as error:
            raise FieldInvalid(self.name, str(error)) from None


def column_form(column: Column[Any]) -> ColumnForm:
    """The form of a column of `commerce.store.tables`."""
    kind, check = _kind(column)
    return ColumnForm(column.name, kind, bool(column.nullable), check)


def row_line(row: Mapping[str, Any]) -> bytes:
    """One line of JSON, its end included; instants as ISO 8601 in UTC."""
    return document_text({name: _written(value) for name, value in row.items()}).encode() + b"\n"


def document_text(value: Any) -> str:
    """JSON without spaces, every character as itself."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parse_json(text: str) -> Any:
    """JSON without what would be lost or can't be stored: a name twice, NaN, half a surrogate pair, a number or a depth that
    no database takes. ValueError.
    """
    try:
        found = _DECODER.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if text.count("[") + text.count("{") > _MOST_NESTED and _depth(found) > _MOST_NESTED:
        raise ValueError(_TOO_DEEP)
    if "\\u" in text:
        document_text(found).encode()
    return found


def read_row(forms: Mapping[str, ColumnForm], value: Any) -> Row:
    """Exactly the columns of `forms`. FieldInvalid."""
    if not isinstance(value, dict):
        raise FieldInvalid("", "is not a JSON object")
    if value.keys() != forms.keys():
        for name in value.keys() - forms.keys():
            raise FieldInvalid(name, f"is not a column; the columns are {', '.join(forms)}")
        for name in forms:
            if name not in value:
                raise FieldInvalid(name, "is missing")
    return {name: form.read(value[name]) for name, form in forms.items()}


def batches(rows: Iterable[T], size: int) -> Iterable[list[T]]:
    """Lists of at most `size`."""
    batch: list[T] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _written(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("has a name twice")
    return found


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [item for part in level for item in (part.values() if isinstance(part, dict) else part)]
    return depth


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(f"{text} is too large a number")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
)


def _kind(column: Column[Any]) -> tuple[type, Callable[[Any], Any]]:
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return datetime, _instant
    if isinstance(kind, JSON):
        return dict, _document
    if isinstance(kind, Boolean):
        return bool, _flag
    if isinstance(kind, Float):
        return float, _fraction
    if isinstance(kind, Integer):
        bits = 63 if isinstance(kind, BigInteger) else 31
        least = -(2**bits) if (column.table.name, column.name) in _SIGNED else 0
        return int, _whole(least, 2**bits - 1)
    if isinstance(kind, String):
        if column.name == "currency":
            return str, _currency
        return str, _text(kind.length)
    raise AssertionError(f"{column.table.name}.{column.name} is of a type that has no form: {kind!r}")


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be an instant such as 2026-11-22T04:00:00+00:00")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is not an instant such as 2026-11-22T04:00:00+00:00") from None
    if found.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone: add its offset, such as +08:00")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value!r} is beyond the calendar") from None


def _document(value: Any) -> Any:
    if not isinstance(value, dict | list):
        raise ValueError("must be a JSON object or list")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _fraction(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("is too large a number") from None


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if type(value) is not int:
            raise ValueError("must be a whole number")
        if not least <= value <= most:
            raise ValueError("must not be negative" if value < least == 0 else f"{value} is too large")
        return value

    return check


def _text(length: int | None) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        if "\x00" in value:
            raise ValueError("holds a NUL character")
        if length is not None and len(value) > length:
            raise ValueError(f"is {len(value)} characters; at most {length} are kept")
        return value

    return check


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise ValueError("must be a currency such as CNY")
    return value
