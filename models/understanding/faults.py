"""Programmed trouble for the fake engines: the wait of each call and the calls that fail."""

import asyncio
import threading


class ProgrammedFaults:
    """Counts calls from 1. Thread-safe."""

    def __init__(self, delay_ms: float = 0.0, fail_every: int = 0) -> None:
        self.delay_s = delay_ms / 1000
        self.fail_every = fail_every
        self._calls = 0
        self._lock = threading.Lock()
        self._never = threading.Event()

    def next_call_fails(self) -> bool:
        """Counts a call, and says whether it is one of those that fail: every `fail_every`-th; 0 is none."""
        with self._lock:
            self._calls += 1
            return self.fail_every > 0 and self._calls % self.fail_every == 0

    def wait(self) -> None:
        """Blocks for the delay."""
        if self.delay_s > 0:
            self._never.wait(self.delay_s)

    async def wait_async(self) -> None:
        """Waits for the delay without blocking the loop; cancellable."""
        if self.delay_s > 0:
            await asyncio.sleep(self.delay_s)
