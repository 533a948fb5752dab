"""A run's result: one JSON file that holds what is needed to read it, merge it and compare it, and nothing of the machine's
folders, the customers' messages or keys. Reading it back checks every key.
"""

import base64
import json
import os
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from benchmarks.load.figures import Figures, Number, Part, ServerUse
from benchmarks.load.measures import WARM_UP, Judged
from benchmarks.load.records import OUTCOMES

SCHEMA: Final = 1
_NONE: Final = -1
# An absolute path of two or more parts, as it stands in error texts; a URL's own path is left.
_PATH: Final = re.compile(r"(?<![\w/.])(?:/[\w.@+-]+){2,}/?")


class ResultError(Exception):
    """A result that can't be read or written; the text says why."""


class Machine(Part):
    """Where it ran."""

    cpus: int
    cpu: str
    memory_gib: Number
    system: str
    python: str


class DriverReport(Part):
    """What the driver says of itself: with `is_limit`, the figures show it rather than the server."""

    processes: int
    is_limit: bool
    reasons: tuple[str, ...]
    sent: int
    cpu_shares: tuple[Number, ...]


class Requests(Part):
    """The per-request table, a row for each planned request in the order of numbers: JSON columns, deflated, in base85.

    Columns: number, route (index of `routes`), outcome (of `outcomes`), rung (of `rungs`), at, sent, first, end (whole
    microseconds of the run), weight, is_measured. -1 stands for none.
    """

    routes: tuple[str, ...]
    outcomes: tuple[str, ...]
    rungs: tuple[str, ...]
    rows: int
    columns: str


class Head(Part):
    """What is known of a run before it. `workload` is its file's text; `config_hash` says which configuration served."""

    schema_version: Literal[1]
    at: str
    commit: str
    is_clean: bool
    machine: Machine
    versions: dict[str, str]
    label: str | None
    profile: str | None
    config_hash: str | None
    workload_name: str
    workload_hash: str
    workload: str
    seed: int


class Result(Head):
    """One run."""

    is_complete: bool
    problem: str | None
    driver: DriverReport
    figures: Figures
    server: ServerUse | None
    requests: Annotated[Requests | None, Field(default=None)]


Columns = dict[str, list[Any]]


def table(judged: Sequence[Judged]) -> Requests:
    """Every request, packed."""
    ordered = sorted(judged, key=lambda j: j.planned.number)
    routes = sorted({j.planned.route for j in ordered})
    rungs = sorted({j.record.rung for j in ordered if j.record.rung is not None})
    columns: Columns = {
        "number": [j.planned.number for j in ordered],
        "route": [routes.index(j.planned.route) for j in ordered],
        "outcome": [OUTCOMES.index(j.record.outcome) for j in ordered],
        "rung": [_NONE if j.record.rung is None else rungs.index(j.record.rung) for j in ordered],
        "at": [_us(j.record.at_s) for j in ordered],
        "sent": [_us(j.record.sent_s) for j in ordered],
        "first": [_us(j.record.first_s) for j in ordered],
        "end": [_us(j.record.end_s) for j in ordered],
        "weight": [j.weight for j in ordered],
        "is_measured": [int(j.planned.phase != WARM_UP) for j in ordered],
    }
    packed = base64.b85encode(zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), 9)).decode()
    return Requests(
        routes=tuple(routes), outcomes=OUTCOMES, rungs=tuple(rungs), rows=len(ordered), columns=packed
    )


def _us(seconds: float | None) -> int:
    return _NONE if seconds is None else round(1e6 * seconds)


def rows(requests: Requests) -> Columns:
    """The table's columns. ResultError if they are damaged."""
    try:
        columns: Columns = json.loads(zlib.decompress(base64.b85decode(requests.columns)))
    except (ValueError, zlib.error) as error:
        raise ResultError("the per-request table is damaged") from error
    if any(len(column) != requests.rows for column in columns.values()):
        raise ResultError(f"the per-request table does not have {requests.rows} rows")
    return columns


def without_paths(text: str) -> str:
    """The text with each absolute path cut to its last part."""
    return _PATH.sub(lambda match: match.group().rstrip("/").rsplit("/", 1)[1], text)


def encoded(result: Result) -> str:
    """The file's text."""
    return json.dumps(result.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")) + "\n"


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all. ResultError says what the disk says."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise ResultError(f"{path} can't be written: {error.strerror}; nothing of it was left") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def read(path: Path) -> Result:
    """A result from its file. ResultError names what is wrong with it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ResultError(f"{path} is not JSON: {error}") from error
    found = document.get("schema_version") if isinstance(document, dict) else None
    if found != SCHEMA:
        raise ResultError(f"{path} has schema {found!r}, and this version reads {SCHEMA}; measure anew")
    try:
        return Result.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ResultError(f"{path} is not a result: {place}: {first['msg']}") from error
