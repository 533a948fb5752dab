"""What was done, once for each key of its caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import IdempotencyConflict
from commerce.domain.identity import Principal
from commerce.store.applying import Applying
from commerce.store.tables import actions

FORGOTTEN: Final = "forgotten"
"""In the place of the digest of what an erased customer's order was told: a digest of personal data could be guessed. The
key alone tells a repeat then.
"""

_BY_KEY: Final = select(actions.c.action_id, actions.c.digest, actions.c.result).where(
    actions.c.tenant_id == bindparam("of_tenant"),
    actions.c.caller == bindparam("by"),
    actions.c.idempotency_key == bindparam("key"),
)


@dataclass(frozen=True, slots=True)
class Done:
    """`made` are the ids of what came to be, each with its kind. `is_repeat`: this was done before, by the same key."""

    action_id: str
    made: tuple[dict[str, str], ...] = field(hash=False)
    is_repeat: bool


async def done_before(
    connection: AsyncConnection, principal: Principal, key: str, digest: str
) -> Done | None:
    """By this caller's key; None: not yet. Raises IdempotencyConflict where the key did something else."""
    values = {"of_tenant": principal.tenant_id, "by": principal.caller, "key": key}
    before = (await connection.execute(_BY_KEY, values)).one_or_none()
    if before is None:
        return None
    if before.digest not in (digest, FORGOTTEN):
        raise IdempotencyConflict(key)
    return Done(before.action_id, tuple(before.result["made"]), is_repeat=True)


async def record_done(
    applying: Applying,
    principal: Principal,
    *,
    key: str,
    token_id: str,
    kind: str,
    reason: str | None,
    digest: str,
    made: list[dict[str, str]],
    now: datetime,
) -> Done:
    """In the transaction of what was done."""
    await applying.add(
        actions,
        action_id=applying.action_id,
        idempotency_key=key,
        token_id=token_id,
        caller=principal.caller,
        customer_id=applying.facts.order.customer_id,
        kind=kind,
        digest=digest,
        result={"made": made, "reason": reason},
        at=now,
    )
    return Done(applying.action_id, tuple(made), is_repeat=False)
