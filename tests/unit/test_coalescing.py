"""Calls that wait go together."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from deployments.coalescing import Coalescer, Limits

WHOSE: ContextVar[str] = ContextVar("WHOSE", default="nobody's")


class Other:
    """The other side: each call waits until it is let go, in the order in which they came."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.contexts: list[str] = []
        self.cancelled: list[list[str]] = []
        self._doors: list[asyncio.Future[None]] = []

    async def send(self, items: list[str]) -> Sequence[str]:
        door: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.calls.append(items)
        self.contexts.append(WHOSE.get())
        self._doors.append(door)
        try:
            await door
        except asyncio.CancelledError:
            self.cancelled.append(items)
            raise
        return [item.upper() for item in items]

    def let_go(self, call: int, failure: Exception | None = None) -> None:
        if failure is None:
            self._doors[call].set_result(None)
        else:
            self._doors[call].set_exception(failure)


async def turn() -> None:
    """Whatever is ready runs."""
    for _ in range(5):
        await asyncio.sleep(0)


def asking(coalescer: Coalescer[str, str], *texts: str) -> list[asyncio.Task[list[str]]]:
    return [asyncio.create_task(coalescer.ask([*text])) for text in texts]


async def test_what_comes_during_a_call_shares_the_next() -> None:
    other = Other()
    asked = asking(Coalescer(other.send, Limits(at_once=1, most=8)), "a", "bc", "d")
    await turn()
    assert other.calls == [["a"]]
    other.let_go(0)
    await turn()
    assert other.calls == [["a"], ["b", "c", "d"]]
    other.let_go(1)
    assert await asyncio.gather(*asked) == [["A"], ["B", "C"], ["D"]]


async def test_a_call_takes_no_more_than_fit_and_parts_no_caller() -> None:
    other = Other()
    asked = asking(Coalescer(other.send, Limits(at_once=1, most=3)), "a", "bc", "de", "fghij", "k")
    for call in range(5):
        await turn()
        other.let_go(call)
    await asyncio.gather(*asked)
    assert ["".join(call) for call in other.calls] == ["a", "bc", "de", "fghij", "k"]


async def test_a_further_call_leaves_where_enough_wait() -> None:
    other = Other()
    coalescer = Coalescer(other.send, Limits(at_once=1, most=8, enough=3))
    asked = asking(coalescer, "a", "b", "c")
    await turn()
    assert other.calls == [["a"]]
    asked += asking(coalescer, "d")
    await turn()
    assert other.calls == [["a"], ["b", "c", "d"]]
    other.let_go(1)
    other.let_go(0)
    assert await asyncio.gather(*asked) == [["A"], ["B"], ["C"], ["D"]]


async def test_one_that_hangs_holds_up_nobody_for_longer_than_patience() -> None:
    other = Other()
    coalescer = Coalescer(other.send, Limits(at_once=1, most=8, patience_s=0.01))
    hung, waiting = asking(coalescer, "a", "b")
    async with asyncio.timeout(10):
        while len(other.calls) < 2:
            await asyncio.sleep(0.001)
    other.let_go(1)
    assert await waiting == ["B"] and not hung.done()
    hung.cancel()


async def test_a_call_that_nobody_waits_for_is_cancelled() -> None:
    other = Other()
    coalescer = Coalescer(other.send, Limits(at_once=1, most=8))
    asked = asking(coalescer, "a", "b", "c", "d")
    await turn()
    asked[3].cancel()  # not sent yet: it never is
    asked[0].cancel()
    await turn()
    assert other.cancelled == [["a"]] and other.calls == [["a"], ["b", "c"]]
    asked[1].cancel()
    await turn()
    assert other.cancelled == [["a"]]  # the other still waits
    other.let_go(1)
    assert await asked[2] == ["C"]


async def test_what_a_call_raises_goes_to_all_who_asked_and_to_no_other() -> None:
    other = Other()
    coalescer = Coalescer(other.send, Limits(at_once=2, most=2, enough=None))
    first, second, third, fourth = asking(coalescer, "a", "b", "c", "d")
    await turn()
    other.let_go(0)
    other.let_go(1, ValueError("broken"))
    await turn()
    other.let_go(2)
    with pytest.raises(ValueError, match="broken"):
        await second
    assert [await first, await third, await fourth] == [["A"], ["C"], ["D"]]


async def test_a_call_is_nobodys_own() -> None:
    """Serve keeps the request in the context, and cancels with it what was called there."""
    other = Other()
    coalescer = Coalescer(other.send, Limits(at_once=1, most=8))
    WHOSE.set("mine")
    asked = asking(coalescer, "a")
    await turn()
    assert other.contexts == ["nobody's"]
    other.let_go(0)
    assert await asyncio.gather(*asked) == [["A"]]
