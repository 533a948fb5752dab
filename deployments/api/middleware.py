"""Round every request: its id, its size, its time, and one shape for whatever goes wrong. Pure ASGI."""

import time
import uuid

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commerce.domain.errors import CommerceError
from deployments.api.errors import INTERNAL, Shape, error_body, shape_of, status_of
from deployments.api.service import Service
from deployments.errors import BodyTooLarge, ServingError
from deployments.log import logger


class RequestFrame:
    """Gives each request an id, refuses a body over the limit, counts it, and answers what no handler caught."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{uuid.uuid4().hex}"
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.monotonic()
        status = 500
        has_begun = False

        async def framed_send(message: Message) -> None:
            nonlocal status, has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        bounded = _Bounded(scope, receive, self._service.limits.body_bytes)
        try:
            bounded.check_announced()
            await self._app(scope, bounded.receive, framed_send)
        except (ServingError, CommerceError) as error:
            if has_begun:
                raise
            await _answer(framed_send, scope["path"], shape_of(error) or INTERNAL, error, request_id)
        except Exception:  # the outermost frame: a bug becomes a 500 in our shape, and an entry in the log
            logger.exception("%s unhandled error", request_id)
            if has_begun:
                raise
            await _answer(framed_send, scope["path"], INTERNAL, None, request_id)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self._service.metrics.count_request(route, status, time.monotonic() - started)


class _Bounded:
    """A body that ends in BodyTooLarge once it is over the limit, announced or not."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        self._announced = int(announced) if announced.isdigit() else 0

    def check_announced(self) -> None:
        """Refuse by the header alone, before a byte of the body is read."""
        if self._announced > self._limit:
            raise self._error()

    async def receive(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise self._error()
        return message

    def _error(self) -> BodyTooLarge:
        return BodyTooLarge(
            "body", f"is over the limit of {self._limit} bytes; send a shorter message or fewer texts"
        )


async def _answer(send: Send, path: str, shape: Shape, error: Exception | None, request_id: str) -> None:
    body = orjson.dumps(error_body(path, shape, error, request_id))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if shape.retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, round(shape.retry_after_s))).encode()))
    if shape.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status_of(path, shape), "headers": headers})
    await send({"type": "http.response.body", "body": body})
