"""Sends a plan from several processes, in open loop: what is planned for a moment leaves at it, whatever became of the rest.

The processes share the machine's monotonic clock, of which one reading is the run's 0. Each takes whole conversations, keeps
its records on disk as they come, and watches itself (`benchmarks.load.watch.verdict` judges that).
"""

import multiprocessing
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final, Self

from benchmarks.load.records import DriverWatch, Planned, Record
from benchmarks.load.spool import has_records, read_spool, spool_file
from benchmarks.load.target import DriverNotStarted, Target
from benchmarks.load.wire import unsent
from benchmarks.load.worker import ClosedLoop, Done, Ending, Job, Progress, work

_START_S: Final = 60.0
_LEAD_S: Final = 0.1
_LOOK_S: Final = 0.1
_GRACE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class DriverResult:
    """One record for each planned request, by number. `problem` says in words why a run is not complete."""

    records: tuple[Record, ...]
    watches: tuple[DriverWatch, ...]
    is_complete: bool
    problem: str | None


def run(
    plan: tuple[Planned, ...],
    target: Target,
    spool: Path,
    *,
    processes: int = 1,
    patience_s: float = 60.0,
    stop: Callable[[], bool] = lambda: False,
    silence_s: float = 10.0,
) -> DriverResult:
    """Send the plan. Raises DriverError before anything is sent; later trouble is in the result.

    `patience_s` counts from the intended moment. The run ends early when exchanges fail and nothing at all was heard for
    `silence_s`. The folder `spool` is made for the records, and may hold none of an earlier run.
    """
    target.probe()
    parts = split(plan, processes)
    jobs = _jobs(parts, target, spool, patience_s, None)
    last_s = max((planned.at_s for planned in plan), default=0.0)
    course = _Course(last_s + patience_s + _GRACE_S, silence_s, stop)
    _drive(jobs, course)
    return _result(plan, spool, course)


def run_closed(
    plan: tuple[Planned, ...],
    target: Target,
    spool: Path,
    closed_loop: ClosedLoop,
    *,
    processes: int = 1,
    patience_s: float = 60.0,
    stop: Callable[[], bool] = lambda: False,
    silence_s: float = 10.0,
) -> DriverResult:
    """Send as much of the plan as the users get through, in its order, for the search of saturation alone.

    `at_s` of a record is when its user came to it. What nobody came to has no record.
    """
    target.probe()
    parts = split(plan, processes)
    jobs = _jobs(parts, target, spool, patience_s, closed_loop)
    course = _Course(closed_loop.seconds + patience_s + _GRACE_S, silence_s, stop)
    _drive(jobs, course)
    return _result((), spool, course)


def recover(plan: tuple[Planned, ...], spool: Path) -> DriverResult:
    """What a killed run left in its spool folder; what it has no record of counts as given up."""
    course = _Course(0.0, 0.0, lambda: False)
    course.end(Ending("cancelled", "the run was killed; these are the records it had written"))
    return _result(plan, spool, course)


def split(plan: Iterable[Planned], processes: int) -> list[tuple[Planned, ...]]:
    """The parts of the processes, in the order of sending. Whole conversations, dealt out as they begin."""
    parts: list[list[Planned]] = [[] for _ in range(processes)]
    dealt: dict[int, int] = {}
    for planned in sorted(plan, key=lambda p: (p.at_s, p.number)):
        part = dealt.setdefault(planned.conversation, len(dealt) % processes)
        parts[part].append(planned)
    return [tuple(part) for part in parts]


def _jobs(
    parts: list[tuple[Planned, ...]],
    target: Target,
    spool: Path,
    patience_s: float,
    closed_loop: ClosedLoop | None,
) -> list[Job]:
    try:
        spool.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DriverNotStarted(
            f"the folder {spool} cannot be made: {error.strerror}; give another"
        ) from error
    if has_records(spool):
        raise DriverNotStarted(f"{spool} holds the records of an earlier run; give another folder")
    users = [0] * len(parts)
    if closed_loop is not None:
        users = [len(range(i, closed_loop.users, len(parts))) for i in range(len(parts))]
    return [
        Job(
            number,
            part,
            target,
            spool_file(spool, number),
            patience_s,
            None if closed_loop is None else ClosedLoop(users[number], closed_loop.seconds),
        )
        for number, part in enumerate(parts)
    ]


class _Course:
    """How a run goes: what its processes told, and whether it must end. The first reason to end is the one that stays."""

    def __init__(self, limit_s: float, silence_s: float, stop: Callable[[], bool]) -> None:
        self.limit_s, self._silence_s, self._stop = limit_s, silence_s, stop
        self.ending: Ending | None = None
        self.progress: dict[int, Progress] = {}
        self.done: dict[int, Done] = {}

    def end(self, ending: Ending) -> None:
        self.ending = self.ending or ending

    def take(self, process: int, message: Progress | Done) -> None:
        if isinstance(message, Done):
            self.done[process] = message
            self.progress.pop(process, None)
        else:
            self.progress[process] = message
        if message.spool_problem is not None:
            self.end(Ending("cancelled", message.spool_problem))

    def judge(self, now: float) -> None:
        """End the run where it has to."""
        if self._stop():
            self.end(Ending("cancelled", "the run was stopped"))
        heard = max((p.heard for p in self.progress.values()), default=now)
        since = [
            p.trouble_since
            for p in self.progress.values()
            if p.trouble_since is not None and p.trouble_since > heard
        ]
        if since and now - min(since) > self._silence_s:
            reason = f"the target has answered nothing for {self._silence_s:g} s; see its log"
            self.end(Ending("failed", reason))


def _drive(jobs: list[Job], course: _Course) -> None:
    with _Processes(jobs) as processes:
        try:
            processes.start()
            deadline = time.monotonic() + course.limit_s
            is_told = False
            while processes.open and time.monotonic() < deadline:
                processes.listen(course)
                course.judge(time.monotonic())
                if course.ending is not None and not is_told:
                    is_told, deadline = True, time.monotonic() + _GRACE_S
                    processes.tell(course.ending)
        except KeyboardInterrupt:
            course.end(Ending("cancelled", "the run was interrupted"))
            processes.finish(course)
        if processes.open:
            course.end(Ending("cancelled", "a driver process did not come to its end"))


class _Processes:
    """The driver processes, and their pipes by process number while they are open."""

    def __init__(self, jobs: list[Job]) -> None:
        context = multiprocessing.get_context("spawn")
        self.open: dict[Connection, int] = {}
        self._processes: list[BaseProcess] = []
        for job in jobs:
            ours, theirs = context.Pipe()
            name = f"driver-{job.process}"
            process = context.Process(target=work, args=(job, theirs), name=name, daemon=True)
            process.start()
            theirs.close()
            self.open[ours] = job.process
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self.open:
            connection.close()
        for process in self._processes:
            process.join(timeout=2.0)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()

    def start(self) -> None:
        """Give all of them the same 0, once every one is up. DriverNotStarted when one is not."""
        deadline = time.monotonic() + _START_S
        for connection, number in self.open.items():
            try:
                is_up = (
                    connection.poll(max(0.0, deadline - time.monotonic())) and connection.recv() == "ready"
                )
            except EOFError:
                is_up = False
            if not is_up:
                raise DriverNotStarted(f"driver process {number} did not come up; its error is above")
        origin = time.monotonic() + _LEAD_S
        for connection in self.open:
            connection.send(origin)

    def listen(self, course: _Course) -> None:
        """Take what the processes say within a tenth of a second."""
        for connection in wait(list(self.open), _LOOK_S):
            assert isinstance(connection, Connection)
            number = self.open[connection]
            try:
                message = connection.recv()
            except (EOFError, OSError):
                message = None
            if message is not None:
                course.take(number, message)
            if message is None:
                course.end(Ending("cancelled", f"driver process {number} died"))
            if message is None or isinstance(message, Done):
                connection.close()
                del self.open[connection]

    def tell(self, ending: Ending) -> None:
        """Ask those still running to end."""
        for connection in self.open:
            try:
                connection.send(ending)
            except OSError:
                continue

    def finish(self, course: _Course) -> None:
        """End at once, and take the last words."""
        assert course.ending is not None
        self.tell(course.ending)
        deadline = time.monotonic() + _GRACE_S
        while self.open and time.monotonic() < deadline:
            self.listen(course)


def _result(plan: tuple[Planned, ...], spool: Path, course: _Course) -> DriverResult:
    found = {record.number: record for record in read_spool(spool)}
    for done in course.done.values():
        found.update((record.number, record) for record in done.unwritten)
    ending = course.ending
    for planned in plan:
        if planned.number not in found:
            lost = ending or Ending("failed", "the driver lost its record")
            found[planned.number] = unsent(planned, lost.outcome, f"not sent: {lost.reason}")
            ending = lost
    return DriverResult(
        tuple(found[number] for number in sorted(found)),
        tuple(course.done[process].watch for process in sorted(course.done)),
        ending is None,
        None if ending is None else ending.reason,
    )
