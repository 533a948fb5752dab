"""Reads OpenAI's chat-completion stream, which vLLM and every compatible endpoint speak."""

import json
from collections.abc import AsyncIterator
from typing import Any

from deployments.errors import StageFailed
from models.types import CompletionChunk, GenerationRequest

_FINISH = {"stop": "stop", "length": "length", "abort": "abort"}


def request_body(request: GenerationRequest, model: str) -> dict[str, Any]:
    """The request as OpenAI's JSON, streamed, with usage at the end."""
    return {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stop": list(request.stop),
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def chunks(lines: AsyncIterator[str], stage: str) -> AsyncIterator[CompletionChunk]:
    """Chunks of a stream of SSE lines. The last one carries the finish reason and the token counts.

    Raises StageFailed for an error item, and for a stream that ends without a finish reason: an engine that dies in the
    middle still sends [DONE].
    """
    finish: str | None = None
    usage: dict[str, Any] = {}
    async for line in lines:
        for payload in _payloads(line):
            if "error" in payload:
                raise StageFailed(stage, str(payload["error"].get("message", "error item"))[:200])
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


def _payloads(lines: str) -> list[dict[str, Any]]:
    found = []
    for line in lines.splitlines():
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data and data != "[DONE]":
            found.append(json.loads(data))
    return found
