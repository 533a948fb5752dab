"""The gateway's clients over stages of this process. None is ever late: an evaluation on a busy machine says the same."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from commerce.domain.errors import CommerceError
from deployments.contracts import RecommendRequest, StageStatus
from deployments.errors import StageError, StageFailed
from deployments.recommendation import Recommendation
from deployments.retrieval import Retrieval
from deployments.segmentation import Segmentation
from deployments.understanding import Understanding
from models.errors import ModelError
from models.types import Found, SearchRequest, Segment, Understood
from models.types.understanding import Explanation
from routing.facts import Recommended

T = TypeVar("T")
Readings = dict[str, Understood]
"""Messages that were read before, and how."""


async def _answer(stage: str, call: Awaitable[T]) -> T:
    try:
        return await call
    except (CommerceError, ModelError) as error:
        raise StageFailed(stage, f"{type(error).__name__}: {error}") from error


class RememberedUnderstanding:
    """`UnderstandingClient` that reads a message once. `start` brings the engine when the first unknown message comes."""

    def __init__(self, start: Callable[[], Awaitable[Understanding]], readings: Readings) -> None:
        self._start = start
        self._readings = readings
        self._stage: Understanding | None = None

    async def understand(
        self, tenant_id: str, texts: Sequence[str], timeout_s: float
    ) -> list[Understood | StageError]:
        unknown = [text for text in dict.fromkeys(texts) if text not in self._readings]
        failed: dict[str, StageError] = {}
        if unknown:
            stage = await self._started()
            answers = await stage.understand([(tenant_id, text) for text in unknown])
            for text, answer in zip(unknown, answers, strict=True):
                if isinstance(answer, Exception):
                    failed[text] = StageFailed("understanding", f"{type(answer).__name__}: {answer}")
                else:
                    self._readings[text] = answer
        return [failed.get(text) or self._readings[text] for text in texts]

    async def explain(self, tenant_id: str, text: str, timeout_s: float) -> Explanation:
        return await _answer("understanding", (await self._started()).explain(tenant_id, text))

    async def status(self, timeout_s: float) -> StageStatus:
        return await (await self._started()).status()

    async def aclose(self) -> None:
        """Close the engine, if there is one."""
        if self._stage is not None:
            await self._stage.aclose()

    async def _started(self) -> Understanding:
        if self._stage is None:
            self._stage = await self._start()
        return self._stage


class NearRetrieval:
    """`RetrievalClient`."""

    def __init__(self, stage: Retrieval) -> None:
        self._stage = stage

    async def search(self, request: SearchRequest, timeout_s: float) -> Found:
        return await _answer("retrieval", self._stage.search(request))

    async def status(self, timeout_s: float) -> StageStatus:
        return await self._stage.status()


class NearSegmentation:
    """`SegmentationClient`."""

    def __init__(self, stage: Segmentation) -> None:
        self._stage = stage

    async def segment(self, tenant_id: str, customer_id: str, timeout_s: float) -> Segment:
        return await _answer("segmentation", self._stage.segment(tenant_id, customer_id))

    async def status(self, timeout_s: float) -> StageStatus:
        return await self._stage.status()


class NearRecommendation:
    """`RecommendationClient`."""

    def __init__(self, stage: Recommendation) -> None:
        self._stage = stage

    async def recommend(self, request: RecommendRequest, timeout_s: float) -> tuple[Recommended, ...]:
        return await _answer("recommendation", self._stage.recommend(request))

    async def status(self, timeout_s: float) -> StageStatus:
        return await self._stage.status()


class NoMetrics:
    """`Metrics` that nobody reads."""

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Nothing."""

    def count_turn(self, intent: str, rung: str, outcome: str) -> None:
        """Nothing."""

    def observe_stage(self, stage: str, result: str, seconds: float) -> None:
        """Nothing."""
