"""Conversations: bound to their customer, one turn after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.conversations import Conversation, NewTurn, Turn, TurnOutcome
from commerce.domain.errors import ConversationBusy, ConversationConflict, ConversationNotFound
from commerce.domain.identity import Principal
from commerce.domain.masking import mask_personal_data, mask_turn
from commerce.store.connection import Connected
from commerce.store.customers import personal_facts
from commerce.store.ownership import own_or_nobodys
from commerce.store.tables import conversations, turns


class ConversationStore(Connected):
    async def begin_turn(
        self, principal: Principal, conversation_id: str, holder: str, now: datetime, until: datetime
    ) -> Conversation:
        """The conversation with its last turn. Until the next one is stored, or `until` has come, no other holder begins one.

        Raises ConversationBusy where another has, and ConversationNotFound.
        """
        mine = _own(principal, conversation_id)
        is_free = conversations.c.held_until.is_(None) | (conversations.c.held_until <= now)
        statement = update(conversations).where(mine, is_free).values(held_by=holder, held_until=until)
        async with self.writing() as connection:
            if (await connection.execute(statement)).rowcount == 0:
                if (await connection.execute(select(conversations.c.version).where(mine))).first() is None:
                    raise ConversationNotFound(conversation_id)
                raise ConversationBusy(conversation_id)
            return await _read(connection, principal, conversation_id, 1)

    async def abandon_turn(self, principal: Principal, conversation_id: str, holder: str) -> None:
        """A turn that was begun is not stored: the next may begin."""
        statement = (
            update(conversations)
            .where(_own(principal, conversation_id), conversations.c.held_by == holder)
            .values(held_by=None, held_until=None)
        )
        async with self.writing() as connection:
            await connection.execute(statement)

    async def append_turn(
        self, principal: Principal, conversation_id: str, turn: NewTurn, expected_version: int
    ) -> int:
        """Store `turn` after version `expected_version` and return the new version, which is its number.

        0 begins the conversation and binds it to the principal's customer (to nobody, for an anonymous
        one). Personal data in message and answer is masked, also what began in the message before. Raises
        ConversationConflict when another turn was stored first, ConversationNotFound for a conversation that is not the
        principal's, and CustomerTokenInvalid for an erased customer.
        """
        async with self.writing() as connection:
            known = await personal_facts(connection, principal, is_locked=True)
            if expected_version == 0:
                await _begin(connection, principal, conversation_id, turn)
            else:
                await _advance(connection, principal, conversation_id, turn, expected_version)
            message = await _masked_message(
                connection, principal.tenant_id, conversation_id, turn, expected_version, known
            )
            row = _turn_row(principal.tenant_id, conversation_id, turn, expected_version + 1)
            masked = {"message": message, "answer": mask_personal_data(turn.answer, known)}
            await connection.execute(insert(turns).values(row | masked))
        return expected_version + 1

    async def conversation(
        self, principal: Principal, conversation_id: str, limit: int | None = None
    ) -> Conversation:
        """With its last `limit` turns. Raises ConversationNotFound alike for somebody else's and for none
        at all.
        """
        async with self.reading() as connection:
            return await _read(connection, principal, conversation_id, limit)

    async def record_outcome(
        self, principal: Principal, conversation_id: str, request_id: str, outcome: TurnOutcome
    ) -> None:
        """What became of a turn. Raises ConversationNotFound when the principal has no such turn."""
        mine = select(conversations.c.conversation_id).where(_own(principal, conversation_id))
        statement = (
            update(turns)
            .where(
                turns.c.tenant_id == principal.tenant_id,
                turns.c.conversation_id.in_(mine),
                turns.c.request_id == request_id,
            )
            .values(outcome=outcome.value)
        )
        async with self.writing() as connection:
            if (await connection.execute(statement)).rowcount == 0:
                raise ConversationNotFound(conversation_id)


async def _read(
    connection: AsyncConnection, principal: Principal, conversation_id: str, limit: int | None
) -> Conversation:
    query = (
        select(turns)
        .where(turns.c.tenant_id == principal.tenant_id, turns.c.conversation_id == conversation_id)
        .order_by(turns.c.number.desc())
        .limit(limit)
    )
    mine = select(conversations).where(_own(principal, conversation_id))
    row = (await connection.execute(mine)).one_or_none()
    if row is None:
        raise ConversationNotFound(conversation_id)
    turn_rows = (await connection.execute(query)).all()
    return Conversation(
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        version=row.version,
        language=row.language,
        created_at=row.created_at,
        updated_at=row.updated_at,
        state=row.state,
        turns=tuple(_turn(turn_row) for turn_row in reversed(turn_rows)),
    )


def _own(principal: Principal, conversation_id: str) -> ColumnElement[bool]:
    return own_or_nobodys(principal, conversations) & (conversations.c.conversation_id == conversation_id)


async def _begin(
    connection: AsyncConnection, principal: Principal, conversation_id: str, turn: NewTurn
) -> None:
    row = {
        "tenant_id": principal.tenant_id,
        "conversation_id": conversation_id,
        "customer_id": principal.customer_id,
        "version": 1,
        "language": turn.language,
        "state": dict(turn.state),
        "created_at": turn.at,
        "updated_at": turn.at,
    }
    savepoint = await connection.begin_nested()
    try:
        await connection.execute(insert(conversations).values(row))
    except IntegrityError:
        await savepoint.rollback()
        await _refuse(connection, principal, conversation_id, 0)
    else:
        await savepoint.commit()


async def _advance(
    connection: AsyncConnection,
    principal: Principal,
    conversation_id: str,
    turn: NewTurn,
    expected_version: int,
) -> None:
    statement = (
        update(conversations)
        .where(_own(principal, conversation_id), conversations.c.version == expected_version)
        .values(
            version=expected_version + 1,
            language=turn.language,
            state=dict(turn.state),
            updated_at=turn.at,
            held_by=None,
            held_until=None,
        )
    )
    if (await connection.execute(statement)).rowcount == 0:
        await _refuse(connection, principal, conversation_id, expected_version)


async def _refuse(
    connection: AsyncConnection, principal: Principal, conversation_id: str, expected_version: int
) -> None:
    found = await connection.execute(select(conversations.c.version).where(_own(principal, conversation_id)))
    if found.first() is None:
        raise ConversationNotFound(conversation_id)
    raise ConversationConflict(conversation_id, expected_version)


async def _masked_message(
    connection: AsyncConnection,
    tenant_id: str,
    conversation_id: str,
    turn: NewTurn,
    expected_version: int,
    known: tuple[str, ...],
) -> str:
    """The message without personal data. Of what is half in the message before, that half goes too."""
    if expected_version == 0:
        return mask_personal_data(turn.message, known)
    before = (
        (turns.c.tenant_id == tenant_id)
        & (turns.c.conversation_id == conversation_id)
        & (turns.c.number == expected_version)
    )
    stored = (await connection.execute(select(turns.c.message).where(before))).scalar_one()
    previous, message = mask_turn(stored, turn.message, known)
    if previous != stored:
        await connection.execute(update(turns).where(before).values(message=previous))
    return message


def _turn_row(tenant_id: str, conversation_id: str, turn: NewTurn, number: int) -> dict[str, Any]:
    """But for what is masked."""
    return {
        "tenant_id": tenant_id,
        "conversation_id": conversation_id,
        "number": number,
        "request_id": turn.request_id,
        "intent": turn.intent,
        "probability": turn.probability,
        "decision": turn.decision,
        "rung": turn.rung,
        "queue": turn.queue,
        "language": turn.language,
        "outcome": turn.outcome.value,
        "timings_ms": dict(turn.timings_ms),
        "at": turn.at,
    }


def _turn(row: Row[Any]) -> Turn:
    return Turn(
        number=row.number,
        request_id=row.request_id,
        message=row.message,
        answer=row.answer,
        intent=row.intent,
        probability=row.probability,
        decision=row.decision,
        rung=row.rung,
        queue=row.queue,
        language=row.language,
        at=row.at,
        outcome=TurnOutcome(row.outcome),
        timings_ms=row.timings_ms,
    )
