"""The kinds of arrivals that a workload may name, and what each means for a run of a given length."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from benchmarks.load.arrivals import Ramp, Times, constant, cut, gamma_bursts, poisson, replay
from benchmarks.load.traces import Trace
from deployments.identity import Section

MOST_SECONDS: Final = 3600

Number = Field(strict=True, allow_inf_nan=False)
Second = Annotated[float, Number, Field(ge=0, le=MOST_SECONDS)]
Rate = Annotated[float, Number, Field(ge=0, le=1_000_000)]
PositiveRate = Annotated[float, Number, Field(gt=0, le=1_000_000)]


class _Steady(Section):
    rate_per_s: PositiveRate

    def ramps(self, duration_s: float) -> tuple[Ramp, ...]:
        """The arrival rate over the run."""
        return (Ramp(0.0, duration_s, self.rate_per_s, self.rate_per_s),)

    def phases(self) -> tuple[tuple[float, str], ...]:
        """When each part of the arrivals starts, and its name."""
        return ((0.0, "measured"),)

    def faults(self, duration_s: float) -> Iterator[str]:
        """What doesn't fit a run of that length."""
        yield from ()


class Constant(_Steady):
    """One conversation every 1/`rate_per_s`: no chance in it."""

    kind: Literal["constant"]


class Poisson(_Steady):
    """Customers who know nothing of one another."""

    kind: Literal["poisson"]


class Gamma(_Steady):
    """Bursts: gaps of a gamma distribution, by their coefficient of variation, or by its shape (1/cv²)."""

    kind: Literal["gamma"]
    cv: Annotated[float, Number, Field(ge=0.05, le=20)] | None = None
    shape: Annotated[float, Number, Field(ge=0.0025, le=400)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "Gamma":
        if (self.cv is None) == (self.shape is None):
            raise ValueError("write exactly one of cv (above 1 for bursts) and shape (which is 1/cv²)")
        return self

    @property
    def variation(self) -> float:
        """The gaps' coefficient of variation."""
        return self.cv if self.cv is not None else float(self.shape or 1.0) ** -0.5


class Replay(Section):
    """Recorded traffic. Each second of the run plays `time_compression` seconds of the trace, from its second `from_s` on.

    All that the trace holds is sent then, times `rate_scale`; or scaled so that the run has `mean_rate_per_s`.
    """

    kind: Literal["trace"]
    file: Path
    time_column: str | None = Field(default=None, min_length=1)
    rate_column: str | None = Field(default=None, min_length=1)
    from_s: Annotated[float, Number, Field(ge=0)] = 0.0
    time_compression: Annotated[float, Number, Field(ge=0.001, le=1_000_000)] = 1.0
    rate_scale: Annotated[float, Number, Field(gt=0, le=1000)] | None = None
    mean_rate_per_s: PositiveRate | None = None

    @model_validator(mode="after")
    def _at_most_one(self) -> "Replay":
        if self.rate_scale is not None and self.mean_rate_per_s is not None:
            raise ValueError(
                "write one of rate_scale and mean_rate_per_s: each says how many requests there are"
            )
        return self

    def phases(self) -> tuple[tuple[float, str], ...]:
        """When each part of the arrivals starts, and its name."""
        return ((0.0, "measured"),)

    def moments(self, trace: Trace) -> Times:
        """The trace's times on the run's clock."""
        moments: Times = (trace.times_s - self.from_s) / self.time_compression
        return moments

    def ramps(self, trace: Trace, duration_s: float, scale: float) -> tuple[Ramp, ...]:
        """The arrival rate over the run, from a trace of rates."""
        starts = self.moments(trace)
        ends = np.append(starts[1:], (trace.length_s - self.from_s) / self.time_compression)
        rates = _needed_rates(trace) * self.time_compression * scale
        stretches = zip(np.maximum(starts, 0.0).tolist(), ends.tolist(), rates.tolist(), strict=True)
        return cut(
            [Ramp(start, end, rate, rate) for start, end, rate in stretches if end > start], duration_s
        )

    def recorded(self, trace: Trace, duration_s: float) -> float:
        """The requests of the trace that fall into the run, before scaling."""
        if trace.rates_per_s is not None:
            return sum(ramp.expected for ramp in self.ramps(trace, duration_s, 1.0))
        moments = self.moments(trace)
        return float(np.count_nonzero((moments >= 0) & (moments < duration_s)))

    def scale(self, trace: Trace, duration_s: float) -> float:
        """How many times as many requests are sent as the trace holds."""
        if self.mean_rate_per_s is None:
            return 1.0 if self.rate_scale is None else self.rate_scale
        return self.mean_rate_per_s * duration_s / max(self.recorded(trace, duration_s), 1e-12)

    def faults(self, trace: Trace, duration_s: float) -> Iterator[str]:
        """What doesn't fit a run of that length."""
        lasts_s = (trace.length_s - self.from_s) / self.time_compression
        if lasts_s <= 0:
            yield f"arrivals.from_s: the trace ends at {trace.length_s:g} s; write less"
        elif lasts_s < duration_s:
            yield (
                f"arrivals: at time_compression {self.time_compression:g} the trace lasts {lasts_s:.1f} s, less than "
                f"duration_s, which is {duration_s:g}; write duration_s: {int(lasts_s)} or a lower time_compression"
            )
        elif self.recorded(trace, duration_s) <= 0:
            yield "arrivals: the trace has no requests in this stretch; write another from_s or a longer duration_s"


class Step(Section):
    """From `at_s` on, that rate."""

    at_s: Second
    rate_per_s: Rate


class Steps(Section):
    """A Poisson process whose rate jumps."""

    kind: Literal["steps"]
    steps: tuple[Step, ...]

    @field_validator("steps")
    @classmethod
    def _some(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        if not steps:
            raise ValueError("write at least one step: {at_s: 0, rate_per_s: 2}")
        return steps

    def ramps(self, duration_s: float) -> tuple[Ramp, ...]:
        """The arrival rate over the run."""
        ends = (*(step.at_s for step in self.steps[1:]), duration_s)
        return tuple(
            Ramp(step.at_s, end, step.rate_per_s, step.rate_per_s)
            for step, end in zip(self.steps, ends, strict=True)
        )

    def phases(self) -> tuple[tuple[float, str], ...]:
        """When each part of the arrivals starts, and its name."""
        return tuple((step.at_s, f"step_{number}") for number, step in enumerate(self.steps, 1))

    def faults(self, duration_s: float) -> Iterator[str]:
        """What doesn't fit a run of that length."""
        times = [step.at_s for step in self.steps]
        if times[0] != 0:
            yield f"arrivals.steps.0.at_s: the first step must say the rate from the start; write 0 (given: {times[0]:g})"
        for number, (before, at) in enumerate(pairwise(times), 1):
            if at <= before:
                yield f"arrivals.steps.{number}.at_s: {at:g} is not after the step before it; write more than {before:g}"
        if times[-1] >= duration_s:
            yield (
                f"arrivals.steps.{len(times) - 1}.at_s: {times[-1]:g} is not within the run; write less than "
                f"duration_s, which is {duration_s:g}"
            )


class Flash(Section):
    """A sale begins: a Poisson process at `base_per_s` that rises in a line to `peak_per_s`, holds and falls back."""

    kind: Literal["flash"]
    base_per_s: Rate
    peak_per_s: PositiveRate
    at_s: Second
    rise_s: Second
    hold_s: Second
    fall_s: Second

    def _corners(self) -> tuple[float, float, float, float]:
        risen = self.at_s + self.rise_s
        return self.at_s, risen, risen + self.hold_s, risen + self.hold_s + self.fall_s

    def ramps(self, duration_s: float) -> tuple[Ramp, ...]:
        """The arrival rate over the run."""
        base, peak = self.base_per_s, self.peak_per_s
        times = (0.0, *self._corners(), duration_s)
        rates = ((base, base), (base, peak), (peak, peak), (peak, base), (base, base))
        stretches = zip(times, times[1:], rates, strict=False)
        return tuple(Ramp(start, end, *rate) for start, end, rate in stretches if end > start)

    def phases(self) -> tuple[tuple[float, str], ...]:
        """When each part of the arrivals starts, and its name."""
        names = ("before", "rise", "peak", "fall", "after")
        return tuple(zip((0.0, *self._corners()), names, strict=True))

    def faults(self, duration_s: float) -> Iterator[str]:
        """What doesn't fit a run of that length."""
        if self.peak_per_s <= self.base_per_s:
            yield f"arrivals.peak_per_s: a peak is above base_per_s; write more than {self.base_per_s:g}"
        if (end := self._corners()[-1]) > duration_s:
            yield (
                f"arrivals: the peak has fallen at {end:g} s, after the run's end; write duration_s: {end:g} or more, "
                "or an earlier at_s"
            )


Arrivals = Annotated[Constant | Poisson | Gamma | Replay | Steps | Flash, Field(discriminator="kind")]
KINDS: Final = {
    "constant": Constant,
    "poisson": Poisson,
    "gamma": Gamma,
    "trace": Replay,
    "steps": Steps,
    "flash": Flash,
}


def expected(arrivals: Arrivals, trace: Trace | None, duration_s: float) -> float:
    """The mean number of arrivals in a run of that length. A replay needs its trace."""
    if not isinstance(arrivals, Replay):
        return sum(ramp.expected for ramp in arrivals.ramps(duration_s))
    found = _needed(trace)
    return arrivals.recorded(found, duration_s) * arrivals.scale(found, duration_s)


def times(arrivals: Arrivals, trace: Trace | None, duration_s: float, rng: np.random.Generator) -> Times:
    """When conversations begin: sorted seconds of the run. A replay needs its trace."""
    match arrivals:
        case Constant():
            return constant(arrivals.rate_per_s, duration_s)
        case Gamma():
            return gamma_bursts(arrivals.rate_per_s, arrivals.variation, duration_s, rng)
        case Replay():
            found = _needed(trace)
            scale = arrivals.scale(found, duration_s)
            if found.rates_per_s is not None:
                return poisson(arrivals.ramps(found, duration_s, scale), rng)
            return replay(arrivals.moments(found), scale, duration_s, rng)
        case _:
            return poisson(arrivals.ramps(duration_s), rng)


def _needed(trace: Trace | None) -> Trace:
    if trace is None:
        raise ValueError("a replay needs its trace; read it with traces.read")
    return trace


def _needed_rates(trace: Trace) -> Times:
    if trace.rates_per_s is None:
        raise ValueError("the trace holds requests, not rates")
    return trace.rates_per_s
