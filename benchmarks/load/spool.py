"""Records on disk as they end, one JSON line each, so that a run that breaks off keeps what there is."""

import os
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.load.records import Record

_SUFFIX: Final = ".jsonl"


def spool_file(folder: Path, process: int) -> Path:
    """The file of one driver process."""
    return folder / f"records-{process}{_SUFFIX}"


def has_records(folder: Path) -> bool:
    """Whether a run wrote any there."""
    return any(file.stat().st_size for file in folder.glob(f"*{_SUFFIX}") if file.is_file())


class Spool:
    """Appends to one file. After a write failed, `problem` says why and the records wait in `unwritten`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.unwritten: list[Record] = []
        self.problem: str | None = None

    def add(self, record: Record) -> None:
        """Keep a record for the next flush."""
        self.unwritten.append(record)

    def flush(self) -> None:
        """Write what was added. Does not raise: a full disk must not lose what is in memory."""
        if self.problem is not None or not self.unwritten:
            return
        lines = b"".join(orjson.dumps(record) + b"\n" for record in self.unwritten)
        try:
            while lines:
                lines = lines[os.write(self._descriptor, lines) :]
        except OSError as error:
            self.problem = (
                f"records cannot be written to {self._file.parent}: {error.strerror}; free some space"
            )
        else:
            self.unwritten.clear()

    def close(self) -> None:
        """Flush and let go of the file."""
        self.flush()
        os.close(self._descriptor)


def read_spool(folder: Path) -> list[Record]:
    """Every whole record in the folder. A last line that was cut is left out."""
    records = []
    for file in sorted(folder.glob(f"*{_SUFFIX}")):
        if not file.is_file():
            continue
        for line in file.read_bytes().splitlines():
            try:
                records.append(_record(orjson.loads(line)))
            except orjson.JSONDecodeError:
                break
    return records


def _record(row: dict[str, Any]) -> Record:
    if row["server_s"] is not None:
        row["server_s"] = tuple(row["server_s"])
    return Record(**row)
