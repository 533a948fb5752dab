"""A chat completion in OpenAI's two forms, whole and streamed, made of the same parts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson

from commerce.domain.errors import CommerceError
from deployments.api.errors import INTERNAL, error_body, shape_of
from deployments.api.events import chat_response
from deployments.api.text_limits import TextLimit, text_tokens
from deployments.chat import Finished
from deployments.errors import ServingError
from models.types import CompletionChunk
from routing.effects import Emit

ROUTE = "/v1/chat/completions"
# The parts of our own answer that OpenAI's shape has no place for.
_EXTENSION = (
    "conversation_id", "intent", "probability", "decision", "move", "queue", "rung", "rung_reasons", "outcome",
    "handed_off", "language", "citations", "segment", "recommendations", "cards", "missing", "timings_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text, or with `finish_reason` the end with its token counts. `extension` is what only the pipeline has."""

    text: str = ""
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    extension: dict[str, Any] | None = None


async def pipeline_parts(
    turn: AsyncIterator[Emit | Finished], message: str, max_tokens: int | None, stops: tuple[str, ...]
) -> AsyncIterator[Part]:
    """The turn's checked sentences, cut at the limits. A cut turn still goes on to its end, so that it is stored whole."""
    limit = TextLimit(max_tokens, stops)
    try:
        async for item in turn:
            if isinstance(item, Finished):
                limit, text = limit.flush()
                yield Part(text)
                answer = chat_response(item).model_dump()
                yield Part(
                    finish_reason=limit.ended or "stop",
                    prompt_tokens=text_tokens(message),
                    completion_tokens=text_tokens(limit.sent),
                    extension={name: answer[name] for name in _EXTENSION},
                )
            elif item.event == "delta":
                limit, text = limit.push(item.data["text"])
                yield Part(text)
    finally:
        await turn.aclose()  # type: ignore[attr-defined]


async def engine_parts(chunks: AsyncIterator[CompletionChunk]) -> AsyncIterator[Part]:
    """The engine's chunks as they come."""
    try:
        async for chunk in chunks:
            yield Part(chunk.text, chunk.finish_reason, chunk.prompt_tokens, chunk.completion_tokens)
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer's frame: what every object of it repeats. `created` in seconds since the epoch."""

    request_id: str
    model: str
    created: int
    includes_usage: bool

    async def whole(self, parts: AsyncIterator[Part]) -> dict[str, Any]:
        """The completion as one object. Raises what the parts raise."""
        texts: list[str] = []
        last = Part()
        async for part in parts:
            texts.append(part.text)
            last = part
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": "".join(texts), "refusal": None},
            "logprobs": None,
            "finish_reason": last.finish_reason,
        }
        return self._frame("chat.completion", [choice]) | {"usage": _usage(last)} | _extension(last)

    async def stream(self, parts: AsyncIterator[Part]) -> AsyncIterator[bytes]:
        """The completion as server-sent events. What fails after the first is an error event, and no [DONE] follows it."""
        has_begun = False
        try:
            async for part in parts:
                if not has_begun:
                    has_begun = True
                    yield self._event([_delta({"role": "assistant", "content": ""})])
                if part.text:
                    yield self._event([_delta({"content": part.text})])
                if part.finish_reason is not None:
                    yield self._event([_delta({}, part.finish_reason)], _extension(part))
                    if self.includes_usage:
                        yield self._event([], {"usage": _usage(part)})
            yield b"data: [DONE]\n\n"
        except (ServingError, CommerceError) as error:
            if not has_begun:
                raise
            yield _data(error_body(ROUTE, shape_of(error) or INTERNAL, error, self.request_id))
        finally:
            await parts.aclose()  # type: ignore[attr-defined]

    def _event(self, choices: list[dict[str, Any]], more: dict[str, Any] | None = None) -> bytes:
        usage = {"usage": None} if self.includes_usage else {}
        return _data(self._frame("chat.completion.chunk", choices) | usage | (more or {}))

    def _frame(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self.request_id.removeprefix('req_')}",
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }


def _delta(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _usage(part: Part) -> dict[str, int]:
    return {
        "prompt_tokens": part.prompt_tokens,
        "completion_tokens": part.completion_tokens,
        "total_tokens": part.prompt_tokens + part.completion_tokens,
    }


def _extension(part: Part) -> dict[str, Any]:
    return {} if part.extension is None else {"kefu": part.extension}


def _data(payload: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(payload) + b"\n\n"
