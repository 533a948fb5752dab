"""Latencies in a HdrHistogram: every value within 0.1 %, in fixed memory, mergeable across processes and runs."""

from collections.abc import Iterable
from typing import Final

from hdrh.histogram import HdrHistogram

from benchmarks.load.figures import Spread

_SHORTEST_US: Final = 1
_LONGEST_US: Final = 2 * 3600 * 1_000_000
_DIGITS: Final = 3
_US_PER_S: Final = 1_000_000


class Latencies:
    """A histogram of seconds, in whole microseconds from 1 to two hours; what lies outside counts as the nearest."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._histogram = HdrHistogram(_SHORTEST_US, _LONGEST_US, _DIGITS)
        # The library's own mean walks all buckets, which takes as long as the rest of a report.
        self._sum_us = 0.0
        for value in seconds:
            self.add(value)

    def add(self, seconds: float) -> None:
        """Count one."""
        microseconds = min(max(round(seconds * _US_PER_S), _SHORTEST_US), _LONGEST_US)
        self._histogram.record_value(microseconds)
        self._sum_us += microseconds

    @property
    def count(self) -> int:
        """How many were added."""
        return int(self._histogram.get_total_count())

    def percentile_s(self, percent: float) -> float:
        """The value that this share of the latencies does not exceed."""
        return float(self._histogram.get_value_at_percentile(percent)) / _US_PER_S

    def spread(self) -> Spread:
        """Its percentiles, with the histogram itself."""
        milliseconds = {
            name: 1000 * self.percentile_s(percent)
            for name, percent in (("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p999", 99.9), ("max", 100.0))
        }
        return Spread(
            count=self.count,
            mean_ms=round(self._sum_us / 1000 / self.count, 3) if self.count else 0.0,
            histogram=self.encoded(),
            **{f"{name}_ms": round(value, 3) for name, value in milliseconds.items()},
        )

    def encoded(self) -> str:
        """HdrHistogram's own V2 text, which its implementations in other languages read too."""
        return str(self._histogram.encode().decode())

    @classmethod
    def decoded(cls, *encoded: str) -> "Latencies":
        """One histogram that holds all of these."""
        found = cls()
        for text in encoded:
            found._histogram.decode_and_add(text)
        found._sum_us = float(found._histogram.get_mean_value()) * found.count
        return found
