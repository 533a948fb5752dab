"""What a generation engine is asked and what it streams."""

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length", "abort"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a chat. The roles are OpenAI's."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """A chat completion to stream. `deadline_s` is what is left of the request's budget, in seconds."""

    request_id: str
    messages: tuple[ChatMessage, ...]
    max_tokens: int
    temperature: float
    deadline_s: float
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompletionChunk:
    """A piece of the stream. `finish_reason` is set on the last one alone, with the token counts."""

    text: str
    finish_reason: FinishReason | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole completion, as evaluation reads it."""

    text: str
    finish_reason: FinishReason
    completion_tokens: int
