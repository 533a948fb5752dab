"""Labelled messages from anywhere, in the one shape that training and evaluation take.

A file is JSON lines, CSV or parquet; anything else is the id of a Hugging Face data set. A row has a text and a label, and
may name its split (train, validation, test); `examples.split` fills in what is missing.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from models.types import OUT_OF_SCOPE
from models.understanding.errors import DataInvalid
from models.understanding.examples import SPLITS, DataSet, Example, Split, from_examples, split
from models.understanding.language import language
from models.understanding.likeness import normalised

_SPLIT_NAMES: Final = {"dev": "validation", "val": "validation", "valid": "validation"}
_FORMATS: Final = (".jsonl", ".csv", ".parquet")
_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what. `outside` is the label that the data has for what is out of scope, if it has one."""

    text: str = "text"
    label: str = "label"
    split: str = "split"
    outside: str | None = None


def read_data_set(source: str, columns: Columns = Columns(), name: str | None = None) -> DataSet:
    """Read a file or a hub data set. DataInvalid names the first rows that are wrong, and what to write instead."""
    path = Path(source)
    if path.suffix in _FORMATS:
        rows = list(_read_file(path))
    elif path.exists() or source.count("/") > 1:
        raise DataInvalid(source, f"is none of {', '.join(_FORMATS)}")
    else:
        rows = list(_read_hub(source))
    examples = _examples(source, rows, columns)
    return from_examples(name or path.stem, split(examples))


def _read_file(path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet

            return list(pyarrow.parquet.read_table(path).to_pylist())
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix == ".csv":
                return list(csv.DictReader(file))
            # Only \n ends a line here: the others that Python knows may stand in a JSON string.
            lines = file.read().split("\n")
        return [_object(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    except (OSError, ValueError, csv.Error) as unreadable:
        raise DataInvalid(str(path), f"cannot be read ({unreadable})") from unreadable


def _object(path: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as broken:
        raise DataInvalid(f"{path}:{number}", f"is no JSON ({broken})") from broken
    if not isinstance(row, dict):
        raise DataInvalid(f"{path}:{number}", "is no JSON object with text and label")
    return row


def _read_hub(name: str) -> Iterable[Mapping[str, Any]]:
    try:
        from datasets import load_dataset
    except ImportError as missing:
        raise DataInvalid(name, "is no file, and for a hub's data set: pip install datasets") from missing
    try:
        splits = load_dataset(name)
    except Exception as refused:  # the library raises whatever its many back ends do
        raise DataInvalid(
            name, f"is neither a file nor a data set that can be loaded ({refused})"
        ) from refused
    for part, table in splits.items():
        # Classes are numbers there, whose names the table knows.
        classes = {column: kind for column, kind in table.features.items() if hasattr(kind, "int2str")}
        for row in table:
            named = {column: _class_name(kind, row[column]) for column, kind in classes.items()}
            yield {"split": part, **row, **named}


def _class_name(kind: Any, number: int | None) -> str | None:
    """None where the class is hidden, as a competition's test split has it: the library writes −1."""
    return None if number is None or number < 0 else str(kind.int2str(number))


def _examples(source: str, rows: Sequence[Mapping[str, Any]], columns: Columns) -> list[Example]:
    if not rows:
        raise DataInvalid(source, "has no rows")
    for column in (columns.text, columns.label):
        if column not in rows[0]:
            given = ", ".join(map(str, rows[0]))
            raise DataInvalid(source, f"has no column {column!r}; it has {given}. Name it: --text, --label")
    faults = [fault for number, row in enumerate(rows, 1) for fault in _faults(number, row, columns)]
    if faults:
        more = f" and {len(faults) - _TOLD} more" if len(faults) > _TOLD else ""
        raise DataInvalid(source, "; ".join(faults[:_TOLD]) + more)
    return [_example(source, row, columns) for row in rows]


def _faults(number: int, row: Mapping[str, Any], columns: Columns) -> Iterable[str]:
    text, label = row.get(columns.text), row.get(columns.label)
    if not isinstance(text, str) or not normalised(text):
        yield f"row {number} has no text"
    named = row.get(columns.split)
    if label is None or str(label) == "":
        yield f"row {number}{f' (split {named})' if named else ''} has no label"
    if named and _SPLIT_NAMES.get(str(named), str(named)) not in SPLITS:
        yield f"row {number} is of split {named!r}, which is none of {', '.join(SPLITS)}"


def _example(source: str, row: Mapping[str, Any], columns: Columns) -> Example:
    text, label = str(row[columns.text]).strip(), str(row[columns.label])
    named = str(row.get(columns.split) or "")
    given: Split | None = _SPLIT_NAMES.get(named, named) or None  # type: ignore[assignment]  # checked by _faults
    return Example(
        text, OUT_OF_SCOPE if label == columns.outside else label, language(text), given, source, "general"
    )
