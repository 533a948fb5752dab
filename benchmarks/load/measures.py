"""From the plan and what became of it to figures. Every time counts from the intended arrival; the warm-up is left out."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.load.figures import Figures, OverTime, Slice
from benchmarks.load.latency import Latencies
from benchmarks.load.records import OUTCOMES, Planned, Record
from benchmarks.load.watch import dispatch_delays_s
from benchmarks.load.workload import Workload

SERVED: Final = frozenset(("answered", "degraded"))
WARM_UP: Final = "warm_up"
_MOST_BINS: Final = 300
_BIN_STEPS_S: Final = (1, 2, 5, 10, 30, 60)
_DIMENSIONS: Final[dict[str, Callable[[Planned], str]]] = {
    "route": lambda planned: planned.route,
    "intent": lambda planned: planned.intent,
    "language": lambda planned: planned.language,
    "value": lambda planned: str(planned.value),
    "tenant": lambda planned: planned.tenant,
    "phase": lambda planned: planned.phase,
}


class LedgerError(Exception):
    """The records don't account for each request exactly once: no figure of such a run can be believed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A request, what became of it, and what it counts in goodput: 0 if not served, or late."""

    planned: Planned
    record: Record
    is_late: bool
    weight: float

    @property
    def is_served(self) -> bool:
        """Whether an answer came, in full quality or below it."""
        return self.record.outcome in SERVED

    @property
    def e2e_s(self) -> float | None:
        """From the intended arrival to the end, however it ended."""
        return None if self.record.end_s is None else self.record.end_s - self.record.at_s

    @property
    def first_s(self) -> float | None:
        """From the intended arrival to the first checked text."""
        return None if self.record.first_s is None else self.record.first_s - self.record.at_s


def judge(plan: Sequence[Planned], records: Sequence[Record], workload: Workload) -> tuple[Judged, ...]:
    """The plan's requests with their records, warm-up included. LedgerError unless they match one to one."""
    by_number = {record.number: record for record in records}
    if len(by_number) != len(records):
        twice = [number for number, count in Counter(r.number for r in records).items() if count > 1]
        raise LedgerError(f"requests with more than one outcome: {_some(twice)}")
    planned_numbers = {planned.number for planned in plan}
    if len(planned_numbers) != len(plan):
        raise LedgerError("two planned requests have the same number")
    if missing := planned_numbers - by_number.keys():
        raise LedgerError(f"requests with no outcome: {_some(missing)}")
    if unknown := by_number.keys() - planned_numbers:
        raise LedgerError(f"outcomes of requests that were not planned: {_some(unknown)}")
    _check_ids(records)
    return tuple(_judged(planned, by_number[planned.number], workload) for planned in plan)


def _check_ids(records: Sequence[Record]) -> None:
    ids = Counter(record.request_id for record in records if record.request_id is not None)
    if twice := [request_id for request_id, count in ids.items() if count > 1]:
        raise LedgerError(f"the server gave one request id to several requests: {_some(twice)}")
    if strange := {record.outcome for record in records} - set(OUTCOMES):
        raise LedgerError(f"there is no outcome {_some(strange)}")


def _some(found: Iterable[object]) -> str:
    listed = sorted(found, key=str)
    return ", ".join(map(str, listed[:5])) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def _judged(planned: Planned, record: Record, workload: Workload) -> Judged:
    if record.outcome not in SERVED:
        return Judged(planned, record, False, 0.0)
    if record.end_s is None:
        raise LedgerError(f"request {record.number} was {record.outcome} but has no end")
    objective = workload.slo[planned.route]
    first_s = record.end_s if record.first_s is None else record.first_s
    is_late = record.end_s - record.at_s > objective.e2e_s or (
        objective.first_s is not None and first_s - record.at_s > objective.first_s
    )
    return Judged(planned, record, is_late, 0.0 if is_late else _weight(record, planned, workload))


def _weight(record: Record, planned: Planned, workload: Workload) -> float:
    """A route without rungs (understand, recommendations) has one quality: 1 in full, 0 below it."""
    if record.rung is None:
        return 1.0 if record.outcome == "answered" else 0.0
    weights = workload.weights_of(planned.route).model_dump()
    if record.rung not in weights:
        raise LedgerError(
            f"request {record.number} was answered by rung {record.rung!r}, which has no weight"
        )
    return float(weights[record.rung])


def measured(judged: Iterable[Judged]) -> tuple[Judged, ...]:
    """Without the warm-up."""
    return tuple(j for j in judged if j.planned.phase != WARM_UP)


def figures(judged: Sequence[Judged], workload: Workload) -> Figures:
    """All measures. LedgerError if a breakdown does not sum to the whole."""
    kept = measured(judged)
    window_s = workload.duration_s - workload.warm_up_s
    served = [j for j in kept if j.is_served]
    found = Figures(
        window_s=window_s,
        whole=_slice(kept, window_s),
        everything=Latencies(j.e2e_s for j in kept if j.e2e_s is not None).spread(),
        offered_per_s=len(kept) / window_s,
        completed_per_s=sum(_ends_by(j, workload.duration_s) for j in served) / window_s,
        good_share=sum(j.weight for j in kept) / len(kept) if kept else 0.0,
        rungs=_counts(j.record.rung or "none" for j in served),
        per_token=Latencies(_per_unit(served, lambda record: record.completion_tokens)).spread(),
        per_piece=Latencies(_per_unit(served, lambda record: record.pieces)).spread(),
        stages={name: latencies.spread() for name, latencies in _stages(served).items()},
        dispatch_delay=Latencies(dispatch_delays_s([j.record for j in kept])).spread(),
        by={name: _by(kept, key, window_s) for name, key in _DIMENSIONS.items()},
        over_time=_over_time(kept, workload),
        errors=_counts(j.record.error for j in kept if j.record.error is not None),
    )
    _check_sums(found)
    return found


def _ends_by(judged: Judged, end_s: float) -> bool:
    return judged.record.end_s is not None and judged.record.end_s <= end_s


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _slice(judged: Sequence[Judged], window_s: float) -> Slice:
    outcomes = Counter(j.record.outcome for j in judged)
    served = [j for j in judged if j.is_served]
    return Slice(
        offered=len(judged),
        outcomes={name: outcomes[name] for name in OUTCOMES},
        late=sum(j.is_late for j in judged),
        goodput_per_s=sum(j.weight for j in judged) / window_s,
        e2e=Latencies(j.e2e_s for j in served if j.e2e_s is not None).spread(),
        first=Latencies(j.first_s for j in served if j.first_s is not None).spread(),
    )


def _by(judged: Sequence[Judged], key: Callable[[Planned], str], window_s: float) -> dict[str, Slice]:
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for j in judged:
        groups[key(j.planned)].append(j)
    return {name: _slice(groups[name], window_s) for name in sorted(groups)}


def _per_unit(served: Iterable[Judged], count: Callable[[Record], int]) -> Iterable[float]:
    """Seconds from one token (or piece) to the next after the first text. Streams alone: a plain answer has no first text."""
    for j in served:
        units, first_s, end_s = count(j.record), j.record.first_s, j.record.end_s
        is_stream = j.planned.route.endswith("_stream") and j.record.pieces > 1
        if is_stream and units > 1 and first_s is not None and end_s is not None:
            yield (end_s - first_s) / (units - 1)


def _stages(served: Iterable[Judged]) -> dict[str, Latencies]:
    """By the server's own clock: how long each stage took, not when it began."""
    found: defaultdict[str, Latencies] = defaultdict(Latencies)
    for j in served:
        for name, ms in j.record.stages_ms.items():
            found[name].add(ms / 1000)
    return dict(sorted(found.items()))


def bin_seconds(length_s: float) -> float:
    """One second, or coarser where that would make more than 300 bins."""
    return float(
        next((s for s in _BIN_STEPS_S if length_s / s <= _MOST_BINS), math.ceil(length_s / _MOST_BINS))
    )


class _Bins:
    """Sums by the second (or a coarser bin) since the end of the warm-up."""

    def __init__(self, from_s: float, last_s: float, arrivals_s: float) -> None:
        self.from_s = from_s
        self.bin_s = bin_seconds(max(last_s - from_s, 1.0))
        self.count = max(1, math.ceil((max(last_s, arrivals_s) - from_s) / self.bin_s - 1e-9))

    def place(self, at_s: float) -> int:
        """The bin of a moment; what lies on the end belongs to the last."""
        return min(max(int((at_s - self.from_s) / self.bin_s), 0), self.count - 1)

    def counts(self, moments: Iterable[float]) -> tuple[int, ...]:
        """How many moments lie in each bin."""
        found = Counter(self.place(at_s) for at_s in moments)
        return tuple(found[number] for number in range(self.count))

    def sums(self, pairs: Iterable[tuple[float, float]]) -> tuple[float, ...]:
        """The sum of the values whose moments lie in each bin."""
        found = [0.0] * self.count
        for at_s, value in pairs:
            found[self.place(at_s)] += value
        return tuple(round(value, 6) for value in found)


def _over_time(kept: Sequence[Judged], workload: Workload) -> OverTime:
    served = [j for j in kept if j.is_served]
    ends = [j.record.end_s for j in served if j.record.end_s is not None]
    bins = _Bins(workload.warm_up_s, max((workload.duration_s, *ends)), workload.duration_s)
    latencies: defaultdict[int, list[float]] = defaultdict(list)
    for j in served:
        if j.e2e_s is not None:
            latencies[bins.place(j.record.at_s)].append(1000 * j.e2e_s)
    rungs = sorted({j.record.rung for j in served if j.record.rung is not None})
    return OverTime(
        from_s=bins.from_s,
        bin_s=bins.bin_s,
        offered=bins.counts(j.record.at_s for j in kept),
        completed=bins.counts(ends),
        good=bins.sums((j.record.end_s, j.weight) for j in served if j.record.end_s is not None),
        outcomes={o: bins.counts(j.record.at_s for j in kept if j.record.outcome == o) for o in OUTCOMES},
        rungs={rung: bins.counts(j.record.at_s for j in served if j.record.rung == rung) for rung in rungs},
        e2e_p50_ms=_percentiles(latencies, bins.count, 50.0),
        e2e_p99_ms=_percentiles(latencies, bins.count, 99.0),
    )


def _percentiles(latencies: dict[int, list[float]], count: int, percent: float) -> tuple[float | None, ...]:
    """In milliseconds. A bin holds few: the plain percentile that is one of the values, as a histogram's is."""
    return tuple(
        round(float(np.percentile(latencies[place], percent, method="inverted_cdf")), 3)
        if place in latencies
        else None
        for place in range(count)
    )


def _check_sums(found: Figures) -> None:
    """Every breakdown holds each measured request once."""
    offered = found.whole.offered
    sums = {"the outcomes": sum(found.whole.outcomes.values()), "the bins": sum(found.over_time.offered)}
    sums["the outcomes over time"] = sum(sum(counts) for counts in found.over_time.outcomes.values())
    for name, slices in found.by.items():
        sums[f"offered by {name}"] = sum(s.offered for s in slices.values())
        sums[f"outcomes by {name}"] = sum(sum(s.outcomes.values()) for s in slices.values())
    if wrong := {name: total for name, total in sums.items() if total != offered}:
        told = ", ".join(f"{name} sum to {total}" for name, total in wrong.items())
        raise LedgerError(f"{offered} requests were measured, but {told}")
    served = sum(found.whole.outcomes[name] for name in SERVED)
    if sum(found.over_time.completed) != served or found.whole.e2e.count != served:
        raise LedgerError(f"{served} requests were served, but their latencies or ends are not that many")
