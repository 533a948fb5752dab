"""What the gateway needs of each stage, as protocols: real handles and tests' fakes satisfy the same."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from commerce.domain.catalogue import ProductQuery
from deployments.errors import StageError
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


@dataclass(frozen=True, slots=True)
class StageStatus:
    """What a stage's replica says of itself. `change_seq` is the last change that it has seen, where it follows the log."""

    stage: str
    model: str
    change_seq: int | None = None


@dataclass(frozen=True, slots=True)
class RecommendRequest:
    """What to offer one customer (None: unknown) of one tenant, at most `limit` goods that meet the query."""

    tenant_id: str
    customer_id: str | None
    query: ProductQuery
    limit: int


Message = tuple[str, str]
"""Whose message it is (the tenant), and its text."""


class UnderstandingClient(Protocol):
    """The BERT stage. Every method raises StageError."""

    async def understand(
        self, tenant_id: str, texts: Sequence[str], timeout_s: float
    ) -> list[Understood | StageError]:
        """A reading of each text by the shop's model, or why it alone has none, in order."""
        ...

    async def explain(self, tenant_id: str, text: str, timeout_s: float) -> Explanation:
        """Why the shop's model reads the text as it does."""
        ...

    async def status(self, timeout_s: float) -> StageStatus:
        """One replica's status."""
        ...


class RetrievalClient(Protocol):
    """The knowledge search. Every method raises StageError."""

    async def search(self, request: SearchRequest, timeout_s: float) -> Found:
        """Passages that answer, and the kinds of facts that are asked for like this."""
        ...

    async def status(self, timeout_s: float) -> StageStatus:
        """One replica's status."""
        ...


class SegmentationClient(Protocol):
    """A customer's segment. Every method raises StageError."""

    async def segment(self, tenant_id: str, customer_id: str, timeout_s: float) -> Segment:
        """The segment as of now."""
        ...

    async def status(self, timeout_s: float) -> StageStatus:
        """One replica's status."""
        ...


class RecommendationClient(Protocol):
    """What to offer. Every method raises StageError."""

    async def recommend(self, request: RecommendRequest, timeout_s: float) -> tuple[Recommended, ...]:
        """Goods in stock, best first."""
        ...

    async def status(self, timeout_s: float) -> StageStatus:
        """One replica's status."""
        ...


class GenerationClient(Protocol):
    """One chat model. Raises StageError, before or within the stream."""

    def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """Chunks as they come. Closing the iterator aborts the generation."""
        ...

    async def status(self, timeout_s: float) -> StageStatus:
        """One replica's status."""
        ...


class Metrics(Protocol):
    """Where counts and times go. Labels are few and bounded: never text, never ids."""

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """One HTTP request ended."""
        ...

    def count_turn(self, intent: str, rung: str, outcome: str) -> None:
        """One accepted chat turn ended, in exactly one outcome."""
        ...

    def observe_stage(self, stage: str, result: str, seconds: float) -> None:
        """One call of a stage ended; `result` is ok or the StageError's reason."""
        ...
