"""Actions as the gateway offers them: a proposal with its token, and the commit of what was agreed to."""

from dataclasses import dataclass
from datetime import datetime

from commerce.confirmations import mint_confirmation
from commerce.domain.actions import Arguments
from commerce.domain.identity import Principal
from commerce.domain.proposals import Proposal
from commerce.store import Store
from commerce.store.done import Done


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal, and the token by which this caller agrees to it until `expires_at`."""

    proposal: Proposal
    token: str
    expires_at: datetime


async def propose(
    store: Store, secret: bytes, principal: Principal, wanted: Arguments, now: datetime
) -> Proposed:
    """Raises CustomerRequired, OrderNotFound, ActionRefused."""
    proposal = await store.propose(principal, wanted, now)
    return Proposed(proposal, *mint_confirmation(secret, principal, proposal, now))


async def commit(
    store: Store,
    secret: bytes,
    principal: Principal,
    wanted: Arguments,
    token: str,
    key: str,
    request_id: str,
    now: datetime,
) -> Done:
    """Raises what `ActionStore.commit` raises."""
    return await store.commit(principal, wanted, token, secret, key=key, now=now, request_id=request_id)
