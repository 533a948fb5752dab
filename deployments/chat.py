"""Drives `routing.flow.chat`: does the I/O that the flow asks for, within the deadline, and stores the turn."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from commerce.domain.catalogue import ProductHit, ProductQuery
from commerce.domain.conversations import NewTurn, TurnOutcome
from commerce.domain.errors import ConversationConflict, OrderNotFound, StoreError
from commerce.domain.identity import Principal
from commerce.domain.orders import Order
from commerce.domain.product_query import query_from_text
from commerce.store import Store
from deployments.contracts import GenerationClient, Metrics, RetrievalClient, UnderstandingClient
from deployments.errors import StageError
from deployments.identity import GatewayIdentity
from deployments.rungs import RungWatch
from deployments.snapshots import ShopSnapshot, Snapshots
from models.types import CompletionChunk, GenerationRequest, Passage, SearchRequest, Understood
from models.understanding.language import language as language_of
from routing import dialogue
from routing.answer import Outcome
from routing.deadline import Deadline
from routing.dialogue import DialogueState
from routing.facts import Facts, Needs
from routing.flow import (
    Effect,
    Emit,
    LookUp,
    NextPiece,
    Piece,
    Reply,
    StartRung,
    StopRung,
    Turn,
    Understand,
    Unread,
    chat,
)
from routing.ladder import Measured

T = TypeVar("T")

# The most that a stage may take of a request's budget, in seconds; later stages keep the rest.
_UNDERSTAND_S = 4.0
_LOOK_UP_S = 3.0
_ORDERS_SHOWN = 5
_PRODUCTS_SHOWN = 5
_STORE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages that the gateway calls."""

    understanding: UnderstandingClient
    retrieval: RetrievalClient
    generation: dict[str, GenerationClient]


@dataclass(frozen=True, slots=True)
class Finished:
    """The turn's end: the reply, the conversation it belongs to, and where the time went."""

    reply: Reply
    conversation_id: str
    request_id: str
    timings_ms: dict[str, float]


@dataclass(slots=True)
class _Run:
    """One turn under way."""

    principal: Principal
    message: str
    request_id: str
    deadline: Deadline
    shop: ShopSnapshot
    timings_ms: dict[str, float] = field(default_factory=dict)
    generation: AsyncIterator[CompletionChunk] | None = None
    rung: str = ""
    has_first_token: bool = False


class ChatService:
    """Answers turns. One per gateway replica; holds no state of a conversation, the store does."""

    def __init__(
        self,
        identity: GatewayIdentity,
        store: Store,
        snapshots: Snapshots,
        stages: Stages,
        rungs: RungWatch,
        metrics: Metrics,
    ) -> None:
        self._identity = identity
        self._store = store
        self._snapshots = snapshots
        self._stages = stages
        self._rungs = rungs
        self._metrics = metrics
        self._clock: Callable[[], float] = time.monotonic
        self._measured = tuple(
            Measured(m.rung, m.intent, m.language, m.quality) for m in identity.ladder.measured
        )

    async def turn(
        self, principal: Principal, message: str, conversation_id: str | None, request_id: str
    ) -> AsyncIterator[Emit | Finished]:
        """One turn's events, `Finished` last. Raises CommerceError before the first event; ends in exactly one outcome."""
        started = self._clock()
        outcome: Outcome = "cancelled"
        intent, rung = "unknown", "none"
        try:
            shop = await self._snapshots.shop(principal.tenant_id)
            state = await self._state(principal, conversation_id)
            run = _Run(
                principal,
                message,
                request_id,
                Deadline.after(started, self._identity.limits.deadline_s),
                shop,
            )
            async for item in self._drive(run, state):
                if isinstance(item, Emit):
                    yield item
                    continue
                conversation_id = await self._store_turn(run, item, conversation_id)
                run.timings_ms["total"] = _ms(self._clock() - started)
                outcome, intent, rung = item.outcome, item.understood.intent, item.rung
                yield Finished(item, conversation_id, request_id, run.timings_ms)
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException:  # counted, whatever it was, and raised on
            outcome = "failed"
            raise
        finally:
            self._metrics.count_turn(intent, rung, outcome)

    async def _state(self, principal: Principal, conversation_id: str | None) -> DialogueState:
        if conversation_id is None:
            return DialogueState()
        conversation = await self._store.conversation(principal, conversation_id, limit=1)
        return DialogueState.read(conversation.state)

    async def _drive(self, run: _Run, state: DialogueState) -> AsyncIterator[Emit | Reply]:
        """Run the flow: each effect's result goes back in; events go out."""
        flow = chat(
            Turn(
                run.message,
                state,
                self._identity.generations,
                self._measured,
                self._identity.ladder.bound,
                self._rungs.unavailable,
            )
        )
        result: Any = None
        try:
            while True:
                try:
                    effect = flow.send(result)
                except StopIteration as stop:
                    reply: Reply = stop.value
                    yield reply
                    return
                result = None
                if isinstance(effect, Emit):
                    yield effect
                else:
                    result = await self._perform(run, effect)
        finally:
            await self._abort(run)

    async def _perform(self, run: _Run, effect: Effect) -> Any:
        match effect:
            case Understand(message):
                return await self._understand(run, message)
            case LookUp(understood, needs):
                return await self._look_up(run, understood, needs)
            case StartRung():
                return self._start_rung(run, effect)
            case NextPiece():
                return await self._next_piece(run)
            case StopRung():
                return await self._abort(run)
            case Emit():
                raise AssertionError("events are sent by the driver")

    async def _understand(self, run: _Run, message: str) -> Understood | Unread:
        timeout_s = run.deadline.share_s(self._clock(), _UNDERSTAND_S)
        try:
            call = self._stages.understanding.understand([message], timeout_s)
            return (await self._timed(run, "understanding", call))[0]
        except StageError as error:
            return Unread(language_of(message), error.reason)

    async def _timed(self, run: _Run, stage: str, call: Coroutine[Any, Any, T]) -> T:
        started = self._clock()
        result = "ok"
        try:
            return await call
        except StageError as error:
            result = error.reason
            raise
        finally:
            elapsed = self._clock() - started
            run.timings_ms[stage] = _ms(elapsed)
            self._metrics.observe_stage(stage, result, elapsed)

    async def _look_up(self, run: _Run, understood: Understood, needs: Needs) -> Facts:
        """Everything that the intent needs, in parallel; what fails or is late is left out and named."""
        query = query_from_text(run.message, run.shop.vocabulary, understood.language, limit=_PRODUCTS_SHOWN)
        missing: list[str] = []
        (orders, asked, is_unknown), products, passages = await asyncio.gather(
            self._orders(run, understood, needs, missing),
            self._products(run, understood, needs, query, missing),
            self._passages(run, understood, needs, query, missing),
        )
        return Facts(
            now=datetime.now(UTC),
            tenant=run.shop.tenant,
            policy=run.shop.policy,
            is_signed_in=run.principal.customer_id is not None,
            orders=orders,
            asked_order_id=asked,
            is_order_unknown=is_unknown,
            query=query,
            products=products,
            passages=passages,
            missing=tuple(missing),
        )

    async def _orders(
        self, run: _Run, understood: Understood, needs: Needs, missing: list[str]
    ) -> tuple[tuple[Order, ...], str | None, bool]:
        entity = understood.entity("order_number")
        asked = entity.value if entity else None
        if not needs.orders or run.principal.customer_id is None:
            return (), asked, False
        try:
            if asked is not None:
                found = await self._commerce(run, "orders", self._store.order(run.principal, asked))
                return (found,), asked, False
            return (
                await self._commerce(run, "orders", self._store.orders_of(run.principal, _ORDERS_SHOWN)),
                None,
                False,
            )
        except OrderNotFound:
            return (), asked, True
        except (StoreError, TimeoutError) as error:
            missing.append(_commerce_reason(error))
            return (), asked, False

    async def _products(
        self, run: _Run, understood: Understood, needs: Needs, query: ProductQuery, missing: list[str]
    ) -> tuple[ProductHit, ...]:
        if not needs.products:
            return ()
        wanted = _only_in_stock(query, not needs.includes_out_of_stock)
        try:
            search = self._store.search_products(run.principal.tenant_id, wanted)
            return await self._commerce(run, "products", search)
        except (StoreError, TimeoutError) as error:
            missing.append(_commerce_reason(error))
            return ()

    async def _commerce(self, run: _Run, name: str, call: Coroutine[Any, Any, T]) -> T:
        async with asyncio.timeout(run.deadline.share_s(self._clock(), _LOOK_UP_S)):
            return await self._timed(run, name, call)

    async def _passages(
        self, run: _Run, understood: Understood, needs: Needs, query: ProductQuery, missing: list[str]
    ) -> tuple[Passage, ...]:
        if not needs.passages:
            return ()
        request = SearchRequest(
            run.principal.tenant_id,
            run.message,
            understood.language,
            needs.passages,
            understood.intent,
            query.categories[0] if query.categories else None,
        )
        timeout_s = run.deadline.share_s(self._clock(), _LOOK_UP_S)
        try:
            return await self._timed(run, "retrieval", self._stages.retrieval.search(request, timeout_s))
        except StageError as error:
            missing.append(f"retrieval: {error.reason}")
            return ()

    def _start_rung(self, run: _Run, effect: StartRung) -> str | None:
        left_s = run.deadline.left_s(self._clock())
        if left_s <= 0:
            return "deadline"
        client = self._stages.generation[effect.rung]
        most_tokens = self._identity.generation_tokens[effect.rung]
        request = GenerationRequest(run.request_id, effect.messages, most_tokens, 0.0, left_s)
        run.generation, run.rung, run.has_first_token = client.generate(request), effect.rung, False
        run.timings_ms[f"generation.{effect.rung}"] = 0.0
        return None

    async def _next_piece(self, run: _Run) -> Piece:
        if run.generation is None:
            raise AssertionError("a rung was not started")
        stage = f"generation.{run.rung}"
        started = self._clock()
        try:
            async with asyncio.timeout(None if run.has_first_token else self._identity.limits.first_token_s):
                chunk = await anext(run.generation, None)
        except (StageError, TimeoutError) as error:
            reason = error.reason if isinstance(error, StageError) else "no first token in time"
            self._metrics.observe_stage(stage, reason, self._clock() - started)
            if not run.has_first_token:
                self._rungs.mark_down(run.rung)
            await self._abort(run)
            return Piece(failure=reason)
        run.has_first_token = True
        run.timings_ms[stage] = round(run.timings_ms[stage] + _ms(self._clock() - started), 2)
        if chunk is None or chunk.finish_reason is not None:
            self._metrics.observe_stage(stage, "ok", run.timings_ms[stage] / 1000)
            await self._abort(run)
            return Piece(text=chunk.text if chunk else "", is_last=True)
        return Piece(chunk.text)

    async def _abort(self, run: _Run) -> None:
        """Close the generation, if one is under way: its engine stops computing."""
        if run.generation is not None:
            generation, run.generation = run.generation, None
            await generation.aclose()  # type: ignore[attr-defined]

    async def _store_turn(self, run: _Run, reply: Reply, conversation_id: str | None) -> str:
        """Append the turn. When another turn of the conversation was stored first, the state follows that one."""
        version, state = 0, reply.state
        for _ in range(_STORE_TRIES):
            if conversation_id is not None:
                stored = await self._store.conversation(run.principal, conversation_id, limit=1)
                version = stored.version
                if reply.understood.probability > 0:
                    state = dialogue.step(reply.understood, DialogueState.read(stored.state)).state
            target = conversation_id or f"conv_{uuid.uuid4().hex}"
            try:
                await self._store.append_turn(run.principal, target, _new_turn(run, reply, state), version)
            except ConversationConflict:
                continue
            return target
        raise ConversationConflict(str(conversation_id), version)


def _new_turn(run: _Run, reply: Reply, state: DialogueState) -> NewTurn:
    return NewTurn(
        request_id=run.request_id,
        message=run.message,
        answer=reply.answer,
        intent=reply.understood.intent,
        probability=reply.understood.probability,
        decision=reply.understood.decision,
        rung=reply.rung,
        queue=reply.queue,
        language=reply.understood.language,
        at=datetime.now(UTC),
        outcome=TurnOutcome.HANDED_OFF if reply.hands_off else TurnOutcome.OPEN,
        timings_ms=dict(run.timings_ms),
        state=state.write(),
    )


def _only_in_stock(query: ProductQuery, is_only: bool) -> ProductQuery:
    return replace(query, in_stock=is_only)


def _commerce_reason(error: Exception) -> str:
    return "commerce: deadline" if isinstance(error, TimeoutError) else "commerce: unavailable"


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
