"""A turn as JSON or as server-sent events: `meta`, `rung`, `delta`, `card`, `done`, `error`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from fastapi.responses import StreamingResponse

from commerce.domain.errors import CommerceError
from deployments.api import schemas
from deployments.api.errors import INTERNAL, error_body, shape_of
from deployments.chat import Finished
from deployments.errors import ServingError
from routing.effects import Emit

_ROUTE = "/v1/chat"
_HEARTBEAT_S = 0.5


def chat_response(finished: Finished) -> schemas.ChatResponse:
    """The finished turn as the API says it."""
    reply, understood = finished.reply, finished.reply.understood
    return schemas.ChatResponse.model_validate(
        {
            "answer": reply.answer,
            "intent": understood.intent,
            "probability": understood.probability,
            "decision": understood.decision,
            "move": reply.move,
            "rule": reply.reason,
            "replies": list(reply.replies),
            "queue": reply.queue,
            "rung": reply.rung,
            "rung_reasons": list(reply.rung_reasons),
            "outcome": reply.outcome,
            "handed_off": reply.hands_off,
            "language": understood.language,
            "sentiment": understood.sentiment,
            "citations": list(reply.citations),
            "segment": reply.segment.name if reply.segment else None,
            "recommendations": list(reply.recommendations),
            "cards": list(reply.cards),
            "missing": list(reply.missing),
            "conversation_id": finished.conversation_id,
            "request_id": finished.request_id,
            "timings_ms": finished.timings_ms,
        },
        from_attributes=True,
    )


async def events(turn: AsyncIterator[Emit | Finished], request_id: str) -> AsyncIterator[bytes]:
    """The turn's events as bytes. What fails before the first event is raised; after it, it is an `error` event."""
    has_begun = False
    try:
        async for item in turn:
            if isinstance(item, Emit):
                data = item.data | ({"request_id": request_id} if item.event == "meta" else {})
                yield _event(item.event, data)
            else:
                yield _event("done", chat_response(item).model_dump())
            has_begun = True
    except (ServingError, CommerceError) as error:
        if not has_begun:
            raise
        yield _event("error", error_body(_ROUTE, shape_of(error) or INTERNAL, error, request_id))
    finally:
        await turn.aclose()  # type: ignore[attr-defined]


async def with_heartbeat(stream: AsyncIterator[bytes], every_s: float) -> AsyncIterator[bytes]:
    """The stream, with an SSE comment in each silence of `every_s`.

    A proxy notices that its client went away when it writes to it: without a comment, a generation whose sentence is
    still being held would compute on until the next event.
    """
    pending: asyncio.Future[bytes] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(stream))
            await asyncio.wait({pending}, timeout=every_s)
            if not pending.done():
                yield b":\n\n"
                continue
            item, pending = pending, None
            try:
                yield item.result()
            except StopAsyncIteration:
                return
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.wait({pending})
        await stream.aclose()  # type: ignore[attr-defined]


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


async def streaming_response(stream: AsyncIterator[bytes]) -> StreamingResponse:
    """The stream as an HTTP response. Its first item is awaited here, so that what fails before it is an ordinary error."""
    first = await anext(stream)
    return StreamingResponse(
        _chained(first, with_heartbeat(stream, _HEARTBEAT_S)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield first
        async for item in rest:
            yield item
    finally:
        await rest.aclose()  # type: ignore[attr-defined]
