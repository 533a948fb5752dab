"""A gateway's service without Ray: a real store and shop, real trained models, fake stages for the rest. No sockets."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from commerce import tokens
from commerce.demo.shop import DemoSeed, DemoSize
from commerce.domain.actions import Arguments
from commerce.domain.audit import AuditEntry
from commerce.domain.catalogue import ProductQuery
from commerce.domain.feedback import Feedback, Origin
from commerce.domain.identity import ApiKey, ApiKeyRole, IssuedKey, Principal
from commerce.domain.order_events import OrderEvent
from commerce.domain.orders import Order
from commerce.domain.policy import ShopPolicy
from commerce.domain.product_query import query_from_text
from commerce.domain.revocations import Revocation
from commerce.domain.tenants import Tenant
from commerce.store import Store
from commerce.store.done import Done
from commerce.store.knowledge import KnowledgeStore
from commerce.store.privacy import Erased
from deployments import actions
from deployments.actions import Proposed
from deployments.authentication import Authentication
from deployments.chat import ChatService, Finished
from deployments.contracts import RecommendRequest, StageStatus
from deployments.demo import Demonstration, demonstration
from deployments.errors import StageError, StageFailed, StageTimeout
from deployments.identity import GatewayIdentity, Limits
from deployments.prompts import masked_request
from deployments.rungs import RungWatch
from deployments.snapshots import Snapshots
from deployments.stages import Stages
from models.generation.fake import FakeChatEngine
from models.types import (
    CompletionChunk,
    Found,
    GenerationRequest,
    Passage,
    SearchRequest,
    Segment,
    Understood,
)
from models.types.understanding import Explanation, Language
from models.understanding.fake import FakeUnderstanding
from routing.effects import Emit
from routing.facts import Recommended
from tests.builders import passage

_UNDERSTOOD = 0.5
SECRET = b"0123456789abcdef0123456789abcdef"
SIZE = DemoSize(customers=30, orders=120)


POISON = "poison"
"""A text that understanding can't read."""
PUZZLE = "puzzle"
"""A text that it reads and can't explain."""


class Counts:
    """Metrics in memory."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int]] = []
        self.turns: list[tuple[str, str, str]] = []
        self.stages: list[tuple[str, str]] = []

    def count_request(self, route: str, status: int, seconds: float) -> None:
        self.requests.append((route, status))

    def count_turn(self, intent: str, rung: str, outcome: str) -> None:
        self.turns.append((intent, rung, outcome))

    def observe_stage(self, stage: str, result: str, seconds: float) -> None:
        self.stages.append((stage, result))


class LocalUnderstanding:
    """The fake engine in process."""

    def __init__(self) -> None:
        self.engine = FakeUnderstanding()
        self.failure: Exception | None = None

    async def understand(
        self, tenant_id: str, texts: Sequence[str], timeout_s: float
    ) -> list[Understood | StageError]:
        if self.failure:
            raise self.failure
        readings = self.engine.predict(list(texts))
        poisoned = StageFailed("understanding", "EngineFailed: it is poison")
        return [poisoned if text == POISON else r for text, r in zip(texts, readings, strict=True)]

    async def explain(self, tenant_id: str, text: str, timeout_s: float) -> Explanation:
        if text == PUZZLE:
            raise StageTimeout("understanding", "it is a puzzle")
        work = self.engine.explain(text)
        while True:
            try:
                next(work)
            except StopIteration as done:
                found: Explanation = done.value
                return found

    async def status(self, timeout_s: float) -> StageStatus:
        return StageStatus("understanding", "fake")


class LocalRetrieval:
    """One article for every question, which is about whatever was understood."""

    async def search(self, request: SearchRequest, timeout_s: float) -> Found:
        is_understood = any(each.probability >= _UNDERSTOOD for each in request.intents)
        english = "Goods can go back within 7 days. Keep the tags on. You pay the postage."
        found = passage() if request.language == "zh" else passage(english)
        return Found((found if is_understood else replace(found, score=0.1),))

    async def status(self, timeout_s: float) -> StageStatus:
        return StageStatus("retrieval", "fake", 0)


class OptionalStage:
    """A stage of the gateway over its own deployment class, in process, with a failure to program."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.failure: Exception | None = None

    async def segment(self, tenant_id: str, customer_id: str, timeout_s: float) -> Segment:
        if self.failure:
            raise self.failure
        found: Segment = await self.stage.segment(tenant_id, customer_id)
        return found

    async def recommend(self, request: RecommendRequest, timeout_s: float) -> tuple[Recommended, ...]:
        if self.failure:
            raise self.failure
        offered: tuple[Recommended, ...] = await self.stage.recommend(request)
        return offered

    async def status(self, timeout_s: float) -> StageStatus:
        status: StageStatus = await self.stage.status()
        return status


class LocalGeneration:
    """The fake chat engine in process."""

    def __init__(self) -> None:
        self.engine = FakeChatEngine()
        self.failure: Exception | None = None
        self.fails_after: tuple[int, Exception] | None = None

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        if self.failure:
            raise self.failure
        count = 0
        async for chunk in self.engine.generate(request):
            if self.fails_after and count == self.fails_after[0]:
                raise self.fails_after[1]
            yield chunk
            count += 1

    async def status(self, timeout_s: float) -> StageStatus:
        return StageStatus("generation.small", "fake")


@dataclass
class Local:
    """A gateway's service without Ray."""

    store: Store
    identity: GatewayIdentity
    segmentation: OptionalStage
    recommendation: OptionalStage
    metrics: Counts = field(default_factory=Counts)
    understanding: LocalUnderstanding = field(default_factory=LocalUnderstanding)
    generation: LocalGeneration = field(default_factory=LocalGeneration)

    def __post_init__(self) -> None:
        self.snapshots = Snapshots(self.store)
        self.authentication = Authentication(self.snapshots, SECRET, self.identity.limits, is_demo=True)
        self.retrieval = LocalRetrieval()
        stages = Stages(
            self.understanding,
            self.retrieval,
            self.segmentation,
            self.recommendation,
            {"small": self.generation},
        )
        self.rungs = RungWatch(stages.generation)
        self.chat = ChatService(
            self.identity, self.store, self.snapshots, stages, self.rungs, self.metrics, SECRET
        )

    @property
    def limits(self) -> Limits:
        return self.identity.limits

    @property
    def engines(self) -> tuple[str, ...]:
        return ("small",)

    @property
    def knowledge(self) -> KnowledgeStore:
        return self.store

    async def authenticate(self, key: str) -> ApiKey:
        return await self.authentication.key(key)

    async def demonstration(self) -> Demonstration | None:
        longest = self.authentication.longest_customer_token
        return await demonstration(self.store, SECRET, datetime.now(UTC), longest)

    async def principal(self, key: ApiKey, customer_token: str | None, agent_token: str | None) -> Principal:
        return await self.authentication.principal(key, customer_token, agent_token)

    def turn(
        self, principal: Principal, message: str, conversation_id: str | None, request_id: str
    ) -> AsyncIterator[Emit | Finished]:
        return self.chat.turn(principal, message, conversation_id, request_id)

    async def understand(self, tenant_id: str, texts: list[str]) -> list[Understood | StageError]:
        return await self.understanding.understand(tenant_id, texts, 1.0)

    async def explain(self, tenant_id: str, text: str) -> Explanation:
        return await self.understanding.explain(tenant_id, text, 1.0)

    async def add_feedback(
        self, key: ApiKey, text: str, intent: str, said: str | None, origin: Origin
    ) -> Feedback:
        return await self.store.add_feedback(key.tenant_id, text, intent, said, key.role.value, origin)

    async def search(self, request: SearchRequest) -> tuple[Passage, ...]:
        return (await self.retrieval.search(request, 1.0)).passages

    def complete(self, engine: str, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        return self.generation.generate(masked_request(request))

    async def segment(self, tenant_id: str, customer_id: str) -> tuple[Segment, str]:
        await self.store.customer(Principal(tenant_id, customer_id))
        return await self.segmentation.segment(tenant_id, customer_id, 1.0), "CNY"

    async def recommend(
        self, tenant_id: str, customer_id: str | None, text: str, language: Language, limit: int
    ) -> tuple[ProductQuery, tuple[Recommended, ...]]:
        shop = await self.snapshots.shop(tenant_id)
        query = query_from_text(text, shop.vocabulary, language)
        request = RecommendRequest(tenant_id, customer_id, query, limit)
        return query, await self.recommendation.recommend(request, 1.0)

    async def order(self, principal: Principal, order_id: str) -> tuple[Order, Tenant]:
        return await self.store.order(principal, order_id), await self.store.tenant(principal.tenant_id)

    async def propose(self, principal: Principal, wanted: Arguments) -> Proposed:
        return await actions.propose(self.store, SECRET, principal, wanted, datetime.now(UTC))

    async def commit(
        self, principal: Principal, wanted: Arguments, token: str, key: str, request_id: str
    ) -> Done:
        return await actions.commit(
            self.store, SECRET, principal, wanted, token, key, request_id, datetime.now(UTC)
        )

    async def record_order_event(
        self, tenant_id: str, order_id: str, event: OrderEvent, key: str, request_id: str
    ) -> Done:
        return await self.store.record_order_event(
            tenant_id, order_id, event, key=key, now=datetime.now(UTC), request_id=request_id
        )

    async def audit(self, tenant_id: str, **wanted: Any) -> tuple[AuditEntry, ...]:
        return await self.store.audit_entries(tenant_id, **wanted)

    async def revoke_tokens(
        self, operator: Principal, wanted: Revocation, now: datetime, request_id: str
    ) -> Revocation:
        return await self.store.revoke_tokens(operator, wanted, now, request_id)

    async def api_keys(self, tenant_id: str) -> tuple[ApiKey, ...]:
        return await self.store.api_keys(tenant_id)

    async def issue_api_key(self, operator: Principal, role: ApiKeyRole, request_id: str) -> IssuedKey:
        return await self.store.issue_api_key(operator, role, request_id)

    async def revoke_api_key(self, operator: Principal, key_id: str, request_id: str) -> ApiKey:
        return await self.store.revoke_api_key(operator, key_id, request_id=request_id)

    async def policy(self, key: ApiKey) -> ShopPolicy:
        return await self.store.policy(key.tenant_id)

    async def put_policy(
        self, key: ApiKey, policy: ShopPolicy, replaces: str | None, request_id: str
    ) -> None:
        await self.store.put_policy(
            key.tenant_id, policy, key.prefix, replaces=replaces, request_id=request_id
        )

    async def export_customer(self, principal: Principal) -> dict[str, Any]:
        return await self.store.export_customer(principal)

    async def erase_customer(self, principal: Principal) -> Erased:
        return await self.store.erase_customer(principal)

    async def readiness(self) -> dict[str, Any]:
        return {"is_ready": True, "parts": {}}

    async def metrics_text(self) -> str:
        return "kefu_requests_total 1\n"


@dataclass
class Shop:
    """A running API with its keys."""

    client: httpx.AsyncClient
    service: Local
    demo: DemoSeed
    operator_key: str
    customer: dict[str, str]
    other: dict[str, str]

    async def chat(self, message: str, **extra: Any) -> dict[str, Any]:
        headers = extra.pop("headers", self.customer)
        response = await self.client.post("/v1/chat", json={"message": message, **extra}, headers=headers)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


def token(customer_id: str, tenant_id: str = "demo") -> dict[str, str]:
    """The header of a customer's token."""
    return {"X-Customer-Token": _minted(tenant_id, customer_id, tokens.TokenKind.CUSTOMER)}


def agent_token(agent_id: str = "A7", tenant_id: str = "demo") -> dict[str, str]:
    """The header of an agent's token."""
    return {"X-Agent-Token": _minted(tenant_id, agent_id, tokens.TokenKind.AGENT)}


def _minted(tenant_id: str, subject: str, kind: tokens.TokenKind) -> str:
    now, ttl = datetime.now(UTC), timedelta(hours=1)
    return tokens.mint(SECRET, tenant_id=tenant_id, subject=subject, kind=kind, now=now, ttl=ttl)
