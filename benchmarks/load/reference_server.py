"""A server whose service times are known: the queue that a load driver's figures are checked against.

    POST /queue/3/20000        20 ms of service at the third queue (its own `servers`, first come first served)
    POST /at-once              answered when read
    POST /stall/2000           the whole process stands still for 2 s, as in a long garbage collection
    GET  /healthz

A request's end is reckoned from its arrival, those before it and its service time, all on the machine's monotonic clock, so
that no sleep's error adds up: what is left is how late a wake-up comes, once per request, and the readings in the headers
tell it. Every answer carries when it was received and when it was answered.
"""

import asyncio
import heapq
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Final, cast

import uvloop

from benchmarks.load.clock import Alarm
from benchmarks.load.wire import ANSWERED, RECEIVED

_BODY: Final = b'{"outcome":"answered"}'
_HEAD_END: Final = b"\r\n\r\n"
_START_S: Final = 30.0


class Queues:
    """First come, first served queues of `servers` each, that remember when each server is free."""

    def __init__(self, servers: int) -> None:
        self._servers = servers
        self._free: dict[str, list[float]] = {}

    def departure(self, queue: str, arrival: float, service_s: float) -> float:
        """When a request that arrives now is served. Arrivals must be given in their order."""
        free = self._free.setdefault(queue, [0.0] * self._servers)
        ends = max(arrival, free[0]) + service_s
        heapq.heapreplace(free, ends)
        return ends


class Departures:
    """Answers that are due later, each at its own moment."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Exchange, float]] = []
        self._count = 0
        self._alarm = Alarm(self._answer)

    def add(self, at: float, exchange: "Exchange", received: float) -> None:
        """Answer `exchange` at `at`."""
        self._count += 1
        heapq.heappush(self._due, (at, self._count, exchange, received))
        if self._due[0][1] == self._count:
            self._alarm.set(at)

    def _answer(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, exchange, received = heapq.heappop(self._due)
            exchange.answer(received)
        if self._due:
            self._alarm.set(self._due[0][0])


class Exchange(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, queues: Queues, departures: Departures) -> None:
        self._queues, self._departures = queues, departures
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport. uvloop's is none of asyncio's classes."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """A client went away; its work is done all the same, as a queue's theory has it."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Take a whole request as soon as it is there."""
        received = time.monotonic()
        self._buffer += data
        head, mark, body = self._buffer.partition(_HEAD_END)
        if not mark or len(body) < _content_length(head):
            return
        self._buffer = b""
        words = head.split(b" ", 2)[1].decode().strip("/").split("/")
        if words[0] == "queue":
            ends = self._queues.departure(words[1], received, int(words[2]) / 1e6)
            self._departures.add(ends, self, received)
            return
        if words[0] == "stall":
            # On purpose on the loop: the stall that the driver must show is of the whole process.
            time.sleep(int(words[1]) / 1000)
        self.answer(received)

    def answer(self, received: float) -> None:
        """Write the answer with both clock readings."""
        if self._transport is None:
            return
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s: %.6f\r\n%s: %.6f\r\n\r\n%s"
            % (len(_BODY), RECEIVED.encode(), received, ANSWERED.encode(), time.monotonic(), _BODY)
        )


def _content_length(head: bytes) -> int:
    _, mark, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if mark else 0


def _main(servers: int, connection: Connection) -> None:
    async def serve() -> None:
        queues, departures = Queues(servers), Departures()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Exchange(queues, departures), "127.0.0.1", 0, backlog=4096)
        connection.send(server.sockets[0].getsockname()[1])
        parent_gone = asyncio.Event()
        loop.add_reader(connection.fileno(), parent_gone.set)
        await parent_gone.wait()
        server.close()

    uvloop.run(serve())


@contextmanager
def serving(servers: int = 1) -> Iterator[str]:
    """The server in a process of its own for the time of a `with`: its base URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(servers, theirs), name="reference-server", daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(_START_S):
            raise RuntimeError("the reference server did not come up")
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        ours.close()
        process.join(timeout=5.0)
        if process.is_alive():
            process.kill()
            process.join()
