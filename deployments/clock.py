"""What time it is, for whatever says or stores a time: an evaluation hands in its own."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)
