"""One chat model: a thin stage over an engine from the table below."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, Protocol

from ray.util.metrics import Counter

from deployments.contracts import StageStatus
from deployments.errors import NotReady, StageError, StageFailed, StageRefused
from deployments.identity import GenerationIdentity
from deployments.log import logger
from models.types import CompletionChunk, GenerationRequest


class ChatEngine(Protocol):
    """What a generation engine does. Closing the stream aborts the sequence."""

    def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """Chunks as they come; the last has the finish reason."""
        ...

    async def check_health(self) -> None:
        """Raises when the engine is dead."""
        ...


Resolve = Callable[[str], str]
EngineFactory = Callable[[str, GenerationIdentity, Resolve], Awaitable[ChatEngine]]


async def _vllm(name: str, identity: GenerationIdentity, resolve: Resolve) -> ChatEngine:
    from deployments.vllm_engine import VllmEngine

    engine = VllmEngine(name, identity)
    await engine.start()
    return engine


async def _endpoint(name: str, identity: GenerationIdentity, resolve: Resolve) -> ChatEngine:
    from deployments.endpoint_engine import EndpointEngine

    key = resolve(identity.endpoint_key) if identity.endpoint_key else None
    engine = EndpointEngine(name, identity, key)
    # A wrong URL or key fails here, and not at the first customer.
    await engine.check_health()
    return engine


async def _fake(name: str, identity: GenerationIdentity, resolve: Resolve) -> ChatEngine:
    from models.generation.fake import FakeChatEngine

    fake = identity.fake
    await asyncio.sleep(fake.start_ms / 1000)
    return FakeChatEngine(fake.delay_ms, fake.delay_per_token_ms, fake.fail_every)


# Lazy: an engine's libraries are imported only where it runs.
ENGINES: Final[dict[str, EngineFactory]] = {"vllm": _vllm, "openai_endpoint": _endpoint, "fake": _fake}


class Generation:
    """Undecorated: `cluster.graph` makes one deployment per configured chat model."""

    def __init__(self, name: str, resolve: Resolve) -> None:
        self._name = name
        self._resolve = resolve
        self._identity: GenerationIdentity | None = None
        self._engine: ChatEngine | None = None
        self._streams = Counter("kefu_generation_streams_total", "Streams ended, by how", ("model", "end"))
        self._chunks = Counter("kefu_generation_chunks_total", "Text chunks streamed", ("model",))

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Start the engine that the deployment entry names, once per replica."""
        identity = GenerationIdentity.model_validate(user_config)
        if identity == self._identity:
            return
        self._engine = await ENGINES[identity.engine](self._name, identity, self._resolve)
        self._identity = identity

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """Chunks as they come. Raises StageFailed; a caller that goes away aborts the sequence."""
        if self._engine is None or self._identity is None:
            raise NotReady("generation has no engine yet")
        if request.max_tokens is not None and request.max_tokens >= self._identity.max_model_len:
            raise StageRefused(
                f"generation.{self._name}",
                f"max_tokens is {request.max_tokens}, but this model's whole context is {self._identity.max_model_len} "
                "tokens, prompt included; ask for fewer",
            )
        end = "aborted"
        tokens = 0
        stream = self._engine.generate(request)
        try:
            async for chunk in stream:
                tokens += bool(chunk.text)
                end = chunk.finish_reason or end
                yield chunk
            if end == "aborted":
                raise StageFailed(
                    f"generation.{self._name}", "the engine's stream ended without a finish reason"
                )
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except StageError:
            end = "failed"
            raise
        except BaseException:  # counted and logged, whatever it was, and raised on
            end = "failed"
            logger.exception("%s: the engine failed", request.request_id)
            raise
        finally:
            # The caller went away, or all is said: either way the engine must not compute on.
            await stream.aclose()  # type: ignore[attr-defined]
            self._streams.inc(1, {"model": self._name, "end": end})
            if tokens:  # Ray's counter refuses 0, and its refusal would hide what went wrong
                self._chunks.inc(tokens, {"model": self._name})

    async def status(self) -> StageStatus:
        """Which model this replica runs."""
        if self._identity is None:
            raise NotReady("generation has no engine yet")
        return StageStatus(f"generation.{self._name}", self._identity.model)

    async def check_health(self) -> None:
        """Serve's health check: a dead engine means a new replica."""
        if self._engine is not None:
            await self._engine.check_health()
