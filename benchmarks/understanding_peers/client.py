"""The one client: so many keep-alive connections, each sending its next request when it has its answer.

    python -m benchmarks.understanding_peers.client < PLAN

HTTP/1.1 by hand over asyncio's streams: a client library would take from two cores what the servers need, and the load
driver's sender keeps no answers to look at. Reads a plan as JSON, prints a `Tally` as JSON.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import orjson
import uvloop

from benchmarks.understanding_peers.answers import fault

RAMP_S: Final = 0.5
"""Before the seconds that count: in a loop that already turns, as many requests leave the seconds as come into them."""

_PATIENCE_S: Final = 20.0
_PAUSE_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """`bodies` are sent in turn, for `seconds` after the ramp. Every one asks for `texts_each` texts."""

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[str]
    texts_each: int
    connections: int
    seconds: float


@dataclass(slots=True)
class Tally:
    """`requests` are those answered rightly within the plan's seconds; latencies are of all right answers after the ramp.

    `answered` counts every right answer, and errors are of the whole time.
    """

    requests: int = 0
    answered: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


class Broken(Exception):
    """The connection ended, or what came over it is no response that this client reads."""


class Connection:
    """A keep-alive connection, opened when it is needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body. Raises Broken, OSError, TimeoutError; the next call then opens anew."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                if self._streams is None:
                    self._streams = await asyncio.open_connection("127.0.0.1", self._port)
                reader, writer = self._streams
                writer.write(request)
                return await response(reader)
        except (Broken, OSError, TimeoutError):
            self.close()
            raise

    def close(self) -> None:
        """Close it where it is open."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body of a response that says its length. Raises Broken for any other."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        return int(head[9:12]), await reader.readexactly(length)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, StopIteration, ValueError) as error:
        raise Broken(type(error).__name__) from error


def requests(plan: Plan) -> list[bytes]:
    """The bodies as whole HTTP requests."""
    lines = [f"POST {plan.path} HTTP/1.1", f"Host: 127.0.0.1:{plan.port}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in plan.headers.items()]
    head = "\r\n".join(lines)
    bodies = [body.encode() for body in plan.bodies]
    return [f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]


async def drive(plan: Plan) -> Tally:
    """The whole plan."""
    tally, turn = Tally(), _endlessly(requests(plan))
    begin = time.perf_counter() + RAMP_S
    await asyncio.gather(*(_loop(plan, turn, begin, tally) for _ in range(plan.connections)))
    return tally


def _endlessly(sent: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from sent


async def _loop(plan: Plan, turn: Iterator[bytes], begin: float, tally: Tally) -> None:
    connection, end = Connection(plan.port), begin + plan.seconds
    while (started := time.perf_counter()) < end:
        try:
            status, body = await connection.exchange(next(turn))
        except (Broken, OSError, TimeoutError) as error:
            tally.errors[f"{type(error).__name__}: {error}".removesuffix(": ")] += 1
            await asyncio.sleep(_PAUSE_S)
            continue
        finished = time.perf_counter()
        if found := fault(status, body, plan.texts_each):
            tally.errors[found] += 1
            continue
        tally.answered += 1
        tally.requests += begin < finished <= end
        if finished > begin:
            tally.latencies_ms.append((finished - started) * 1e3)
    connection.close()


def written(tally: Tally) -> bytes:
    """As JSON; not by way of dataclasses.asdict, which would count the counter's items."""
    return orjson.dumps(tally)


def main() -> None:
    """The command."""
    plan = Plan(**orjson.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(written(uvloop.run(drive(plan))))


if __name__ == "__main__":
    main()
