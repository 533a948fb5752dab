"""A timer that wakes an event loop on time.

asyncio's and uvloop's own timers count in whole milliseconds. The kernel's timerfd wakes within tens of microseconds; the
last of the wait is spun away, yielding to the loop's other work each time. Linux only, like /proc/stat in the self-watch.
"""

import asyncio
import ctypes
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_CLOCK_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1
_NONBLOCKING: Final = os.O_NONBLOCK | os.O_CLOEXEC
_SPUN_S: Final = 0.00015


class _Spec(ctypes.Structure):
    """struct itimerspec: interval and first expiry, as seconds and nanoseconds."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("every_s", "every_ns", "at_s", "at_ns"))


class Alarm:
    """Calls back in the loop at one moment of time.monotonic(), the last that was set."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._loop = asyncio.get_running_loop()
        self._descriptor = _LIBC.timerfd_create(_CLOCK_MONOTONIC, _NONBLOCKING)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._loop.add_reader(self._descriptor, self._expired)

    def set(self, at: float) -> None:
        """Call back at `at`, at once when that has passed, instead of what was set before."""
        whole = int(at)
        spec = _Spec(0, 0, whole, int(1e9 * (at - whole)))
        _LIBC.timerfd_settime(self._descriptor, _ABSOLUTE, ctypes.byref(spec), None)

    def _expired(self) -> None:
        try:
            os.read(self._descriptor, 8)
        except BlockingIOError:
            # Set anew between its expiry and now.
            return
        self._callback()

    def close(self) -> None:
        """Let go of the descriptor."""
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)


class PreciseTimer:
    """One sleeper at a time. Times are time.monotonic()'s."""

    def __init__(self) -> None:
        self._alarm = Alarm(self._wake_up)
        self._wake: asyncio.Future[None] | None = None

    async def until(self, at: float) -> None:
        """Return at `at` to a few microseconds; at once, without yielding, when it has passed."""
        await self.sleep_until(at - _SPUN_S)
        while time.monotonic() < at:
            await asyncio.sleep(0)

    async def sleep_until(self, at: float) -> None:
        """Return when the kernel wakes the loop for `at`; at once, without yielding, when it has passed."""
        if at <= time.monotonic():
            return
        self._wake = asyncio.get_running_loop().create_future()
        self._alarm.set(at)
        try:
            await self._wake
        finally:
            self._wake = None

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def close(self) -> None:
        """Let go of the alarm."""
        self._alarm.close()


@contextmanager
def precise_timer() -> Iterator[PreciseTimer]:
    """A timer of the running loop."""
    timer = PreciseTimer()
    try:
        yield timer
    finally:
        timer.close()
