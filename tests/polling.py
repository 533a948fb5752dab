"""Waiting for what another process will do."""

import threading
import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], within_s: float, every_s: float = 0.1) -> None:
    """Return as soon as it holds; AssertionError when it does not within the time."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not hold within {within_s:g} s")
        pause.wait(every_s)
