"""OpenAI's chat-completion request, as much of it as is served. What is not served is refused by name, never dropped."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from models.types import ChatMessage, Sampling

MOST_TOKENS: Final = 1_000_000
_STOPS: Final = 4
# Fields of OpenAI's API that would change the answer, and that neither the pipeline nor the raw engines take.
_NOT_SERVED: Final = (
    "tools", "tool_choice", "functions", "function_call", "logprobs", "top_logprobs", "logit_bias", "audio", "modalities",
    "prediction", "web_search_options",
)  # fmt: skip
# Fields that ask nothing of the answer: accounting, hints, storage at the provider.
_IDLE: Final = (
    "user", "store", "service_tier", "parallel_tool_calls", "reasoning_effort", "safety_identifier", "prompt_cache_key",
    "verbosity",
)  # fmt: skip


class MessageIn(BaseModel):
    """One message. Other fields of a message (name, tool calls) are read by nobody."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str = ""

    @field_validator("content", mode="before")
    @classmethod
    def _one_text(cls, content: Any) -> Any:
        """A list of text parts as one text; nothing (an assistant's tool calls) as an empty one."""
        if not isinstance(content, list):
            return "" if content is None else content
        parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
        texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
        if len(texts) != len(content):
            raise ValueError("only parts of the type text are served; send the text alone")
        return "".join(texts)

    def as_message(self) -> ChatMessage:
        """The message as an engine gets it."""
        return ChatMessage("system" if self.role == "developer" else self.role, self.content)


class StreamOptions(BaseModel):
    """What a stream carries beside the text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    include_usage: bool = False
    include_obfuscation: bool = False


class Metadata(BaseModel):
    """`conversation_id` goes on with a conversation of ours; other keys are the client's own and are not kept."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    conversation_id: str | None = Field(
        default=None, min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_\-]+$"
    )


class CompletionRequest(BaseModel):
    """`POST /v1/chat/completions`. The sampling fields reach the raw engines; the pipeline's answers are not drawn."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"model": "kefu", "messages": [{"role": "user", "content": "我的订单到哪了"}]}]
        },
    )

    model: str = Field(min_length=1, max_length=200)
    messages: list[MessageIn] = Field(min_length=1, max_length=1000)
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    top_k: Annotated[int, Field(ge=-1)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=2)] | None = None
    min_tokens: Annotated[int, Field(ge=0, le=MOST_TOKENS)] | None = None
    ignore_eos: bool | None = None
    response_format: dict[str, Any] | None = None
    metadata: Metadata | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_idle_fields(cls, data: Any) -> Any:
        """Take out what asks nothing of the answer, and what is sent as not set."""
        if not isinstance(data, dict):
            return data
        for name in _NOT_SERVED:
            if data.get(name) not in (None, False, [], {}):
                raise ValueError(f"{name} is not served here; leave it out")
        return {name: value for name, value in data.items() if name not in (*_NOT_SERVED, *_IDLE)}

    @field_validator("stop")
    @classmethod
    def _few_stops(cls, stop: str | list[str] | None) -> str | list[str] | None:
        stops = [stop] if isinstance(stop, str) else stop or []
        if len(stops) > _STOPS or any(not text or len(text) > 100 for text in stops):
            raise ValueError(f"give at most {_STOPS} texts, each of 1 to 100 characters")
        return stop

    @field_validator("response_format")
    @classmethod
    def _plain_text(cls, wanted: dict[str, Any] | None) -> dict[str, Any] | None:
        if wanted is not None and wanted.get("type") != "text":
            raise ValueError('only {"type": "text"} is served here; leave it out')
        return wanted

    @property
    def most_tokens(self) -> int | None:
        """The newer name of the limit wins, as with OpenAI."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop texts."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with the token counts."""
        return self.stream_options is not None and self.stream_options.include_usage

    def sampling(self) -> Sampling:
        """How a raw engine draws."""
        return Sampling(
            top_p=self.top_p,
            seed=self.seed,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            top_k=self.top_k,
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
            min_tokens=self.min_tokens,
            ignore_eos=self.ignore_eos,
        )


class ModelOut(BaseModel):
    """One model that this key may name."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["kefu"] = "kefu"


class ModelList(BaseModel):
    """The models that this key may name."""

    object: Literal["list"] = "list"
    data: list[ModelOut]
