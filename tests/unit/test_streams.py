"""Streams that end badly, are silent, or lose their reader."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from deployments.api.events import with_heartbeat
from deployments.completion_stream import chunks, request_body
from deployments.errors import StageFailed, StageRefused
from models.types import ChatMessage, CompletionChunk, GenerationRequest


def data(**payload: object) -> str:
    return f"data: {json.dumps(payload)}\n\n"


def delta(text: str, finish: str | None = None) -> str:
    return data(choices=[{"delta": {"content": text}, "finish_reason": finish}])


async def stream(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def read(*lines: str) -> list[CompletionChunk]:
    return [chunk async for chunk in chunks(stream(*lines), "generation.small")]


async def test_a_stream_gives_its_texts_then_reason_and_counts() -> None:
    usage = data(choices=[], usage={"prompt_tokens": 7, "completion_tokens": 2})
    found = await read(delta("Hel"), delta("lo") + delta("", "length"), usage, "data: [DONE]\n\n")
    assert [c.text for c in found] == ["Hel", "lo", ""]
    assert (found[-1].finish_reason, found[-1].prompt_tokens, found[-1].completion_tokens) == ("length", 7, 2)


async def test_an_engine_that_dies_in_the_middle_is_noticed() -> None:
    with pytest.raises(StageFailed, match="without a finish reason"):
        await read(delta("Hel"), "data: [DONE]\n\n")


async def test_an_error_item_is_an_error() -> None:
    with pytest.raises(StageRefused, match="too long"):
        await read(data(error={"message": "the prompt is too long", "code": 400}))
    with pytest.raises(StageFailed, match="out of memory"):
        await read(data(error={"message": "out of memory", "code": 500}))


def test_a_request_asks_for_usage_at_the_end() -> None:
    request = GenerationRequest("req_1", (ChatMessage("user", "hi"),), 16, 0.0, 5.0)
    body = request_body(request, "kefu/small")
    assert body["stream"] and body["stream_options"] == {"include_usage": True}


async def test_silence_is_filled_with_comments_and_events_pass_untouched() -> None:
    go_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"event: meta\n\n"
        await go_on.wait()
        yield b"event: done\n\n"

    seen = []
    async for item in with_heartbeat(slow(), every_s=0.01):
        seen.append(item)
        if item == b":\n\n":
            go_on.set()
    assert seen[0] == b"event: meta\n\n" and seen[-1] == b"event: done\n\n"
    assert set(seen[1:-1]) == {b":\n\n"}


async def test_a_reader_that_leaves_cancels_what_was_waited_for() -> None:
    ended = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            yield b"event: meta\n\n"
            await asyncio.Event().wait()
        finally:
            ended.set()

    stream = with_heartbeat(endless(), every_s=0.01)
    assert await anext(stream) == b"event: meta\n\n"
    assert await anext(stream) == b":\n\n"
    await stream.aclose()  # type: ignore[attr-defined]
    assert ended.is_set()
