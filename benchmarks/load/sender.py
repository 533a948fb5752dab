"""One exchange over HTTP, from the moment a request is due to its record."""

import asyncio
import resource
import time
from types import TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

from benchmarks.load.records import Outcome, Planned, Record
from benchmarks.load.target import Target
from benchmarks.load.wire import Reading, SseParser, classify, transport_reason, unsent, with_conversation

# Below the five seconds after which uvicorn closes an idle connection: a request sent as it closes would be lost.
_KEEP_ALIVE_S: Final = 4.0


def raise_descriptor_limit() -> None:
    """Every connection takes a descriptor: go to the hard limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Sender:
    """Sends with keep-alive over as many connections as it takes. Times are time.monotonic()'s, records' are the run's."""

    def __init__(self, target: Target, origin: float, patience_s: float) -> None:
        self._base_url, self._origin, self._patience_s = target.base_url.rstrip("/"), origin, patience_s
        self._headers = {
            tenant: {"Content-Type": "application/json"} | dict(headers)
            for tenant, headers in target.headers.items()
        }
        self._urls: dict[str, URL] = {}
        self.heard = origin
        self.trouble_since: float | None = None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(
        self, planned: Planned, due: float, conversation_id: str | None = None
    ) -> tuple[Record, str | None]:
        """The record, and the conversation's id where the server gave one. Raises CancelledError alone."""
        sent = time.monotonic()
        patience_s = self._origin + planned.at_s + self._patience_s - sent
        if patience_s <= 0:
            return unsent(planned, "cancelled", self._gave_up()), conversation_id
        body = planned.body if conversation_id is None else with_conversation(planned, conversation_id)
        reading = Reading()
        outcome, error = await self._exchange(planned, body, patience_s, reading)
        record = self._record(planned, reading, (due, sent), outcome, error)
        return record, reading.conversation_id or conversation_id

    async def _exchange(
        self, planned: Planned, body: bytes | None, patience_s: float, reading: Reading
    ) -> tuple[Outcome, str | None]:
        broken: tuple[Outcome, str] | None = None
        try:
            async with asyncio.timeout(patience_s):
                await self._read(planned, body, reading)
        except TimeoutError:
            broken = ("cancelled", self._gave_up())
        except (aiohttp.ClientError, OSError) as error:
            broken = ("failed", transport_reason(error))
        except (ValueError, TypeError, AttributeError) as error:
            # Valid JSON of another shape than any route's: the ledger has its record all the same.
            return "failed", f"the answer cannot be read: {error}"
        finally:
            reading.end_s = reading.end_s or time.monotonic()
        if broken is None or reading.has_ended:
            return classify(reading)
        self.trouble_since = self.trouble_since or reading.end_s
        return broken

    async def _read(self, planned: Planned, body: bytes | None, reading: Reading) -> None:
        method = "GET" if body is None else "POST"
        headers = self._headers.get(planned.tenant)
        url = self._url(planned.path)
        async with self._session.request(
            method, url, data=body, headers=headers, allow_redirects=False
        ) as response:
            self._hear()
            reading.head(response.status, response.headers)
            if response.status != 200:
                reading.refusal(await response.read())
            elif response.content_type == "text/event-stream":
                await self._read_events(response.content, reading)
            else:
                content = await response.read()
                reading.first_s = reading.end_s = time.monotonic()
                reading.body(content)

    async def _read_events(self, stream: aiohttp.StreamReader, reading: Reading) -> None:
        parser = SseParser()
        async for chunk in stream.iter_any():
            now = time.monotonic()
            self._hear()
            for name, data in parser.feed(chunk):
                if reading.event(name, data) and reading.first_s is None:
                    reading.first_s = now
            if reading.has_ended or reading.error is not None:
                reading.end_s = reading.end_s or now

    def _url(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = URL(self._base_url + path, encoded=True)
        return url

    def _hear(self) -> None:
        self.heard, self.trouble_since = time.monotonic(), None

    def _gave_up(self) -> str:
        return f"given up after {self._patience_s:g} s"

    def _record(
        self,
        planned: Planned,
        reading: Reading,
        due_and_sent: tuple[float, float],
        outcome: Outcome,
        error: str | None,
    ) -> Record:
        due, sent = due_and_sent
        origin, server = self._origin, reading.server
        return Record(
            planned.number,
            planned.at_s,
            sent - origin,
            None if reading.first_s is None else reading.first_s - origin,
            None if reading.end_s is None else reading.end_s - origin,
            reading.status,
            outcome,
            error,
            reading.rung,
            reading.pieces,
            reading.prompt_tokens,
            reading.completion_tokens,
            reading.request_id,
            reading.stages_ms,
            None if server is None else (server[0] - origin, server[1] - origin),
            due - origin,
        )
