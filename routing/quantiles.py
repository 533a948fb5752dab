"""How long something takes: quantiles of what was seen lately, as a value."""

import math
from dataclasses import dataclass
from typing import Final

# Buckets of equal ratio from 0.1 ms to ten minutes: a quantile is right to within 7 %.
_FIRST_S: Final = 1e-4
_RATIO: Final = 1.15
_BUCKETS: Final = 112
_LOG_RATIO: Final = math.log(_RATIO)
# Weights grow with time instead of old ones shrinking; from here on they are divided by the newest.
_MOST_WEIGHT: Final = 1e9


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Times in seconds; one seen `half_life_s` ago counts half. Fewer than `enough` tell nothing."""

    half_life_s: float = 30.0
    enough: float = 20.0
    _counts: tuple[float, ...] = (0.0,) * _BUCKETS
    _origin_s: float = 0.0
    _newest_s: float = 0.0

    def add(self, seconds: float, now_s: float) -> "Quantiles":
        """With one more, seen at `now_s` of a monotonic clock."""
        counts, origin_s = self._counts, self._origin_s
        weight = math.exp2(min((now_s - origin_s) / self.half_life_s, 1023.0))
        if weight > _MOST_WEIGHT:
            counts, origin_s, weight = tuple(count / weight for count in counts), now_s, 1.0
        place = _bucket(seconds)
        counts = (*counts[:place], counts[place] + weight, *counts[place + 1 :])
        return Quantiles(self.half_life_s, self.enough, counts, origin_s, max(now_s, self._newest_s))

    @property
    def seen(self) -> float:
        """How many it stands on, as of the newest; older ones count less."""
        return sum(self._counts) / math.exp2(
            min((self._newest_s - self._origin_s) / self.half_life_s, 1023.0)
        )

    def quantile(self, share: float) -> float | None:
        """The time that `share` of them stayed within; None where too few were seen."""
        if self.seen < self.enough:
            return None
        wanted = share * sum(self._counts)
        total = 0.0
        for place, count in enumerate(self._counts):
            total += count
            if total >= wanted and count:
                return float(_FIRST_S * _RATIO ** (place + 0.5))
        return float(_FIRST_S * _RATIO**_BUCKETS)


def _bucket(seconds: float) -> int:
    if seconds <= _FIRST_S:
        return 0
    return min(int(math.log(seconds / _FIRST_S) / _LOG_RATIO), _BUCKETS - 1)
