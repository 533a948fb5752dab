"""Which chat models answer now, so that no request waits for one that is down."""

import asyncio

from deployments.contracts import GenerationClient
from deployments.errors import StageError

_EVERY_S = 0.5
_PATIENCE_S = 2.0


class RungWatch:
    """Asks each chat model for its status all the time. A failed request marks its rung down at once."""

    def __init__(self, generation: dict[str, GenerationClient]) -> None:
        self._generation = generation
        self._down: set[str] = set()

    @property
    def unavailable(self) -> frozenset[str]:
        """The rungs that are down."""
        return frozenset(self._down)

    def mark_down(self, rung: str) -> None:
        """A request found it down; it stays so until its status is answered."""
        self._down.add(rung)

    async def run(self) -> None:
        """Watch every rung until cancelled."""
        await asyncio.gather(*(self._watch(rung, client) for rung, client in self._generation.items()))

    async def _watch(self, rung: str, client: GenerationClient) -> None:
        while True:
            try:
                await client.status(_PATIENCE_S)
                self._down.discard(rung)
            except StageError:
                self._down.add(rung)
            await asyncio.sleep(_EVERY_S)
