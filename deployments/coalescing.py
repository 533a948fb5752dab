"""Calls that wait go together: few are under way, and what comes meanwhile shares the next.

Nothing waits for a batch to fill while the other side is idle, and under load a batch grows to what came during the last.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """`at_once` calls are under way and `most` items go in one; a caller's own items are never parted.

    A further call leaves where `enough` items wait, or one has waited `patience_s`: so that many replicas have work, and one
    that hangs does not hold up the others. None: it does not.
    """

    at_once: int
    most: int
    enough: int | None = None
    patience_s: float | None = None


@dataclass(slots=True, eq=False)
class _Waiter(Generic[Item, Result]):
    items: Sequence[Item]
    since: float
    answer: asyncio.Future[list[Result]]


class Coalescer(Generic[Item, Result]):
    """`send` takes the items of several callers and gives a result of each, in order. What it raises goes to all of them."""

    def __init__(self, send: Callable[[list[Item]], Awaitable[Sequence[Result]]], limits: Limits) -> None:
        self._send = send
        self._limits = limits
        self._waiting: deque[_Waiter[Item, Result]] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None

    async def ask(self, items: Sequence[Item]) -> list[Result]:
        """A result of each item. A call that nobody waits for any more is cancelled."""
        loop = asyncio.get_running_loop()
        waiter: _Waiter[Item, Result] = _Waiter(items, loop.time(), loop.create_future())
        self._waiting.append(waiter)
        self._go()
        return await waiter.answer

    def _go(self) -> None:
        """Send what may leave, and come again when the next has waited long enough."""
        self._forget_the_gone()
        while self._waiting and self._may_leave():
            self._start(self._taken())
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._waiting and self._limits.patience_s is not None:
            due = self._waiting[0].since + self._limits.patience_s
            self._alarm = asyncio.get_running_loop().call_at(due, self._go)

    def _forget_the_gone(self) -> None:
        if any(waiter.answer.done() for waiter in self._waiting):
            self._waiting = deque(waiter for waiter in self._waiting if not waiter.answer.done())

    def _may_leave(self) -> bool:
        limits, now = self._limits, asyncio.get_running_loop().time()
        items = sum(len(waiter.items) for waiter in self._waiting)
        return (
            len(self._calls) < limits.at_once
            or (limits.enough is not None and items >= limits.enough)
            or (limits.patience_s is not None and now >= self._waiting[0].since + limits.patience_s)
        )

    def _taken(self) -> list[_Waiter[Item, Result]]:
        """Those who have waited longest: one at least, more while their items fit."""
        taken = [self._waiting.popleft()]
        count = len(taken[0].items)
        while self._waiting and count + len(self._waiting[0].items) <= self._limits.most:
            taken.append(self._waiting.popleft())
            count += len(taken[-1].items)
        return taken

    def _start(self, waiters: list[_Waiter[Item, Result]]) -> None:
        # In a context of its own: Serve cancels with a request all calls that were made in its context.
        call = asyncio.create_task(self._call(waiters), context=Context())
        self._calls.add(call)
        call.add_done_callback(self._ended)
        for waiter in waiters:
            waiter.answer.add_done_callback(lambda _: _cancel_if_unheard(call, waiters))

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._go()

    async def _call(self, waiters: list[_Waiter[Item, Result]]) -> None:
        try:
            results = await self._send([item for waiter in waiters for item in waiter.items])
        except asyncio.CancelledError:
            for waiter in waiters:
                waiter.answer.cancel()
            raise
        except Exception as failure:  # noqa: BLE001 it goes to whoever asked
            for waiter in waiters:
                if not waiter.answer.done():
                    waiter.answer.set_exception(failure)
            return
        start = 0
        for waiter in waiters:
            end = start + len(waiter.items)
            if not waiter.answer.done():
                waiter.answer.set_result(list(results[start:end]))
            start = end


def _cancel_if_unheard(call: asyncio.Task[None], waiters: Sequence[_Waiter[Item, Result]]) -> None:
    if all(waiter.answer.cancelled() for waiter in waiters):
        call.cancel()
