"""The stages that a gateway calls, and the watch that times each call."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from deployments.contracts import (
    GenerationClient,
    Metrics,
    RecommendationClient,
    RetrievalClient,
    SegmentationClient,
    UnderstandingClient,
)
from deployments.errors import StageError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stages:
    """One client per stage; chat models by their rung."""

    understanding: UnderstandingClient
    retrieval: RetrievalClient
    segmentation: SegmentationClient
    recommendation: RecommendationClient
    generation: dict[str, GenerationClient]


@dataclass(frozen=True, slots=True)
class StageTimer:
    """Times calls of stages into a turn's timings and the metrics. `clock` is monotonic, in seconds."""

    clock: Callable[[], float]
    metrics: Metrics

    async def timed(self, timings_ms: dict[str, float], stage: str, call: Coroutine[Any, Any, T]) -> T:
        """The call's result; its time is noted whether it answers or fails."""
        started = self.clock()
        result = "ok"
        try:
            return await call
        except StageError as error:
            result = error.reason
            raise
        finally:
            elapsed = self.clock() - started
            timings_ms[stage] = round(elapsed * 1000, 2)
            self.metrics.observe_stage(stage, result, elapsed)
