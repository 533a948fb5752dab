"""What a run writes beside its records before it begins, so that what a killed run left can still become a result."""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from benchmarks.load.figures import Part
from benchmarks.load.result import Head, ResultError, write
from benchmarks.load.spool import has_records
from benchmarks.load.workload import Workload

_FILE: Final = "run.json"


class NotKept(ResultError):
    """A folder that holds no run's records; the text says what to give."""


class Kept(Part):
    """A run's head, its workload with every path resolved, and how many processes drove it."""

    head: Head
    workload: Workload
    processes: int


def keep(folder: Path, kept: Kept) -> None:
    """Write it into the folder, which is made. ResultError."""
    write(folder / _FILE, kept.model_dump_json())


def read_kept(folder: Path) -> Kept:
    """What was kept in a folder with records. NotKept."""
    try:
        kept = Kept.model_validate_json((folder / _FILE).read_bytes())
    except OSError as error:
        raise NotKept(
            f"{folder / _FILE} can't be read ({error.strerror}); give the folder of records that the run named"
        ) from error
    except ValidationError as error:
        raise NotKept(f"{folder / _FILE} is not what this version of kefu bench run writes") from error
    if not has_records(folder):
        raise NotKept(f"{folder} has no records: the run was over before it had any")
    return kept
