"""Serve handles as typed clients: the only file that calls `.remote(`, and the one edge where Ray's errors become ours."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from ray.exceptions import ActorDiedError, ActorUnavailableError, RayActorError, RayError, TaskCancelledError
from ray.serve.exceptions import (
    BackPressureError,
    DeploymentUnavailableError,
    RayServeException,
    RequestCancelledError,
)
from ray.serve.handle import DeploymentHandle

from deployments.coalescing import Coalescer, Limits
from deployments.contracts import Message, RecommendRequest, StageStatus
from deployments.errors import StageError, StageFailed, StageOverloaded, StageTimeout, StageUnavailable
from models.types import (
    CompletionChunk,
    Found,
    GenerationRequest,
    SearchRequest,
    Segment,
    Understood,
)
from models.types.understanding import Explanation
from routing.facts import Recommended

# A request that a dying replica had accepted is not retried by Serve: one more try goes to another replica.
_TRIES = 2
# Two calls keep a replica busy: it reads one while the other is on its way. Eight texts are as quick together as 32.
_TOGETHER = Limits(at_once=2, most=32, enough=8, patience_s=0.05)
# Each caller has its own limit; a call that none waits for is cancelled.
_LONGEST_S = 60.0
_GONE = (ActorDiedError, ActorUnavailableError, RayActorError)


def translate(stage: str, error: BaseException) -> StageError:
    """Ray's and Serve's errors, and whatever the stage raised, as one of ours."""
    if isinstance(error, StageError):
        return error
    problem = f"{type(error).__name__}: {error}".splitlines()[0]
    if isinstance(error, BackPressureError):
        return StageOverloaded(stage, problem)
    if isinstance(error, TimeoutError):
        return StageTimeout(stage, "no answer within its share of the deadline")
    if isinstance(error, (*_GONE, DeploymentUnavailableError)):
        return StageUnavailable(stage, problem)
    cause = error.__cause__
    if isinstance(cause, StageError):
        return cause
    return StageFailed(stage, problem)


class _Stage:
    """Calls of one deployment, with the caller's time limit and a second try on another replica."""

    def __init__(self, stage: str, handle: DeploymentHandle) -> None:
        self._stage = stage
        self._handle = handle

    async def call(self, method: str, timeout_s: float, *arguments: Any) -> Any:
        """The idempotent `method`'s result. StageError when there is none."""
        try:
            async with asyncio.timeout(timeout_s):
                for attempt in range(1, _TRIES + 1):
                    response = getattr(self._handle, method).remote(*arguments)
                    try:
                        return await response
                    except _GONE:
                        if attempt == _TRIES:
                            raise
                    except asyncio.CancelledError:
                        response.cancel()
                        raise
        except TimeoutError as error:
            raise translate(self._stage, error) from error
        except (RequestCancelledError, TaskCancelledError) as error:
            raise StageUnavailable(self._stage, "the call was cancelled by its replica") from error
        except (RayError, RayServeException, StageError) as error:
            raise translate(self._stage, error) from error
        except (RuntimeError, ValueError, KeyError, TypeError, OSError) as error:
            # Errors that the stage's own code raised arrive as themselves.
            raise StageFailed(self._stage, f"{type(error).__name__}: {error}") from error

    async def stream(self, method: str, *arguments: Any) -> AsyncIterator[Any]:
        """The items of a streaming method. Closing the iterator cancels it in the replica."""
        response = getattr(self._handle.options(stream=True), method).remote(*arguments)
        try:
            async for item in response:
                yield item
        except (RequestCancelledError, TaskCancelledError) as error:
            raise StageUnavailable(self._stage, "the stream was cancelled by its replica") from error
        except (RayError, RayServeException, StageError) as error:
            raise translate(self._stage, error) from error
        except (RuntimeError, ValueError, KeyError, TypeError, OSError) as error:
            raise StageFailed(self._stage, f"{type(error).__name__}: {error}") from error
        finally:
            response.cancel()


class UnderstandingHandle:
    """`UnderstandingClient` over a Serve handle. Texts of several callers go in one call: a call costs as much as a text."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._stage = _Stage("understanding", handle)
        self._calls: Coalescer[Message, Understood | Exception] = Coalescer(self._send, _TOGETHER)

    async def understand(
        self, tenant_id: str, texts: Sequence[str], timeout_s: float
    ) -> list[Understood | StageError]:
        try:
            async with asyncio.timeout(timeout_s):
                answers = await self._calls.ask([(tenant_id, text) for text in texts])
        except TimeoutError as error:
            raise translate("understanding", error) from error
        return [_reading(answer) for answer in answers]

    async def _send(self, messages: list[Message]) -> list[Understood | Exception]:
        answers: list[Understood | Exception] = await self._stage.call("understand", _LONGEST_S, messages)
        return answers

    async def explain(self, tenant_id: str, text: str, timeout_s: float) -> Explanation:
        found: Explanation = await self._stage.call("explain", timeout_s, tenant_id, text)
        return found

    async def status(self, timeout_s: float) -> StageStatus:
        return await _status(self._stage, timeout_s)


def _reading(answer: Understood | Exception) -> Understood | StageError:
    return translate("understanding", answer) if isinstance(answer, Exception) else answer


class RetrievalHandle:
    """`RetrievalClient` over a Serve handle."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._stage = _Stage("retrieval", handle)

    async def search(self, request: SearchRequest, timeout_s: float) -> Found:
        found: Found = await self._stage.call("search", timeout_s, request)
        return found

    async def status(self, timeout_s: float) -> StageStatus:
        return await _status(self._stage, timeout_s)


class SegmentationHandle:
    """`SegmentationClient` over a Serve handle."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._stage = _Stage("segmentation", handle)

    async def segment(self, tenant_id: str, customer_id: str, timeout_s: float) -> Segment:
        found: Segment = await self._stage.call("segment", timeout_s, tenant_id, customer_id)
        return found

    async def status(self, timeout_s: float) -> StageStatus:
        return await _status(self._stage, timeout_s)


class RecommendationHandle:
    """`RecommendationClient` over a Serve handle."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._stage = _Stage("recommendation", handle)

    async def recommend(self, request: RecommendRequest, timeout_s: float) -> tuple[Recommended, ...]:
        offered: tuple[Recommended, ...] = await self._stage.call("recommend", timeout_s, request)
        return offered

    async def status(self, timeout_s: float) -> StageStatus:
        return await _status(self._stage, timeout_s)


class GenerationHandle:
    """`GenerationClient` over a Serve handle. A stream that broke is not repeated here: the ladder goes on."""

    def __init__(self, name: str, handle: DeploymentHandle) -> None:
        self._name = name
        self._stage = _Stage(f"generation.{name}", handle)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        items = self._stage.stream("generate", request)
        try:
            async with asyncio.timeout(request.deadline_s):
                async for chunk in items:
                    yield chunk
        except TimeoutError as error:
            raise StageTimeout(f"generation.{self._name}", "the deadline cut the stream") from error
        finally:
            await items.aclose()  # type: ignore[attr-defined]

    async def status(self, timeout_s: float) -> StageStatus:
        return await _status(self._stage, timeout_s)


async def _status(stage: _Stage, timeout_s: float) -> StageStatus:
    status: StageStatus = await stage.call("status", timeout_s)
    return status
