"""What the API needs of the gateway behind it."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

from commerce.domain.catalogue import ProductQuery
from commerce.domain.feedback import Feedback
from commerce.domain.identity import ApiKey, Principal
from commerce.domain.orders import Order
from commerce.domain.tenants import Tenant
from deployments.chat import Finished
from deployments.contracts import Metrics
from deployments.demo import Demonstration
from deployments.errors import StageError
from deployments.identity import Limits
from models.types import CompletionChunk, GenerationRequest, Passage, SearchRequest, Segment, Understood
from models.types.understanding import Explanation, Language
from routing.facts import Recommended
from routing.flow import Emit


class Service(Protocol):
    """The gateway, as the HTTP API sees it. Methods raise ServingError and CommerceError."""

    @property
    def limits(self) -> Limits:
        """Sizes and counts that are accepted."""
        ...

    @property
    def engines(self) -> tuple[str, ...]:
        """The chat models that run, by rung."""
        ...

    @property
    def metrics(self) -> Metrics:
        """Where requests are counted."""
        ...

    async def authenticate(self, key: str) -> ApiKey:
        """The key's tenant and role."""
        ...

    async def demonstration(self) -> Demonstration | None:
        """What the page of a demonstration shop is given; None for a real shop."""
        ...

    def customer(self, key: ApiKey, token: str | None) -> Principal:
        """The caller: the key's tenant, and the token's customer when there is one."""
        ...

    def turn(
        self, principal: Principal, message: str, conversation_id: str | None, request_id: str
    ) -> AsyncIterator[Emit | Finished]:
        """One chat turn's events."""
        ...

    async def understand(self, tenant_id: str, texts: list[str]) -> list[Understood | StageError]:
        """One reading per text."""
        ...

    async def explain(self, tenant_id: str, text: str) -> Explanation:
        """Why the text is read as it is."""
        ...

    async def add_feedback(self, key: ApiKey, text: str, intent: str, said: str | None) -> Feedback:
        """Keep a corrected reading for the next training."""
        ...

    async def search(self, request: SearchRequest) -> tuple[Passage, ...]:
        """Articles that answer."""
        ...

    def complete(self, engine: str, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """A completion of that raw engine."""
        ...

    async def segment(self, tenant_id: str, customer_id: str) -> tuple[Segment, str]:
        """The customer's segment, and the shop's currency. CustomerNotFound."""
        ...

    async def recommend(
        self, tenant_id: str, customer_id: str | None, text: str, language: Language, limit: int
    ) -> tuple[ProductQuery, tuple[Recommended, ...]]:
        """What the text asks of the catalogue, and goods that meet it, best first."""
        ...

    async def order(self, principal: Principal, order_id: str) -> tuple[Order, Tenant]:
        """The caller's own order, and its shop."""
        ...

    async def readiness(self) -> dict[str, Any]:
        """Each part's state; `is_ready` says whether all that is needed works."""
        ...

    async def metrics_text(self) -> str:
        """Every replica's metrics, in Prometheus' text format."""
        ...
