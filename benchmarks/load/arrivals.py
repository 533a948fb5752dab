"""When conversations begin: pure functions from a rate and a seeded generator to sorted times.

Times are seconds of the run, from 0 up to its end, in whole microseconds: the last bits of a logarithm differ between
machines, and a plan must not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

_DECIMALS: Final = 6
# A renewal process that is watched from its first event shows too many bursts at once: it runs this many mean gaps
# (times its squared variation) unseen before the run starts.
_SETTLING_GAPS: Final = 20


@dataclass(frozen=True, slots=True)
class Ramp:
    """A stretch of the run in which the arrival rate goes in a straight line from one value to another."""

    from_s: float
    to_s: float
    from_per_s: float
    to_per_s: float

    @property
    def expected(self) -> float:
        """The mean number of arrivals in the stretch."""
        return (self.to_s - self.from_s) * (self.from_per_s + self.to_per_s) / 2

    def until(self, end_s: float) -> "Ramp":
        """The part of it before `end_s`, which lies inside it."""
        share = (end_s - self.from_s) / (self.to_s - self.from_s)
        rate = self.from_per_s + share * (self.to_per_s - self.from_per_s)
        return Ramp(self.from_s, end_s, self.from_per_s, rate)


def cut(ramps: Sequence[Ramp], end_s: float) -> tuple[Ramp, ...]:
    """The curve up to `end_s`."""
    return tuple(ramp if ramp.to_s <= end_s else ramp.until(end_s) for ramp in ramps if ramp.from_s < end_s)


def constant(rate_per_s: float, duration_s: float) -> Times:
    """One arrival every 1/rate, the first at 0."""
    count = int(np.ceil(duration_s * rate_per_s))
    return _tidy(np.arange(count) / rate_per_s, duration_s)


def poisson(ramps: Sequence[Ramp], rng: np.random.Generator) -> Times:
    """A Poisson process whose rate follows the curve, by inversion of its integral. The mean count is the integral."""
    areas = np.array([ramp.expected for ramp in ramps])
    ends = np.cumsum(areas)
    area = np.sort(rng.uniform(0.0, ends[-1], rng.poisson(ends[-1])))
    place = np.minimum(np.searchsorted(ends, area, side="right"), len(ramps) - 1)
    from_s, to_s, low, high = (
        np.array([getattr(ramp, name) for ramp in ramps])[place]
        for name in ("from_s", "to_s", "from_per_s", "to_per_s")
    )
    rest = np.clip(area - (ends - areas)[place], 0.0, None)
    # Solve low·t + slope·t²/2 = rest for t. This form of the root is exact for a slope of 0 too.
    slope = (high - low) / (to_s - from_s)
    divisor = low + np.sqrt(np.clip(low**2 + 2 * slope * rest, 0.0, None))
    passed = np.divide(2 * rest, divisor, out=np.zeros_like(rest), where=divisor > 0)
    return _tidy(from_s + np.minimum(passed, to_s - from_s), ramps[-1].to_s)


def gamma_bursts(rate_per_s: float, cv: float, duration_s: float, rng: np.random.Generator) -> Times:
    """Gamma-distributed gaps with that coefficient of variation: 1 is Poisson, above it come bursts, below it a beat."""
    shape = 1 / cv**2
    before_s = _SETTLING_GAPS * max(1.0, cv**2) / rate_per_s
    wanted_s = before_s + duration_s
    size = int(wanted_s * rate_per_s * 1.1) + 100
    times = np.cumsum(rng.gamma(shape, 1 / (rate_per_s * shape), size))
    while times[-1] < wanted_s:
        more = rng.gamma(shape, 1 / (rate_per_s * shape), size)
        times = np.concatenate([times, times[-1] + np.cumsum(more)])
    times -= before_s
    return _tidy(times[times >= 0], duration_s)


def replay(times_s: Times, scale: float, duration_s: float, rng: np.random.Generator) -> Times:
    """Recorded times, already of the run's clock, with `scale` times as many arrivals.

    At 1 they are replayed as they are. Below 1 each stays with that probability; above it, an arrival's copies lie
    anywhere before the next one, so that the trace's bursts and pauses remain.
    """
    times = times_s[(times_s >= 0) & (times_s < duration_s)]
    if scale == 1:
        return _tidy(times, duration_s)
    whole = int(scale)
    copies = whole + (rng.random(len(times)) < scale - whole)
    gaps = np.diff(times, append=duration_s)
    original = np.repeat(np.arange(len(times)), copies)
    is_first = np.diff(original, prepend=-1) > 0
    shift = np.where(is_first, 0.0, rng.random(len(original))) * gaps[original]
    return _tidy(np.sort(times[original] + shift), duration_s)


def _tidy(times: Times, end_s: float) -> Times:
    rounded = np.round(times, _DECIMALS)
    return rounded[rounded < end_s]
