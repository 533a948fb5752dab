"""What a driver process notices of itself while it runs."""

import asyncio
import time
from pathlib import Path
from typing import Final

from benchmarks.load.clock import precise_timer
from benchmarks.load.records import DriverWatch

_EVERY_S: Final = 0.02
_STAT: Final = Path("/proc/stat")
_STEAL: Final = 7
# guest and guest_nice, the last two, are counted in user and nice already.
_COUNTED: Final = 8


class SelfWatch:
    """Samples the event loop's lag until `stop`; then says what the process took of the CPU, and the host of it."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._lag_s: list[float] = []
        self._began = time.monotonic()
        self._cpu_s = time.process_time()
        self._machine = _machine_ticks()
        self._task = asyncio.create_task(self._sample())

    async def _sample(self) -> None:
        with precise_timer() as timer:
            due = time.monotonic()
            while True:
                due = max(due, time.monotonic()) + _EVERY_S
                await timer.sleep_until(due)
                self._lag_s.append(time.monotonic() - due)

    async def stop(self, sent: int) -> DriverWatch:
        """End the sampling."""
        self._task.cancel()
        await asyncio.wait({self._task})
        elapsed_s = time.monotonic() - self._began
        total, steal = (after - before for after, before in zip(_machine_ticks(), self._machine, strict=True))
        return DriverWatch(
            self._process,
            (time.process_time() - self._cpu_s) / elapsed_s,
            tuple(self._lag_s),
            sent,
            steal / total if total else 0.0,
        )


def _machine_ticks() -> tuple[int, int]:
    """All CPUs' ticks so far, and those of them that the host gave to others."""
    fields = [int(word) for word in _STAT.read_text().split("\n", 1)[0].split()[1 : 1 + _COUNTED]]
    return sum(fields), fields[_STEAL]
