"""When people buy: sale days, gift days, quiet days, and the hours of a day. Calendar dates are local to
the shop.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

_SALES = {(11, 11): 14.0, (6, 18): 9.0, (12, 12): 5.0, (3, 8): 3.0, (8, 18): 2.0}
_GIFT_DAYS = ((1, 25), (2, 14), (5, 10), (5, 20), (6, 1), (9, 10), (9, 25), (12, 25))
_SALE_DISCOUNT_PERCENT = {(11, 11): 20, (6, 18): 15, (12, 12): 12, (3, 8): 8, (8, 18): 8}
# Orders by local hour: lunch, and above all the evening.
_HOURS = (3, 1, 1, 1, 1, 1, 2, 4, 6, 8, 10, 10, 11, 9, 8, 8, 8, 8, 9, 12, 15, 16, 12, 7)
_HOUR_SUMS = tuple(accumulate(_HOURS))


def sale_discount_percent(day: date) -> int:
    """What everything is reduced by on `day`; 0 on most."""
    return _SALE_DISCOUNT_PERCENT.get((day.month, day.day), 0)


def _sale_weight(day: date, pull: float) -> float:
    weight = 1.0
    for (month, number), peak in _SALES.items():
        days_before = (date(day.year, month, number) - day).days
        if days_before == 0:
            weight += peak * pull
        elif 0 < days_before <= 10 and peak >= 9:
            # Double 11 and 618 begin days ahead.
            weight += 0.8 * pull
    return weight


def _gift_weight(day: date, pull: float) -> float:
    is_near = any(0 < (date(day.year, month, number) - day).days <= 9 for month, number in _GIFT_DAYS)
    return pull if is_near else 1.0


def day_weight(day: date, sale_pull: float, gift_pull: float) -> float:
    """The relative number of orders on `day`: in the Spring Festival week couriers rest, at weekends
    people shop.
    """
    weight = _sale_weight(day, sale_pull) * _gift_weight(day, gift_pull)
    if day.month == 2 and 8 <= day.day <= 16:
        weight *= 0.35
    return weight * (1.15 if day.weekday() >= 5 else 1.0)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days before `now`, with running sums of their weights for one kind of customer."""

    days: tuple[date, ...]
    sums: tuple[float, ...]
    zone: ZoneInfo
    now: datetime

    def draw(self, rng: random.Random, first_days: int, last_days: int) -> datetime:
        """An instant between `first_days` and `last_days` before now, likelier on a busy day and at a
        busy hour.
        """
        start = max(0, len(self.days) - 1 - first_days)
        end = len(self.days) - 1 - last_days
        low = self.sums[start - 1] if start > 0 else 0.0
        day = self.days[bisect_left(self.sums, rng.uniform(low, self.sums[end]), start, end)]
        hour = bisect_left(_HOUR_SUMS, rng.uniform(0, _HOUR_SUMS[-1]))
        local = datetime(
            day.year,
            day.month,
            day.day,
            min(hour, 23),
            rng.randrange(60),
            rng.randrange(60),
            tzinfo=self.zone,
        )
        # Later today has not come yet.
        return (
            local
            if local < self.now
            else (self.now - timedelta(minutes=rng.randint(45, 600))).replace(microsecond=0)
        )


def calendar(now: datetime, zone: str, weight: Callable[[date], float], days: int = 730) -> Calendar:
    """The last `days` days, today included."""
    tz = ZoneInfo(zone)
    today = now.astimezone(tz).date()
    run = tuple(today - timedelta(days=days - index) for index in range(days + 1))
    return Calendar(run, tuple(accumulate(weight(day) for day in run)), tz, now)
