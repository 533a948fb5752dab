"""What the API needs of the gateway behind it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Protocol

from commerce.domain.actions import Arguments
from commerce.domain.audit import AuditEntry
from commerce.domain.catalogue import ProductQuery
from commerce.domain.feedback import Feedback, Origin
from commerce.domain.identity import ApiKey, ApiKeyRole, IssuedKey, Principal
from commerce.domain.order_events import OrderEvent
from commerce.domain.orders import Order
from commerce.domain.policy import ShopPolicy
from commerce.domain.revocations import Revocation
from commerce.domain.tenants import Tenant
from commerce.store.done import Done
from commerce.store.knowledge import KnowledgeStore
from commerce.store.privacy import Erased
from deployments.actions import Proposed
from deployments.chat import Finished
from deployments.contracts import Metrics
from deployments.demo import Demonstration
from deployments.errors import StageError
from deployments.identity import Limits
from models.types import CompletionChunk, GenerationRequest, Passage, SearchRequest, Segment, Understood
from models.types.understanding import Explanation, Language
from routing.effects import Emit
from routing.facts import Recommended


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

    @property
    def knowledge(self) -> KnowledgeStore:
        """The shops' articles and their versions."""
        ...

    async def authenticate(self, key: str) -> ApiKey:
        """The key's tenant and role."""
        ...

    async def demonstration(self) -> Demonstration | None:
        """What the page of a demonstration shop is given; None for a real shop."""
        ...

    async def principal(self, key: ApiKey, customer_token: str | None, agent_token: str | None) -> Principal:
        """The key's tenant, with the customer and the agent of the tokens where they were sent."""
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

    async def add_feedback(
        self, key: ApiKey, text: str, intent: str, said: str | None, origin: Origin
    ) -> Feedback:
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
        """An order that the caller reaches, and its shop."""
        ...

    async def propose(self, principal: Principal, wanted: Arguments) -> Proposed:
        """What would be done, and the token that agrees to it."""
        ...

    async def commit(
        self, principal: Principal, wanted: Arguments, token: str, key: str, request_id: str
    ) -> Done:
        """Do what the token was given for, once for each key."""
        ...

    async def record_order_event(
        self, tenant_id: str, order_id: str, event: OrderEvent, key: str, request_id: str
    ) -> Done:
        """What the shop's systems tell of an order, once for each key."""
        ...

    async def audit(
        self,
        tenant_id: str,
        *,
        order_id: str | None,
        customer_id: str | None,
        since: datetime | None,
        after: int,
        limit: int,
    ) -> tuple[AuditEntry, ...]:
        """The audit log, oldest first, from the entry after `after` on."""
        ...

    async def revoke_tokens(
        self, operator: Principal, wanted: Revocation, now: datetime, request_id: str
    ) -> Revocation:
        """Refuse these tokens from now on; returned is what holds."""
        ...

    async def api_keys(self, tenant_id: str) -> tuple[ApiKey, ...]:
        """The shop's, revoked ones too."""
        ...

    async def issue_api_key(self, operator: Principal, role: ApiKeyRole, request_id: str) -> IssuedKey:
        """A new key of the operator's shop."""
        ...

    async def revoke_api_key(self, operator: Principal, key_id: str, request_id: str) -> ApiKey:
        """Refuse that key from now on. ApiKeyNotFound, LastOperatorKey."""
        ...

    async def policy(self, key: ApiKey) -> ShopPolicy:
        """The shop's rules, as they are in the store."""
        ...

    async def put_policy(
        self, key: ApiKey, policy: ShopPolicy, replaces: str | None, request_id: str
    ) -> None:
        """Replace them; `replaces` is the digest of those that were read. PolicyConflict, PolicyInvalid."""
        ...

    async def export_customer(self, principal: Principal) -> dict[str, Any]:
        """All that is kept of a customer. CustomerNotFound."""
        ...

    async def erase_customer(self, principal: Principal) -> Erased:
        """Forget a customer. CustomerNotFound, ErasureRefused."""
        ...

    async def readiness(self) -> dict[str, Any]:
        """Each part's state; `is_ready` says whether all that is needed works."""
        ...

    async def metrics_text(self) -> str:
        """Every replica's metrics, in Prometheus' text format."""
        ...
