"""Whether the driver kept up: what its processes saw of themselves, and what that says of the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.load.records import DriverWatch, Record

NO_DESCRIPTORS: Final = "the driver has no file descriptors left"
NO_PORTS: Final = "the driver has no local ports left"
_CPU_SHARE: Final = 0.9
_LEAST_DELAY_S: Final = 0.001
_SLO_PART: Final = 0.05


@dataclass(frozen=True, slots=True)
class DriverVerdict:
    """`is_limit` says that the figures show the driver rather than the server; `reasons` are whole sentences."""

    is_limit: bool
    reasons: tuple[str, ...]


def verdict(watches: Sequence[DriverWatch], records: Sequence[Record], slo_s: float) -> DriverVerdict:
    """Judge a run. A delay is excused up to 5 % of the SLO and never below 1 ms, at p99 of sends and of loop wake-ups."""
    allowed_s = max(_LEAST_DELAY_S, _SLO_PART * slo_s)
    reasons = [*_late_sends(records, allowed_s), *_used_up(records)]
    for watch in watches:
        reasons += _of_process(watch, allowed_s)
    if reasons:
        reasons += [
            f"The machine's host took {100 * watch.steal_share:.0f} % of the CPU time meanwhile."
            for watch in watches[:1]
            if watch.steal_share > 0.01
        ]
    return DriverVerdict(bool(reasons), tuple(reasons))


def dispatch_delays_s(records: Sequence[Record]) -> list[float]:
    """How much later than it could have been each request was sent. A wait for the turn before is not in it."""
    return [r.sent_s - r.due_s for r in records if r.sent_s is not None and r.due_s is not None]


def _late_sends(records: Sequence[Record], allowed_s: float) -> list[str]:
    delays = dispatch_delays_s(records)
    if not delays or (p99 := float(np.percentile(delays, 99))) <= allowed_s:
        return []
    return [f"Requests left late: {1000 * p99:.1f} ms at p99, {1000 * allowed_s:.1f} ms allowed."]


def _used_up(records: Sequence[Record]) -> list[str]:
    reasons = []
    for error in (NO_DESCRIPTORS, NO_PORTS):
        if count := sum(r.error == error for r in records):
            reasons.append(f"{count} requests failed because {error}.")
    return reasons


def _of_process(watch: DriverWatch, allowed_s: float) -> list[str]:
    reasons = []
    if watch.lag_s and (p99 := float(np.percentile(watch.lag_s, 99))) > allowed_s:
        late = f"{1000 * p99:.1f} ms at p99, {1000 * allowed_s:.1f} ms allowed"
        reasons.append(f"Event loop of process {watch.process} woke late: {late}.")
    if watch.cpu_share > _CPU_SHARE:
        reasons.append(f"Process {watch.process} used {100 * watch.cpu_share:.0f} % of a core.")
    return reasons
