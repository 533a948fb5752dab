"""The HTTP ingress: opens the store, follows the change log, and puts the API in front of the chat service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import FastAPI
from ray.serve.handle import DeploymentHandle

from commerce.domain.actions import Arguments
from commerce.domain.audit import AuditEntry
from commerce.domain.catalogue import ProductQuery
from commerce.domain.errors import StoreError, StoreUnavailable
from commerce.domain.feedback import Feedback, Origin
from commerce.domain.identity import ApiKey, ApiKeyRole, IssuedKey, Principal
from commerce.domain.order_events import OrderEvent
from commerce.domain.orders import Order
from commerce.domain.policy import ShopPolicy
from commerce.domain.product_query import query_from_text
from commerce.domain.revocations import Revocation
from commerce.domain.tenants import Tenant
from commerce.store import Store, open_store
from commerce.store.done import Done
from commerce.store.knowledge import KnowledgeStore
from commerce.store.privacy import Erased
from deployments import actions
from deployments.actions import Proposed
from deployments.api.app import create_app
from deployments.authentication import Authentication
from deployments.changes import ChangeFeed
from deployments.chat import ChatService, Finished
from deployments.clients import (
    GenerationHandle,
    RecommendationHandle,
    RetrievalHandle,
    SegmentationHandle,
    UnderstandingHandle,
)
from deployments.clock import utc_now
from deployments.contracts import RecommendRequest
from deployments.demo import Demonstration, demonstration
from deployments.errors import NotReady, StageError, StageRefused
from deployments.identity import GatewayIdentity, Limits
from deployments.metrics import ServeMetrics, scrape
from deployments.prompts import masked_request
from deployments.rungs import RungWatch
from deployments.searching import informed
from deployments.snapshots import Snapshots
from deployments.stages import Stages
from models.types import CompletionChunk, GenerationRequest, Passage, SearchRequest, Segment, Understood
from models.types.understanding import Explanation, Language
from models.understanding.catalogue import CatalogueNames
from routing.answer import Outcome
from routing.effects import Emit
from routing.facts import Recommended

T = TypeVar("T")

_READ_S = 10.0
_INFORM_S = 0.5
_EXPLAIN_S = 30.0
_PROBE_S = 2.0
# A request of 256 texts goes through in pieces, between which others' texts are read.
_TEXTS_PER_CALL = 32


class Gateway:
    """Undecorated: `cluster.graph` makes it the ingress. `resolve` turns a secret's reference into its value."""

    def __init__(
        self,
        resolve: Callable[[str], str],
        understanding: DeploymentHandle,
        retrieval: DeploymentHandle,
        segmentation: DeploymentHandle,
        recommendation: DeploymentHandle,
        **generation: DeploymentHandle,
    ) -> None:
        self._resolve = resolve
        self._stages = Stages(
            UnderstandingHandle(understanding),
            RetrievalHandle(retrieval),
            SegmentationHandle(segmentation),
            RecommendationHandle(recommendation),
            {name: GenerationHandle(name, handle) for name, handle in generation.items()},
        )
        self._metrics = ServeMetrics()
        self._identity: GatewayIdentity | None = None
        self._store: Store | None = None
        self._chat: ChatService | None = None
        self._snapshots: Snapshots | None = None
        self._authentication: Authentication | None = None
        self._feed: ChangeFeed | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._token_secret = b""

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Serve asks for the app once the handles are there; the identity follows with `reconfigure`."""
        return create_app(self)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Open the store and begin to follow its change log."""
        identity = GatewayIdentity.model_validate(user_config)
        if identity == self._identity:
            return
        store = open_store(self._resolve(identity.store))
        await store.check()
        snapshots = Snapshots(store)
        feed = ChangeFeed(store, identity.poll_ms, snapshots.apply)
        await feed.start()
        self._token_secret = self._resolve(identity.token_secret).encode()
        self._authentication = Authentication(
            snapshots, self._token_secret, identity.limits, is_demo=identity.is_demo
        )
        rungs = RungWatch(self._stages.generation)
        self._chat = ChatService(
            identity, store, snapshots, self._stages, rungs, self._metrics, self._token_secret
        )
        self._store, self._snapshots, self._feed = store, snapshots, feed
        self._tasks = (asyncio.create_task(feed.run()), asyncio.create_task(rungs.run()))
        self._identity = identity

    async def check_health(self) -> None:
        """Serve's health check: a gateway that no longer follows the change log or its chat models is not healthy."""
        if any(task.done() for task in self._tasks):
            raise RuntimeError("a background task of the gateway has ended")

    @property
    def limits(self) -> Limits:
        return _loaded(self._identity).limits

    @property
    def engines(self) -> tuple[str, ...]:
        return tuple(self._stages.generation)

    @property
    def metrics(self) -> ServeMetrics:
        return self._metrics

    @property
    def knowledge(self) -> KnowledgeStore:
        return _loaded(self._store)

    async def authenticate(self, key: str) -> ApiKey:
        return await _loaded(self._authentication).key(key)

    async def demonstration(self) -> Demonstration | None:
        if not _loaded(self._identity).is_demo:
            return None
        longest = _loaded(self._authentication).longest_customer_token
        return await demonstration(_loaded(self._store), self._token_secret, datetime.now(UTC), longest)

    async def principal(self, key: ApiKey, customer_token: str | None, agent_token: str | None) -> Principal:
        return await _loaded(self._authentication).principal(key, customer_token, agent_token)

    def turn(
        self, principal: Principal, message: str, conversation_id: str | None, request_id: str
    ) -> AsyncIterator[Emit | Finished]:
        return _loaded(self._chat).turn(principal, message, conversation_id, request_id)

    async def understand(self, tenant_id: str, texts: list[str]) -> list[Understood | StageError]:
        # Before the readings: without the names there is no answer, and nothing should be read in vain.
        names = await self._names(tenant_id)
        found: list[Understood | StageError] = []
        for start in range(0, len(texts), _TEXTS_PER_CALL):
            part = texts[start : start + _TEXTS_PER_CALL]
            found += await self._stages.understanding.understand(tenant_id, part, _READ_S)
        return [
            replace(answer, entities=names.add_to(answer.entities, text))
            if isinstance(answer, Understood)
            else answer
            for answer, text in zip(found, texts, strict=True)
        ]

    async def _names(self, tenant_id: str) -> CatalogueNames:
        try:
            async with asyncio.timeout(_READ_S):
                return await _loaded(self._snapshots).names(tenant_id)
        except TimeoutError as error:
            raise StoreUnavailable(f"the catalogue was not read within {_READ_S:.0f} s") from error

    async def explain(self, tenant_id: str, text: str) -> Explanation:
        return await self._stages.understanding.explain(tenant_id, text, _EXPLAIN_S)

    async def add_feedback(
        self, key: ApiKey, text: str, intent: str, said: str | None, origin: Origin
    ) -> Feedback:
        store = _loaded(self._store)
        return await store.add_feedback(key.tenant_id, text, intent, said, key.role.value, origin)

    async def search(self, request: SearchRequest) -> tuple[Passage, ...]:
        snapshots = _loaded(self._snapshots)
        told = await informed(request, self._stages.understanding, snapshots, _INFORM_S)
        return (await self._stages.retrieval.search(told, _READ_S)).passages

    async def complete(self, engine: str, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        outcome: Outcome | None = "cancelled"
        chunks = self._stages.generation[engine].generate(masked_request(request))
        try:
            async for chunk in chunks:
                yield chunk
            outcome = "answered"
        except StageRefused:
            outcome = None  # never accepted
            raise
        except StageError:
            outcome = "failed"
            raise
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]
            if outcome is not None:
                self._metrics.count_turn("raw_engine", engine, outcome)

    async def segment(self, tenant_id: str, customer_id: str) -> tuple[Segment, str]:
        await _loaded(self._store).customer(Principal(tenant_id, customer_id))
        shop = await _loaded(self._snapshots).shop(tenant_id)
        found = await self._stages.segmentation.segment(tenant_id, customer_id, _READ_S)
        return found, shop.tenant.currency

    async def recommend(
        self, tenant_id: str, customer_id: str | None, text: str, language: Language, limit: int
    ) -> tuple[ProductQuery, tuple[Recommended, ...]]:
        shop = await _loaded(self._snapshots).shop(tenant_id)
        query = query_from_text(text, shop.vocabulary, language)
        request = RecommendRequest(tenant_id, customer_id, query, limit)
        return query, await self._stages.recommendation.recommend(request, _READ_S)

    async def order(self, principal: Principal, order_id: str) -> tuple[Order, Tenant]:
        order = await _loaded(self._store).order(principal, order_id)
        return order, (await _loaded(self._snapshots).shop(principal.tenant_id)).tenant

    async def propose(self, principal: Principal, wanted: Arguments) -> Proposed:
        return await actions.propose(_loaded(self._store), self._token_secret, principal, wanted, utc_now())

    async def commit(
        self, principal: Principal, wanted: Arguments, token: str, key: str, request_id: str
    ) -> Done:
        store = _loaded(self._store)
        return await actions.commit(
            store, self._token_secret, principal, wanted, token, key, request_id, utc_now()
        )

    async def record_order_event(
        self, tenant_id: str, order_id: str, event: OrderEvent, key: str, request_id: str
    ) -> Done:
        return await _loaded(self._store).record_order_event(
            tenant_id, order_id, event, key=key, now=datetime.now(UTC), request_id=request_id
        )

    async def audit(self, tenant_id: str, **wanted: Any) -> tuple[AuditEntry, ...]:
        return await _loaded(self._store).audit_entries(tenant_id, **wanted)

    async def revoke_tokens(
        self, operator: Principal, wanted: Revocation, now: datetime, request_id: str
    ) -> Revocation:
        return await _loaded(self._store).revoke_tokens(operator, wanted, now, request_id)

    async def api_keys(self, tenant_id: str) -> tuple[ApiKey, ...]:
        return await _loaded(self._store).api_keys(tenant_id)

    async def issue_api_key(self, operator: Principal, role: ApiKeyRole, request_id: str) -> IssuedKey:
        return await _loaded(self._store).issue_api_key(operator, role, request_id)

    async def revoke_api_key(self, operator: Principal, key_id: str, request_id: str) -> ApiKey:
        return await _loaded(self._store).revoke_api_key(operator, key_id, request_id=request_id)

    async def policy(self, key: ApiKey) -> ShopPolicy:
        return await _loaded(self._store).policy(key.tenant_id)

    async def put_policy(
        self, key: ApiKey, policy: ShopPolicy, replaces: str | None, request_id: str
    ) -> None:
        await _loaded(self._store).put_policy(
            key.tenant_id, policy, key.prefix, replaces=replaces, request_id=request_id
        )

    async def export_customer(self, principal: Principal) -> dict[str, Any]:
        return await _loaded(self._store).export_customer(principal)

    async def erase_customer(self, principal: Principal) -> Erased:
        return await _loaded(self._store).erase_customer(principal)

    async def readiness(self) -> dict[str, Any]:
        """Understanding, retrieval and the store are needed. The rest is not: answers go on without."""
        parts: dict[str, dict[str, Any]] = {}
        latest = await self._probe_store(parts)
        clients: dict[str, Any] = {
            "understanding": self._stages.understanding,
            "retrieval": self._stages.retrieval,
            "segmentation": self._stages.segmentation,
            "recommendation": self._stages.recommendation,
            **{f"generation.{name}": client for name, client in self._stages.generation.items()},
        }
        probed = await asyncio.gather(*(self._probe(client, latest) for client in clients.values()))
        parts |= dict(zip(clients, probed, strict=True))
        needed = ("store", "understanding", "retrieval")
        return {"is_ready": all(parts[name]["is_ready"] for name in needed), "parts": parts}

    async def _probe_store(self, parts: dict[str, dict[str, Any]]) -> int:
        seq = self._feed.seq if self._feed else 0
        try:
            latest = await _loaded(self._store).latest_change()
        except (StoreError, NotReady) as error:
            parts["store"] = {"is_ready": False, "problem": type(error).__name__}
            return seq
        parts["store"] = {"is_ready": True, "change_seq": latest, "gateway_lag": latest - seq}
        return latest

    async def _probe(self, client: Any, latest: int) -> dict[str, Any]:
        try:
            status = await client.status(_PROBE_S)
        except StageError as error:
            return {"is_ready": False, "problem": error.reason}
        lag = {} if status.change_seq is None else {"lag": latest - status.change_seq}
        return {"is_ready": True, "model": status.model, **lag}

    async def metrics_text(self) -> str:
        return await scrape()


def _loaded(part: T | None) -> T:
    if part is None:
        raise NotReady("the gateway has not loaded its identity yet")
    return part
