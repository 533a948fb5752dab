"""Drives `routing.flow.chat`: does the I/O that the flow asks for, within the deadline, and stores the turn."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from commerce.domain.conversations import NewTurn, TurnOutcome
from commerce.domain.errors import CommerceError, ConversationBusy, ConversationConflict, StoreError
from commerce.domain.identity import Principal
from commerce.domain.masking import mask_personal_data
from commerce.store import Store
from deployments.acting import MOST_S, Acting
from deployments.clock import Now, utc_now
from deployments.contracts import Metrics
from deployments.errors import StageError, StageRefused
from deployments.identity import GatewayIdentity
from deployments.log import logger
from deployments.lookups import Asked, LookUps
from deployments.prompts import masked_messages
from deployments.rungs import RungWatch
from deployments.sealing import StateSeal
from deployments.snapshots import ShopSnapshot, Snapshots
from deployments.stages import Stages, StageTimer
from models.types import CompletionChunk, GenerationRequest, Understood
from models.understanding.language import language as language_of
from routing.answer import Outcome
from routing.deadline import Deadline
from routing.dialogue.state import DialogueState
from routing.effects import (
    Commit,
    Detail,
    DetailEach,
    Effect,
    Emit,
    LookUp,
    NextPiece,
    Piece,
    Propose,
    StartRung,
    StopRung,
    Understand,
    Unread,
)
from routing.flow import Reply, Turn, chat
from routing.ladder import Measured

# The most that understanding may take of a request's budget, in seconds; later stages keep the rest.
_UNDERSTAND_S = 4.0
_STORE_TRIES = 5
# How often a turn looks whether the one before it is stored.
_BUSY_POLL_S = 0.025


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
        secret: bytes,
        now: Now = utc_now,
    ) -> None:
        self._identity = identity
        self._store = store
        self._snapshots = snapshots
        self._stages = stages
        self._rungs = rungs
        self._metrics = metrics
        self._now = now
        self._clock = time.monotonic
        self._timer = StageTimer(self._clock, metrics)
        self._look_ups = LookUps(store, stages, self._timer, now)
        self._acting = Acting(store, secret, now)
        self._seal = StateSeal(secret)
        self._measured = tuple(
            Measured(m.rung, m.intent, m.language, m.quality) for m in identity.ladder.measured
        )

    async def turn(
        self, principal: Principal, message: str, conversation_id: str | None, request_id: str
    ) -> AsyncIterator[Emit | Finished]:
        """One turn's events, `Finished` last. Raises CommerceError before the first event; ends in exactly one outcome."""
        started = self._clock()
        is_stored = False
        begun_id = conversation_id
        outcome: Outcome = "cancelled"
        intent, rung = "unknown", "none"
        try:
            shop = await self._snapshots.shop(principal.tenant_id)
            deadline = Deadline.after(started, self._identity.limits.deadline_s)
            state, last_answer = await self._begin(principal, conversation_id, request_id, deadline)
            run = _Run(principal, message, request_id, deadline, shop)
            async for item in self._drive(run, state, last_answer):
                if isinstance(item, Emit):
                    yield item
                    continue
                conversation_id = await self._store_turn(run, item, conversation_id)
                is_stored = True
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
            if begun_id is not None and not is_stored:
                await self._abandon(principal, begun_id, request_id)

    async def _begin(
        self, principal: Principal, conversation_id: str | None, request_id: str, deadline: Deadline
    ) -> tuple[DialogueState, str]:
        """Where the conversation stands, and what was answered last; while another of its turns is answered this one waits.
        Raises ConversationBusy when the deadline comes first.
        """
        if conversation_id is None:
            return DialogueState(), ""
        while True:
            now, left_s = self._now(), deadline.left_s(self._clock())
            try:
                conversation = await self._store.begin_turn(
                    principal, conversation_id, request_id, now, now + timedelta(seconds=left_s)
                )
                break
            except ConversationBusy:
                if left_s <= _BUSY_POLL_S:
                    raise
                await asyncio.sleep(_BUSY_POLL_S)
        last = conversation.turns[-1].answer if conversation.turns else ""
        return self._seal.opened(conversation.state), last

    async def _abandon(self, principal: Principal, conversation_id: str, request_id: str) -> None:
        """Whoever comes next need not wait until this turn's deadline."""
        try:
            await asyncio.shield(self._store.abandon_turn(principal, conversation_id, request_id))
        except CommerceError as error:
            logger.info(
                "%s: the conversation is held until its deadline: %s", request_id, type(error).__name__
            )

    async def _drive(self, run: _Run, state: DialogueState, last_answer: str) -> AsyncIterator[Emit | Reply]:
        """Run the flow: each effect's result goes back in; events go out."""
        flow = chat(
            Turn(
                run.message,
                mask_personal_data(run.message),
                self._now(),
                state,
                last_answer,
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
            case LookUp(understood, needs, order_id, known):
                asked = Asked(run.principal, run.message, run.shop, run.deadline, run.timings_ms)
                return await self._look_ups.facts(asked, understood, needs, order_id, known)
            case Detail(order_id):
                details = self._acting.details(run.principal, order_id, self._left_s(run))
                return await self._timer.timed(run.timings_ms, "details", details)
            case DetailEach(order_ids):
                each = self._acting.details_of_each(run.principal, order_ids, self._left_s(run))
                return await self._timer.timed(run.timings_ms, "details", each)
            case Propose(arguments):
                proposal = self._acting.propose(run.principal, arguments, self._left_s(run))
                return await self._timer.timed(run.timings_ms, "propose", proposal)
            case Commit(offer):
                commit = self._acting.commit(run.principal, offer, run.request_id, self._left_s(run))
                return await self._timer.timed(run.timings_ms, "commit", commit)
            case StartRung():
                return await self._start_rung(run, effect)
            case NextPiece():
                return await self._next_piece(run)
            case StopRung():
                return await self._abort(run)
            case Emit():
                raise AssertionError("events are sent by the driver")

    def _left_s(self, run: _Run) -> float:
        return run.deadline.share_s(self._clock(), MOST_S)

    async def _understand(self, run: _Run, message: str) -> Understood | Unread:
        try:
            return await self._timer.timed(run.timings_ms, "understanding", self._read(run, message))
        except StageError as error:
            return Unread(language_of(message), error.reason)

    async def _read(self, run: _Run, message: str) -> Understood:
        timeout_s = run.deadline.share_s(self._clock(), _UNDERSTAND_S)
        [answer] = await self._stages.understanding.understand(run.principal.tenant_id, [message], timeout_s)
        if isinstance(answer, StageError):
            raise answer
        # What the shop sells the model need not have heard of.
        return replace(answer, entities=run.shop.names.add_to(answer.entities, message))

    async def _start_rung(self, run: _Run, effect: StartRung) -> str | None:
        left_s = run.deadline.left_s(self._clock())
        if left_s <= 0:
            return "deadline"
        client = self._stages.generation[effect.rung]
        most_tokens = self._identity.generation_tokens[effect.rung]
        try:
            known = await self._store.personal_facts(run.principal)
        except StoreError:
            # What can't be masked is not sent.
            return "commerce: unavailable"
        messages = masked_messages(effect.messages, known)
        request = GenerationRequest(run.request_id, messages, most_tokens, 0.0, left_s)
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
            # A request that the engine can't take says nothing of the engine.
            if not run.has_first_token and not isinstance(error, StageRefused):
                self._rungs.mark_down(run.rung)
            await self._abort(run)
            return Piece(failure=reason)
        run.has_first_token = True
        run.timings_ms[stage] = round(run.timings_ms[stage] + _ms(self._clock() - started), 2)
        if chunk is None or chunk.finish_reason is not None:
            self._metrics.observe_stage(stage, "ok", run.timings_ms[stage] / 1000)
            await self._abort(run)
            is_cut = chunk is None or chunk.finish_reason != "stop"
            return Piece(text=chunk.text if chunk else "", is_last=True, is_cut=is_cut)
        return Piece(chunk.text)

    async def _abort(self, run: _Run) -> None:
        """Close the generation, if one is under way: its engine stops computing."""
        if run.generation is not None:
            generation, run.generation = run.generation, None
            await generation.aclose()  # type: ignore[attr-defined]

    async def _store_turn(self, run: _Run, reply: Reply, conversation_id: str | None) -> str:
        """Append the turn after whatever was stored meanwhile."""
        version = 0
        for _ in range(_STORE_TRIES):
            if conversation_id is not None:
                stored = await self._store.conversation(run.principal, conversation_id, limit=1)
                version = stored.version
            target = conversation_id or f"conv_{uuid.uuid4().hex}"
            try:
                await self._store.append_turn(
                    run.principal,
                    target,
                    _new_turn(run, reply, self._seal.closed(reply.state), self._now()),
                    version,
                )
            except ConversationConflict:
                continue
            return target
        raise ConversationConflict(str(conversation_id), version)


def _new_turn(run: _Run, reply: Reply, state: dict[str, Any], at: datetime) -> NewTurn:
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
        at=at,
        outcome=TurnOutcome.HANDED_OFF if reply.hands_off else TurnOutcome.OPEN,
        timings_ms=dict(run.timings_ms),
        state=state,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
