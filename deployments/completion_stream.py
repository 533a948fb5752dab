"""Reads OpenAI's chat-completion stream, which vLLM and every compatible endpoint speak."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from deployments.errors import StageError, StageFailed, StageRefused
from models.types import CompletionChunk, GenerationRequest

_CLIENT_FAULTS = {"400", "404", "422"}
_FINISH = {"stop": "stop", "length": "length", "abort": "abort"}


def request_body(request: GenerationRequest, model: str) -> dict[str, Any]:
    """The request as OpenAI's JSON, streamed, with usage at the end."""
    asked = {"max_tokens": request.max_tokens, **asdict(request.sampling)}
    return {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "temperature": request.temperature,
        "stop": list(request.stop),
        "stream": True,
        "stream_options": {"include_usage": True},
        **{name: value for name, value in asked.items() if value is not None},
    }


async def chunks(lines: AsyncIterator[str], stage: str) -> AsyncIterator[CompletionChunk]:
    """Chunks of a stream of SSE lines. The last one carries the finish reason and the token counts.

    Raises StageRefused for a request that the engine can't take, StageFailed for another error item, and for a stream that
    ends without a finish reason: an engine that dies in the middle still sends [DONE].
    """
    finish: str | None = None
    usage: dict[str, Any] = {}
    async for line in lines:
        for payload in _payloads(line):
            if "error" in payload:
                raise item_error(stage, payload["error"])
            usage = payload.get("usage") or usage
            for choice in payload.get("choices", ()):
                finish = choice.get("finish_reason") or finish
                if text := (choice.get("delta") or {}).get("content"):
                    yield CompletionChunk(text)
    if finish is None:
        raise StageFailed(stage, "the stream ended without a finish reason: the engine died")
    yield CompletionChunk(
        "",
        _FINISH.get(finish, "stop"),  # type: ignore[arg-type]
        int(usage.get("prompt_tokens", 0)),
        int(usage.get("completion_tokens", 0)),
    )


def item_error(stage: str, error: dict[str, Any]) -> StageError:
    """An error that came as an item of the stream: the client's fault by its code, or the engine's."""
    message = str(error.get("message", "error item"))[:500]
    if str(error.get("code")) in _CLIENT_FAULTS:
        return StageRefused(stage, message)
    return StageFailed(stage, message)


def _payloads(lines: str) -> list[dict[str, Any]]:
    found = []
    for line in lines.splitlines():
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data and data != "[DONE]":
            found.append(json.loads(data))
    return found
