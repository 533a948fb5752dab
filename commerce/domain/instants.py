"""Times that callers send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _plausible(at: datetime) -> datetime:
    if not _EARLIEST <= at < _LATEST:
        raise ValueError("is a time between the years 2000 and 2199")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""With its zone, and of this age: every zone and database can hold it."""
