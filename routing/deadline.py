"""The deadline budget: one per request, spent by every stage."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the answer is due, in seconds of the gateway's monotonic clock. The clock's reading is passed in."""

    at_s: float

    @classmethod
    def after(cls, now_s: float, budget_s: float) -> "Deadline":
        """A deadline `budget_s` from now."""
        return cls(now_s + budget_s)

    def left_s(self, now_s: float) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at_s - now_s)

    def share_s(self, now_s: float, most_s: float, reserve_s: float = 0.0) -> float:
        """What a stage may take: at most `most_s`, and never what later stages need (`reserve_s`)."""
        return max(0.0, min(most_s, self.left_s(now_s) - reserve_s))
