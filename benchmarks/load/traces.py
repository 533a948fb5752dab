"""Recorded traffic from a CSV or Parquet file: a time for each request, or a request rate at times."""

import csv
import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.load.arrivals import Times

_KNOWN: Final[tuple[tuple[str, str | None], ...]] = (("TIMESTAMP", None), ("time_s", "requests_per_s"))
"""Time and rate columns of the formats that need no naming: Azure's LLM traces, ServeGen's rates."""
_SUFFIXES: Final = (".csv", ".parquet")


class TraceError(Exception):
    """The trace can't be read. The message says what is wrong with which line, and what to do."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Recorded traffic. Times are seconds from the trace's first row, ascending.

    With `rates_per_s`, row i says the rate from its time to the next one's; without, every row is a request. `sha256` is
    of the file's bytes.
    """

    times_s: Times
    rates_per_s: Times | None
    sha256: str

    @property
    def length_s(self) -> float:
        """How long it lasts. The last rate holds as long as the one before it did."""
        last = float(self.times_s[-1])
        return last if self.rates_per_s is None else last + float(self.times_s[-1] - self.times_s[-2])


def read(path: Path, time_column: str | None = None, rate_column: str | None = None) -> Trace:
    """Read a trace. Times are seconds, or dates with a time of day. TraceError names the line.

    Without column names the formats of Azure's and ServeGen's published traces are recognised.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise TraceError(f"{path.name} is neither .csv nor .parquet; convert it to one of them")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TraceError(
            f"can't read {path}: {error.strerror}; give the path of a file that exists"
        ) from None
    columns, first_line = _csv(path) if path.suffix.lower() == ".csv" else _parquet(path)
    time_name, rate_name = _names(tuple(columns), time_column, rate_column)
    times = _times(columns[time_name], first_line)
    rates = None if rate_name is None else _rates(columns[rate_name], first_line)
    if len(times) < 2:
        raise TraceError(f"{path.name} has {len(times)} rows; a trace needs at least 2")
    return Trace(times - times[0], rates, hashlib.sha256(content).hexdigest())


def _csv(path: Path) -> tuple[dict[str, list[Any]], int]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            columns: dict[str, list[Any]] = {name.strip(): [] for name in header}
            for row in reader:
                if len(row) != len(header):
                    raise TraceError(
                        f"line {reader.line_num} has {len(row)} fields, the header has {len(header)}; repair it"
                    )
                for values, value in zip(columns.values(), row, strict=True):
                    values.append(value)
    except UnicodeDecodeError as error:
        raise TraceError(f"{path.name} is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except csv.Error as error:
        raise TraceError(f"{path.name}, line {reader.line_num} is not CSV: {error}") from None
    except ValueError:
        raise TraceError(f"{path.name} names a column twice in its header; rename one") from None
    return columns, 2


def _parquet(path: Path) -> tuple[dict[str, list[Any]], int]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise TraceError(f"{path.name} is not a Parquet file: {error}") from None
    return {name: table[name].to_pylist() for name in table.column_names}, 1


def _names(columns: Sequence[str], time: str | None, rate: str | None) -> tuple[str, str | None]:
    if time is None:
        for known_time, known_rate in _KNOWN:
            if known_time in columns and (known_rate is None or known_rate in columns):
                return known_time, rate or known_rate
        raise TraceError(
            f"its columns are {', '.join(columns) or '(none)'}; write time_column: with the one that holds the time"
        )
    for key, name in (("time_column", time), ("rate_column", rate)):
        if name is not None and name not in columns:
            raise TraceError(f"{key} is {name!r}, but its columns are {', '.join(columns) or '(none)'}")
    return time, rate


def _times(values: Sequence[Any], first_line: int) -> Times:
    times = np.array(
        list(_numbers(values, first_line, _seconds, "a time; write seconds, or 2026-11-11 20:00:00.5")),
        dtype=np.float64,
    )
    backward = np.flatnonzero(np.diff(times) < 0)
    if len(backward):
        raise TraceError(
            f"line {first_line + 1 + int(backward[0])}: the time is before the line above; sort the file by time"
        )
    return times


def _rates(values: Sequence[Any], first_line: int) -> Times:
    rates = np.array(
        list(_numbers(values, first_line, float, "a rate; write requests per second")), dtype=np.float64
    )
    negative = np.flatnonzero(rates < 0)
    if len(negative):
        raise TraceError(f"line {first_line + int(negative[0])}: the rate is negative; write 0 or more")
    return rates


def _numbers(
    values: Sequence[Any], first_line: int, parse: Callable[[Any], float], wanted: str
) -> Iterator[float]:
    for line, value in enumerate(values, first_line):
        try:
            number = parse(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise TraceError(f"line {line}: {value!r} is not {wanted}")
        yield number


def _seconds(value: Any) -> float:
    if isinstance(value, datetime):
        return value.timestamp() if value.tzinfo else (value - datetime(1970, 1, 1)).total_seconds()
    try:
        return float(value)
    except ValueError:
        return _seconds(datetime.fromisoformat(value.strip()))
