"""What corrections say of the understanding, and what its candidates say in the shadow."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import ConversationNotFound
from commerce.domain.feedback import NOBODY, Feedback, Origin, ShadowTally
from commerce.domain.identity import Principal
from commerce.domain.masking import mask_personal_data
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.customers import personal_facts
from commerce.store.tables import conversations, feedback, shadow_tallies
from commerce.store.tenants import require_tenant

_FEEDBACK_LOCK = 6
_TALLY_LOCK = 7


class FeedbackStore(Connected):
    async def add_feedback(
        self, tenant_id: str, text: str, intent: str, said: str | None, source: str, origin: Origin = NOBODY
    ) -> Feedback:
        """Keep a correction, its personal data masked, and return what is kept.

        A text is kept once. The same intent again changes nothing; another one replaces the correction, which keeps its id.
        Raises TenantNotFound, ConversationNotFound for an origin that there is not, CustomerTokenInvalid for an erased one.
        """
        async with self.writing() as connection:
            await lock_until_commit(connection, _FEEDBACK_LOCK)
            await require_tenant(connection, tenant_id)
            customer_id = await _customer_of(connection, tenant_id, origin)
            known = await personal_facts(connection, Principal(tenant_id, customer_id), is_locked=True)
            masked = mask_personal_data(text, known)
            conversation_id = origin.conversation_id
            before = await _correction_of(connection, tenant_id, masked)
            if before is not None and before.intent == intent:
                return before
            feedback_id = uuid4().hex if before is None else before.feedback_id
            made = Feedback(feedback_id, masked, intent, said, source, datetime.now(UTC))
            if before is not None and origin == NOBODY:
                # It stays the customer's who said it first, and is forgotten with them.
                customer_id, conversation_id = await _origin_of(connection, tenant_id, masked)
            await connection.execute(delete(feedback).where(_is_of(tenant_id, masked)))
            await connection.execute(
                insert(feedback).values(
                    tenant_id=tenant_id,
                    text_sha256=_sha256(masked),
                    customer_id=customer_id,
                    conversation_id=conversation_id,
                    **asdict(made),
                )
            )
        return made

    async def feedback(self, tenant_id: str) -> list[Feedback]:
        """A shop's corrections, oldest first."""
        query = (
            select(feedback)
            .where(feedback.c.tenant_id == tenant_id)
            .order_by(feedback.c.at, feedback.c.feedback_id)
        )
        async with self.reading() as connection:
            return [_feedback(row) for row in await connection.execute(query)]

    async def add_shadow_tally(self, tenant_id: str, tally: ShadowTally) -> None:
        """Add to what has been counted of that version. Several replicas may at once."""
        async with self.writing() as connection:
            await lock_until_commit(connection, _TALLY_LOCK)
            before = await _counted(connection, tenant_id, tally.version)
            total = tally if before is None else before.plus(tally)
            await connection.execute(delete(shadow_tallies).where(_counts(tenant_id, tally.version)))
            await connection.execute(insert(shadow_tallies).values(tenant_id=tenant_id, **asdict(total)))

    async def shadow_tally(self, tenant_id: str, version: str) -> ShadowTally | None:
        """What has been counted of a candidate; None before it has read anything."""
        async with self.reading() as connection:
            return await _counted(connection, tenant_id, version)


async def _customer_of(connection: AsyncConnection, tenant_id: str, origin: Origin) -> str | None:
    """The conversation's customer where one is named, who must be the caller's own, if the caller is one."""
    if origin.conversation_id is None:
        return origin.customer_id
    query = select(conversations.c.customer_id).where(
        conversations.c.tenant_id == tenant_id, conversations.c.conversation_id == origin.conversation_id
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None or (origin.customer_id is not None and origin.customer_id != row.customer_id):
        raise ConversationNotFound(origin.conversation_id)
    found: str | None = row.customer_id
    return found


async def _correction_of(connection: AsyncConnection, tenant_id: str, text: str) -> Feedback | None:
    row = (await connection.execute(select(feedback).where(_is_of(tenant_id, text)))).one_or_none()
    return None if row is None else _feedback(row)


async def _origin_of(connection: AsyncConnection, tenant_id: str, text: str) -> tuple[str | None, str | None]:
    query = select(feedback.c.customer_id, feedback.c.conversation_id).where(_is_of(tenant_id, text))
    row = (await connection.execute(query)).one()
    return row.customer_id, row.conversation_id


def _is_of(tenant_id: str, text: str) -> ColumnElement[bool]:
    return (feedback.c.tenant_id == tenant_id) & (feedback.c.text_sha256 == _sha256(text))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def _counted(connection: AsyncConnection, tenant_id: str, version: str) -> ShadowTally | None:
    row = (await connection.execute(select(shadow_tallies).where(_counts(tenant_id, version)))).one_or_none()
    return None if row is None else _tally(row)


def _counts(tenant_id: str, version: str) -> ColumnElement[bool]:
    return (shadow_tallies.c.tenant_id == tenant_id) & (shadow_tallies.c.version == version)


def _feedback(row: Row[Any]) -> Feedback:
    return Feedback(
        feedback_id=row.feedback_id,
        text=row.text,
        intent=row.intent,
        said=row.said,
        source=row.source,
        at=row.at,
    )


def _tally(row: Row[Any]) -> ShadowTally:
    return ShadowTally(
        version=row.version,
        live_version=row.live_version,
        texts=row.texts,
        same_intent=row.same_intent,
        same_decision=row.same_decision,
        live_out_of_scope=row.live_out_of_scope,
        shadow_out_of_scope=row.shadow_out_of_scope,
        failed=row.failed,
        skipped=row.skipped,
        live_ms=row.live_ms,
        shadow_ms=row.shadow_ms,
    )
