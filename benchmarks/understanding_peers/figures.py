"""What is made of the measurements: a rung's figures, the best rung within the bound, medians of rounds, verdicts."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

BOUND_MS: Final = 200.0
LEAST_RATIO: Final = 1.5
LEAST_SHARE: Final = 0.85
_IN_A_ROW: Final = 2


@dataclass(frozen=True, slots=True)
class Rung:
    """A closed loop at one number of connections. `errors` counts by reason; CPU is of the server's processes, by group."""

    connections: int
    requests: int
    texts_per_s: float
    p50_ms: float
    p99_ms: float
    errors: Mapping[str, int]
    cpu_ms_per_text: Mapping[str, float] = field(default_factory=dict)

    def is_within(self, bound_ms: float) -> bool:
        """Whether its slowest hundredth came in time and nothing failed."""
        return self.requests > 0 and not self.errors and self.p99_ms <= bound_ms


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; infinite where there are no values. `share` is 0 … 1."""
    if not values:
        return math.inf
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def best(rungs: Sequence[Rung], bound_ms: float = BOUND_MS) -> Rung | None:
    """The rung of most texts a second among those within the bound."""
    return max((r for r in rungs if r.is_within(bound_ms)), key=lambda r: r.texts_per_s, default=None)


def is_climbed(rungs: Sequence[Rung], bound_ms: float = BOUND_MS) -> bool:
    """Whether the last two rungs were both beyond the bound: one may be a hiccup."""
    last = rungs[-_IN_A_ROW:]
    return len(last) == _IN_A_ROW and not any(rung.is_within(bound_ms) for rung in last)


def texts_per_s(rungs: Sequence[Rung], bound_ms: float = BOUND_MS) -> float:
    """The best rung's; 0 where none is within the bound."""
    found = best(rungs, bound_ms)
    return found.texts_per_s if found else 0.0


def spread(values: Sequence[float]) -> dict[str, float]:
    """The median of the rounds, and their range."""
    return {
        "median": round(statistics.median(values), 2),
        "least": round(min(values), 2),
        "most": round(max(values), 2),
    }


def quickest(medians: Mapping[str, float]) -> str:
    """The name with the highest median."""
    return max(medians, key=lambda name: medians[name])


def ratio(value: float, other: float) -> float | None:
    """How many times the other; None where the other is nothing."""
    return round(value / other, 3) if other > 0 else None


def verdict(what: str, value: float | None, least: float) -> dict[str, Any]:
    """A bound and whether it is met. A value that could not be formed meets none."""
    return {"what": what, "at_least": least, "value": value, "is_met": value is not None and value >= least}
