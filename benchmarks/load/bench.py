"""One measured run, from a workload to its result; and the result of what a killed run left."""

import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.load import driver, result
from benchmarks.load.door import Door
from benchmarks.load.figures import ServerUse
from benchmarks.load.kept import Kept, NotKept, keep, read_kept
from benchmarks.load.measures import Judged, figures, judge, measured
from benchmarks.load.plan import plan
from benchmarks.load.records import Planned
from benchmarks.load.result import DriverReport, Head, Machine, Result
from benchmarks.load.server import NoLocalCluster, ServerWatch
from benchmarks.load.target import DriverError
from benchmarks.load.watch import verdict
from benchmarks.load.workload import Workload, config_hash, read_trace
from benchmarks.machine import describe

_ROOT: Final = Path(__file__).parent.parent.parent
Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to run: the workload with its name and text, the way in, how many driver processes, and a label for the result."""

    workload: Workload
    name: str
    text: str
    door: Door
    processes: int
    label: str | None


class Clock:
    """The driver's `stop`: it is asked all through a run, so that its first call marks the run's start to 0.1 s."""

    def __init__(self, tick: Callable[[float], None], is_stopped: Callable[[], bool]) -> None:
        self.origin: float | None = None
        self._tick, self._is_stopped = tick, is_stopped

    def __call__(self) -> bool:
        now = time.monotonic()
        if self.origin is None:
            self.origin = now
        self._tick(now - self.origin)
        return self._is_stopped()


def describe_run() -> dict[str, Any]:
    """Commit, machine and versions. DriverError outside a checkout: a figure that belongs to no commit says nothing."""
    try:
        return describe(_ROOT)
    except (OSError, subprocess.CalledProcessError):
        raise DriverError(
            "the commit can't be read: run kefu bench from a checkout of Kefu, with git installed"
        ) from None


def run(order: Order, planned: tuple[Planned, ...], spool: Path, clock: Clock, notice: Notice) -> Result:
    """Send it all and measure. DriverError before anything was sent; LedgerError leaves the records in `spool`."""
    workload = order.workload
    head = _head(order)
    keep(spool, Kept(head=head, workload=workload, processes=order.processes))
    with ExitStack() as stack:
        watch = _watch(stack, order.door, notice)
        sent = driver.run(
            planned,
            order.door.target,
            spool,
            processes=order.processes,
            patience_s=workload.patience_s,
            stop=clock,
        )
    judged = judge(planned, sent.records, workload)
    use = _server_use(watch, clock, judged, workload)
    return _result(head, workload, sent, _driver_report(order, sent), judged, use)


def recover(spool: Path) -> Result:
    """The result of the records that a run left in `spool`, marked as not complete. NotKept, LedgerError."""
    kept = read_kept(spool)
    workload = kept.workload
    if config_hash(workload, read_trace(workload)) != kept.head.workload_hash:
        raise NotKept(f"the workload's trace is another file than when the run of {spool} began")
    planned = plan(workload)
    left = driver.recover(planned, spool)
    judged = judge(planned, left.records, workload)
    report = DriverReport(
        processes=kept.processes,
        is_limit=False,
        reasons=(),
        sent=sum(record.sent_s is not None for record in left.records),
        cpu_shares=(),
    )
    return _result(kept.head, workload, left, report, judged, None)


def _head(order: Order) -> Head:
    described = describe_run()
    workload = order.workload
    return Head(
        schema_version=result.SCHEMA,
        at=described["at"],
        commit=described["commit"],
        is_clean=described["is_clean"],
        machine=Machine(**described["machine"]),
        versions=described["versions"],
        label=order.label,
        profile=order.door.profile,
        config_hash=order.door.config_hash,
        workload_name=order.name,
        workload_hash=config_hash(workload, read_trace(workload)),
        workload=result.without_paths(order.text),
        seed=workload.seed,
    )


def _result(
    head: Head,
    workload: Workload,
    sent: driver.DriverResult,
    report: DriverReport,
    judged: tuple[Judged, ...],
    use: ServerUse | None,
) -> Result:
    return Result(
        **dict(head),
        is_complete=sent.is_complete,
        problem=None if sent.problem is None else result.without_paths(sent.problem),
        driver=report,
        figures=figures(judged, workload),
        server=use,
        requests=result.table(judged),
    )


def _watch(stack: ExitStack, door: Door, notice: Notice) -> ServerWatch | None:
    if door.home is None:
        return None
    try:
        return stack.enter_context(ServerWatch(door.home))
    except NoLocalCluster as error:
        notice(str(error))
        return None


def _driver_report(order: Order, sent: driver.DriverResult) -> DriverReport:
    judged = verdict(sent.watches, sent.records, tightest_s(order.workload))
    return DriverReport(
        processes=order.processes,
        is_limit=judged.is_limit,
        reasons=judged.reasons,
        sent=sum(record.sent_s is not None for record in sent.records),
        cpu_shares=tuple(round(watch.cpu_share, 3) for watch in sent.watches),
    )


def tightest_s(workload: Workload) -> float:
    """The shortest time that an objective of a route in use allows."""
    objectives = [workload.slo[traffic.route] for traffic in workload.mix]
    return min(o.e2e_s if o.first_s is None else min(o.first_s, o.e2e_s) for o in objectives)


def _server_use(
    watch: ServerWatch | None, clock: Clock, judged: tuple[Judged, ...], workload: Workload
) -> ServerUse | None:
    """Over the measured window, and on to the last answer: its work belongs to the window's requests."""
    if watch is None or clock.origin is None:
        return None
    kept = measured(judged)
    ends = [j.record.end_s for j in kept if j.record.end_s is not None]
    sent = sum(j.record.sent_s is not None for j in kept)
    return watch.use(clock.origin, workload.warm_up_s, max(ends, default=workload.duration_s), sent)
