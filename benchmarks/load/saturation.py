"""How much the target can take: users in closed loop, more at each step, until more of them bring no more goodput.

A closed loop slows down with its target, so that no latency is read from here: what it finds is where to put an open loop.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load.driver import DriverResult, run_closed
from benchmarks.load.records import Planned, Record
from benchmarks.load.target import Target
from benchmarks.load.watch import DriverVerdict, verdict
from benchmarks.load.worker import ClosedLoop

_ATTAINMENT: Final = 0.9
_LEAST_GAIN: Final = 1.05


@dataclass(frozen=True, slots=True)
class Step:
    """What `users` at once got: answers per second within the SLO, and the part of all requests that those are."""

    users: int
    requests: int
    goodput_per_s: float
    attainment: float
    problem: str | None
    driver: DriverVerdict


def search(measure: Callable[[int], Step], levels: Iterable[int]) -> tuple[Step, ...]:
    """Measure the levels in turn; the last step is the one that tells to stop.

    It stops when goodput is not 5 % above the best so far, when fewer than 90 % are within the SLO, when a step broke off, or
    when the driver itself is the limit.
    """
    steps: list[Step] = []
    best = 0.0
    for users in levels:
        step = measure(users)
        steps.append(step)
        is_flat = step.goodput_per_s < _LEAST_GAIN * best
        if is_flat or step.attainment < _ATTAINMENT or step.problem is not None or step.driver.is_limit:
            break
        best = max(best, step.goodput_per_s)
    return tuple(steps)


def closed_step(
    plan: tuple[Planned, ...],
    target: Target,
    spool: Path,
    closed_loop: ClosedLoop,
    *,
    slo_s: float,
    processes: int = 1,
    patience_s: float = 60.0,
) -> Step:
    """One level against the target. A plan that its users get through before the time is over is a problem of the step."""
    result = run_closed(plan, target, spool, closed_loop, processes=processes, patience_s=patience_s)
    problem = result.problem
    if problem is None and len(result.records) == len(plan):
        problem = (
            f"the plan's {len(plan)} requests were sent before {closed_loop.seconds:g} s were over; plan more"
        )
    return _step(result, closed_loop, slo_s, problem)


def _step(result: DriverResult, closed_loop: ClosedLoop, slo_s: float, problem: str | None) -> Step:
    records = result.records
    good = sum(_is_good(record, slo_s) for record in records)
    return Step(
        closed_loop.users,
        len(records),
        good / _elapsed_s(records, closed_loop.seconds),
        good / max(1, len(records)),
        problem,
        verdict(result.watches, records, slo_s),
    )


def _elapsed_s(records: Sequence[Record], least_s: float) -> float:
    """The last answers come after the time is over; they count, and so does their time."""
    return max((record.end_s for record in records if record.end_s is not None), default=least_s)


def _is_good(record: Record, slo_s: float) -> bool:
    is_answer = record.outcome in ("answered", "degraded") and record.end_s is not None
    return is_answer and (record.end_s or 0.0) - record.at_s <= slo_s
