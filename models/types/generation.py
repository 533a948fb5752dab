"""What a generation engine is asked and what it streams."""

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length", "abort"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a chat. The roles are OpenAI's."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn and when to end, beyond temperature. None leaves the engine's own default.

    The last five are vLLM's; another endpoint may refuse them.
    """

    top_p: float | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    min_tokens: int | None = None
    ignore_eos: bool | None = None


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """A chat completion to stream. `deadline_s` is what is left of the request's budget, in seconds.

    `max_tokens` None means up to the model's own context.
    """

    request_id: str
    messages: tuple[ChatMessage, ...]
    max_tokens: int | None
    temperature: float
    deadline_s: float
    stop: tuple[str, ...] = ()
    sampling: Sampling = Sampling()


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
