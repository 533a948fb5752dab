"""The processes that a run started, and no others: recorded by pid and start time, so that a reused pid is never hit."""

import ctypes
import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_PR_SET_CHILD_SUBREAPER: Final = 36  # linux/prctl.h
_GRACE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """One process: its pid, and when it started, in seconds since the epoch."""

    pid: int
    started_at: float

    @classmethod
    def of(cls, process: psutil.Process) -> "ProcessMark":
        """The mark of a live process."""
        return cls(process.pid, process.create_time())

    def find(self) -> psutil.Process | None:
        """The very process, if it still lives."""
        try:
            process = psutil.Process(self.pid)
            return process if abs(process.create_time() - self.started_at) < 0.01 else None
        except psutil.NoSuchProcess:
            return None


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent dies, so that they stay in its tree (Linux)."""
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants() -> list[psutil.Process]:
    """Every process that this one started, at any depth."""
    return psutil.Process().children(recursive=True)


def record(path: Path) -> None:
    """Write this process and its tree to `path`, for whoever has to clean up after a kill -9."""
    marks = [ProcessMark.of(psutil.Process())]
    for process in descendants():
        try:
            marks.append(ProcessMark.of(process))
        except psutil.NoSuchProcess:
            continue
    path.write_text(json.dumps([[m.pid, m.started_at] for m in marks]))


def recorded(path: Path) -> list[psutil.Process]:
    """The recorded processes that still live, the run's own first."""
    try:
        rows = json.loads(path.read_text())
    except FileNotFoundError:
        return []
    return [p for pid, at in rows if (p := ProcessMark(pid, at).find()) is not None]


def end(processes: list[psutil.Process], grace_s: float = _GRACE_S) -> None:
    """Ask each to end, then kill what is left. psutil checks the start time, so a reused pid is left alone."""
    _signal_all(processes, signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=grace_s)
    _signal_all(alive, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=grace_s)


def _signal_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
