"""The statistics of a comparison: figures of both runs over the same blocks of time, and the interval of their difference."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Verdict = Literal["no difference", "better", "worse"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Figure = Callable[[Floats], Floats]
"""A run's figures by how often each unit of time counts: an array (draws, units) gives (draws, figures)."""

_POWER: Final = 0.8
_UNITS: Final = 60
_BLOCKS: Final = (30, 20, 12, 6, 5)
"""The window is cut into so many blocks, each a whole number of units. All are tried and the widest interval is taken: it is
the one whose blocks outlast the correlation within a run, which near saturation is many seconds and can't be known before."""
LEAST_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class Difference:
    """B less A of one measure, between `low` and `high`. `detectable` is the least that such a pair shows 8 times in 10."""

    measure: str
    unit: str
    a: float
    b: float
    low: float
    high: float
    detectable: float
    verdict: Verdict

    @property
    def delta(self) -> float:
        """B less A."""
        return self.b - self.a

    def share_of_a(self, value: float) -> float | None:
        """`value` as a part of A, None where A is 0."""
        return value / self.a if self.a else None


@dataclass(frozen=True, slots=True)
class Measure:
    """Figures of both runs that are computed together, one for each of `names`."""

    names: tuple[str, ...]
    unit: str
    is_more_better: bool
    a: Figure
    b: Figure


@dataclass(frozen=True, slots=True)
class Units:
    """The measured window in 60 equal parts, of which blocks are made."""

    from_s: float
    window_s: float

    def place(self, at_s: Floats) -> Ints:
        """Each moment's unit."""
        found = ((at_s - self.from_s) * (_UNITS / self.window_s)).astype(np.int64)
        return np.clip(found, 0, _UNITS - 1)

    def edges_s(self) -> Floats:
        """Where the units begin, and the last one's end."""
        return np.linspace(self.from_s, self.from_s + self.window_s, _UNITS + 1)

    def sums(self, at_s: Floats, values: Floats) -> Floats:
        """The values' sum in each unit."""
        return np.bincount(self.place(at_s), weights=values, minlength=_UNITS).astype(np.float64)

    def seconds(self) -> Floats:
        """How long each unit is."""
        return np.full(_UNITS, self.window_s / _UNITS)


def quantiles(values: Floats, unit: Ints, shares: Sequence[float]) -> Figure:
    """The values' quantiles when each value counts as often as its unit."""
    order = np.argsort(values)
    ordered, places = values[order], unit[order]

    def figure(counts: Floats) -> Floats:
        found = np.empty((len(counts), len(shares)))
        for number, row in enumerate(counts):
            total = np.cumsum(row[places])
            ranks = np.searchsorted(total, np.multiply(shares, total[-1]))
            found[number] = ordered[np.minimum(ranks, len(ordered) - 1)]
        return found

    return figure


def ratio(sums: Floats, per: Floats) -> Figure:
    """A sum over the units divided by another one."""

    def figure(counts: Floats) -> Floats:
        above: Floats = counts @ sums
        below: Floats = counts @ per
        return np.divide(above, below, out=np.zeros_like(above), where=below > 0)[:, None]

    return figure


def _draws(blocks: int, resamples: int, rng: np.random.Generator) -> Floats:
    """How often each unit counts in each resample: its block was drawn so often."""
    drawn = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=resamples)
    return np.repeat(drawn, _UNITS // blocks, axis=1).astype(np.float64)


def differences(
    measures: Sequence[Measure], confidence: float, resamples: int, seed: int
) -> tuple[Difference, ...]:
    """Each measure's difference; the confidence holds for all of them together."""
    rng = np.random.Generator(np.random.PCG64(seed))
    counts = {blocks: _draws(blocks, resamples, rng) for blocks in _BLOCKS}
    share = (1 - confidence) / max(sum(len(measure.names) for measure in measures), 1)
    return tuple(found for measure in measures for found in _of(measure, counts, share))


def _of(measure: Measure, counts: dict[int, Floats], share: float) -> Iterator[Difference]:
    once = np.ones((1, _UNITS))
    a, b = measure.a(once)[0], measure.b(once)[0]
    half, power = np.zeros(len(measure.names)), np.zeros(len(measure.names))
    for blocks, drawn in counts.items():
        # Few blocks: the bootstrap's error is too small by sqrt((n-1)/n), and a normal quantile is too low.
        error = np.std(measure.b(drawn) - measure.a(drawn), axis=0, ddof=1) * (blocks / (blocks - 1)) ** 0.5
        half = np.maximum(half, stats.t.ppf(1 - share / 2, blocks - 1) * error)
        power = np.maximum(power, stats.t.ppf(_POWER, blocks - 1) * error)
    for place, name in enumerate(measure.names):
        values = float(a[place]), float(b[place])
        yield _difference(measure, name, values, float(half[place]), float(power[place]))


def _difference(
    measure: Measure, name: str, values: tuple[float, float], half: float, power: float
) -> Difference:
    a, b = values
    low, high = b - a - half, b - a + half
    verdict: Verdict = "no difference"
    if low > 0 or high < 0:
        verdict = "better" if (b > a) == measure.is_more_better else "worse"
    return Difference(name, measure.unit, a, b, low, high, half + power, verdict)
