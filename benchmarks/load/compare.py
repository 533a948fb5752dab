"""Two runs of one workload: is there a difference, and how small a one could have been seen?

Requests are paired by number, since the same seed plans the same requests. What happens within a run is correlated (a queue
outlives the request that caused it), so whole blocks of time are drawn again, the same in both runs. The confidence holds
for all measures together (Bonferroni): two runs of one server differ in none of them in 95 of 100 comparisons.

What no pair of runs can show: that the machine itself was slower in one of them. Repeat the pair in the other order for that.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from benchmarks.load.paired import (
    LEAST_S,
    Difference,
    Floats,
    Ints,
    Measure,
    Units,
    differences,
    quantiles,
    ratio,
)
from benchmarks.load.result import Result, rows

CONFIDENCE: Final = 0.95
_RESAMPLES: Final = 600
_SEED: Final = 20261111
_QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
_TIMES: Final = (("end to end", "end"), ("first checked text", "first"))


class NotComparable(Exception):
    """The runs can't be compared; with `can_force`, they can by --anyway. `reasons` are whole sentences."""

    def __init__(self, reasons: tuple[str, ...], can_force: bool) -> None:
        super().__init__(reasons, can_force)
        self.reasons = reasons
        self.can_force = can_force

    def __str__(self) -> str:
        return "\n".join(self.reasons)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every difference. `warnings` say what was passed over because it was asked for, `left_out` what was not compared.

    Latencies are of the `pairs`, the requests that were served in both runs, out of `measured`.
    """

    differences: tuple[Difference, ...]
    pairs: int
    measured: int
    warnings: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two tables' measured rows, in the same order."""

    a: dict[str, Floats]
    b: dict[str, Floats]
    units: Units
    at_s: Floats
    unit: Ints


def compare(a: Result, b: Result, *, is_anyway: bool = False, seed: int = _SEED) -> Comparison:
    """Compare B against A. NotComparable for different plans always, and for lesser faults unless `is_anyway`."""
    if faults := _plan_faults(a, b):
        raise NotComparable(faults, can_force=False)
    warnings = _faults(a, b)
    if warnings and not is_anyway:
        raise NotComparable(warnings, can_force=True)
    pair = _paired(a, b)
    measures, left_out = _measures(pair, a, b)
    found = differences(measures, CONFIDENCE, _RESAMPLES, seed)
    return Comparison(found, int(np.sum(_is_pair(pair))), len(pair.at_s), warnings, left_out)


def _plan_faults(a: Result, b: Result) -> tuple[str, ...]:
    """What leaves no pairs."""
    faults = []
    if a.seed != b.seed:
        faults.append(f"The seeds differ ({a.seed} and {b.seed}): different requests were sent.")
    if a.workload_hash != b.workload_hash:
        faults.append("The workloads differ: different requests were sent.")
    for name, result in (("A", a), ("B", b)):
        if result.requests is None:
            faults.append(f"{name} has no per-request table, so there is nothing to pair.")
    return tuple(faults)


def _faults(a: Result, b: Result) -> tuple[str, ...]:
    """What makes a comparison doubtful."""
    faults = []
    if a.machine != b.machine:
        faults.append("The machines differ: what is seen may be theirs.")
    for name, result in (("A", a), ("B", b)):
        if not result.is_complete:
            faults.append(f"{name} is not complete: {result.problem or 'it does not say why'}.")
        if result.driver.is_limit:
            reason = result.driver.reasons[0] if result.driver.reasons else "it does not say why."
            faults.append(f"In {name} the driver was the limit: {reason}")
    return tuple(faults)


def _paired(a: Result, b: Result) -> _Pair:
    left, right = _columns(a), _columns(b)
    if not all(np.array_equal(left[name], right[name]) for name in ("number", "is_measured")):
        raise NotComparable(("The runs did not plan the same requests.",), can_force=False)
    units = Units(a.figures.over_time.from_s, a.figures.window_s)
    is_measured = left["is_measured"] == 1
    if units.window_s < LEAST_S or not is_measured.any():
        reason = (
            f"{units.window_s:g} s were measured: too short for an interval; measure {LEAST_S:g} s or more."
        )
        raise NotComparable((reason,), can_force=False)
    left, right = ({n: c[is_measured] for n, c in columns.items()} for columns in (left, right))
    # Planned times, which the driver keeps in both runs to the microsecond.
    at_s = left["at"] / 1e6
    return _Pair(left, right, units, at_s, units.place(at_s))


def _columns(result: Result) -> dict[str, Floats]:
    if result.requests is None:
        raise AssertionError("checked before")
    found: dict[str, Any] = rows(result.requests)
    served = [result.requests.outcomes.index(name) for name in ("answered", "degraded")]
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in found.items()}
    return columns | {"is_served": np.isin(columns["outcome"], served).astype(np.float64)}


def _is_pair(pair: _Pair) -> Any:
    return (pair.a["is_served"] == 1) & (pair.b["is_served"] == 1)


def _measures(pair: _Pair, a: Result, b: Result) -> tuple[list[Measure], tuple[str, ...]]:
    """What both runs have, and what of it is missing."""
    measures: list[Measure] = []
    left_out = []
    for name, column in _TIMES:
        known = _is_pair(pair) & (pair.a[column] >= 0) & (pair.b[column] >= 0)
        if not known.any():
            left_out.append(f"{name}: no request has it in both runs")
            continue
        left, right = ((c[column][known] - c["at"][known]) / 1000 for c in (pair.a, pair.b))
        unit, shares = pair.unit[known], tuple(_QUANTILES.values())
        names = tuple(f"{name} {percentile}" for percentile in _QUANTILES)
        both = (quantiles(left, unit, shares), quantiles(right, unit, shares))
        measures.append(Measure(names, "ms", False, *both))
    good = [ratio(pair.units.sums(pair.at_s, c["weight"]), pair.units.seconds()) for c in (pair.a, pair.b)]
    measures.append(Measure(("goodput",), "per s", True, *good))
    if a.server is None or b.server is None:
        left_out.append("CPU per request: it was not read in both runs")
    else:
        measures.append(Measure(("CPU per request",), "ms", False, _cpu(pair, a), _cpu(pair, b)))
    return measures, tuple(left_out)


def _cpu(pair: _Pair, result: Result) -> Any:
    """CPU milliseconds over all groups in each block, by the requests planned for it."""
    if result.server is None:
        raise AssertionError("checked before")
    total = np.sum([np.asarray(series) for series in result.server.series_cpu_ms.values()], axis=0)
    used = np.diff(np.interp(pair.units.edges_s(), np.asarray(result.server.at_s), total))
    return ratio(used, pair.units.sums(pair.at_s, np.ones_like(pair.at_s)))


def sentence(difference: Difference) -> str:
    """A difference in words, with its interval."""
    unit, part_of_a = difference.unit, difference.share_of_a
    interval = f"between {_signed(difference.low)} and {_signed(difference.high)} {unit}"
    if difference.verdict != "no difference":
        part = part_of_a(difference.delta)
        percent = "" if part is None else f" ({100 * part:+.1f} %)"
        return f"{difference.verdict} by {_rounded(abs(difference.delta))} {unit}{percent}, {interval}"
    if not difference.detectable:
        return "no difference (the same in every block)"
    part = part_of_a(difference.detectable)
    percent = "" if part is None else f", {100 * part:.1f} %,"
    return (
        f"no difference ({interval}; {_rounded(difference.detectable)} {unit}{percent} would have been seen)"
    )


def _rounded(value: float) -> str:
    """Three digits that count."""
    if not value:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 6)}f}"


def _signed(value: float) -> str:
    return ("+" if value >= 0 else "−") + _rounded(abs(value))
