"""Follows the store's numbered change log, so that every replica sees every change within the poll interval."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from commerce.domain.errors import StoreError
from commerce.domain.tenants import Change
from commerce.store import Store
from deployments.log import logger

_PAGE = 500


class ChangeFeed:
    """Polls the log and hands each page of changes to `apply`, in order. `seq` is the last one that was applied."""

    def __init__(
        self, store: Store, poll_ms: int, apply: Callable[[Sequence[Change]], Awaitable[None]]
    ) -> None:
        self._store = store
        self._poll_s = poll_ms / 1000
        self._apply = apply
        self.seq = 0

    async def start(self) -> None:
        """Take the log's present end as the beginning; call before the first load of what the log speaks of."""
        self.seq = await self._store.latest_change()

    async def run(self) -> None:
        """Poll until cancelled. A store that can't be reached is asked again at the next poll."""
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                await self.poll()
            except StoreError as error:
                logger.warning("change log not read: %s", error)

    async def poll(self) -> None:
        """Apply everything that is new."""
        while changes := await self._store.changes_since(self.seq, _PAGE):
            await self._apply(changes)
            self.seq = changes[-1].seq
