"""Working days: Monday to Friday in the shop's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commerce.domain.returns import day_window_end

_SATURDAY = 5


def working_days_end(start: datetime, days: int, zone: str) -> datetime:
    """The instant (UTC, exclusive) at which the `days`-th working day after `start`'s local day ends in `zone`."""
    day = start.astimezone(ZoneInfo(zone)).date()
    left, passed = days, 0
    while left:
        passed += 1
        left -= (day + timedelta(days=passed)).weekday() < _SATURDAY
    return day_window_end(start, passed, zone)
