"""Actions: proposed, and done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.confirmations import verify_confirmation
from commerce.domain.actions import Arguments, Refund
from commerce.domain.coupons import Coupon
from commerce.domain.errors import ConfirmationRefused
from commerce.domain.identity import Principal
from commerce.domain.payment_methods import PaymentMethod
from commerce.domain.proposals import Proposal
from commerce.domain.proposing.facts import Facts
from commerce.domain.proposing.propose import propose
from commerce.store.action_facts import coupon_from, load_facts, load_facts_of_several, own_methods
from commerce.store.applying import Applying, new_id
from commerce.store.audit import record_audit
from commerce.store.connection import Connected
from commerce.store.customers import personal_facts
from commerce.store.done import Done, done_before, record_done
from commerce.store.effects import apply_effects
from commerce.store.ownership import named_customer, own_or_everybodys
from commerce.store.tables import actions, coupons

_BY_TOKEN: Final = select(actions.c.action_id).where(
    actions.c.tenant_id == bindparam("of_tenant"), actions.c.token_id == bindparam("token")
)


class ActionStore(Connected):
    async def propose(self, principal: Principal, wanted: Arguments, now: datetime) -> Proposal:
        """What would be done; changes nothing. Raises CustomerRequired, OrderNotFound, ActionRefused."""
        async with self.reading() as connection:
            facts = await load_facts(connection, principal, wanted.order_id, wanted, now, is_locked=False)
        return propose(facts, wanted)

    async def action_facts(self, principal: Principal, order_id: str, now: datetime) -> Facts:
        """What any action on the order would be decided from. Raises CustomerRequired, OrderNotFound."""
        async with self.reading() as connection:
            return await load_facts(connection, principal, order_id, None, now, is_locked=False)

    async def action_facts_of(
        self, principal: Principal, order_ids: Collection[str], now: datetime
    ) -> tuple[Facts, ...]:
        """The same of several of the customer's own, for little more than one. Raises CustomerRequired, OrderNotFound."""
        async with self.reading() as connection:
            return await load_facts_of_several(connection, principal, order_ids, now)

    async def payment_methods(self, principal: Principal) -> tuple[PaymentMethod, ...]:
        """Those of the customer's account. Raises CustomerRequired."""
        async with self.reading() as connection:
            return tuple((await own_methods(connection, named_customer(principal))).values())

    async def usable_coupons(self, principal: Principal, now: datetime) -> tuple[Coupon, ...]:
        """Those that the customer may still use, what ends first first. Raises CustomerRequired."""
        query = (
            select(coupons)
            .where(
                own_or_everybodys(principal, coupons),
                coupons.c.valid_from <= now,
                coupons.c.valid_until > now,
                coupons.c.used_count < coupons.c.max_uses,
            )
            .order_by(coupons.c.valid_until, coupons.c.coupon_id)
        )
        async with self.reading() as connection:
            return tuple(coupon_from(row) for row in await connection.execute(query))

    async def commit(
        self,
        principal: Principal,
        wanted: Arguments,
        token: str,
        secret: bytes,
        *,
        key: str,
        now: datetime,
        request_id: str | None = None,
    ) -> Done:
        """What `token` was given for, in one transaction, once for every `key` of this caller.

        Raises ConfirmationRefused, ActionRefused, IdempotencyConflict, CustomerRequired, OrderNotFound: nothing is changed.
        """
        call = partial(self._commit, principal, wanted, token, secret, key, now, request_id)
        try:
            return await call()
        except IntegrityError:
            # The key was used in this very moment, for another order: now it is found.
            return await call()

    async def _commit(
        self,
        principal: Principal,
        wanted: Arguments,
        token: str,
        secret: bytes,
        key: str,
        now: datetime,
        request_id: str | None,
    ) -> Done:
        async with self.writing() as connection:
            # First the lock: who waited for it finds what the one before did.
            facts = await load_facts(connection, principal, wanted.order_id, wanted, now, is_locked=True)
            owner = replace(principal, customer_id=facts.order.customer_id)
            said = _digest(owner, wanted)
            if (before := await done_before(connection, principal, key, said)) is not None:
                return before
            confirmed = verify_confirmation(token, secret, principal, wanted, now)
            if await _is_used(connection, principal.tenant_id, confirmed.token_id):
                raise ConfirmationRefused("reused")
            if facts.order.version != confirmed.order_version:
                raise ConfirmationRefused("stale")
            # Still allowed now; and done as it was shown, with the dates of then.
            propose(facts, wanted)
            proposal = propose(replace(facts, now=confirmed.proposed_at), wanted)
            if proposal.digest != confirmed.digest:
                raise ConfirmationRefused("stale")
            known = await personal_facts(connection, owner, is_locked=True)
            applying = Applying(connection, owner, facts, new_id("X"), known)
            made = await apply_effects(applying, proposal.effects)
            done = await record_done(
                applying,
                principal,
                key=key,
                token_id=confirmed.token_id,
                kind=wanted.action.value,
                reason=wanted.reason.value if isinstance(wanted, Refund) else None,
                digest=said,
                made=made,
                now=now,
            )
            await record_audit(
                connection,
                owner,
                now,
                what=wanted.action.value,
                entity_id=facts.order.order_id,
                why=", ".join(step.rule_id for step in proposal.rule_trace),
                request_id=request_id,
            )
        return done


async def _is_used(connection: AsyncConnection, tenant_id: str, token_id: str) -> bool:
    values = {"of_tenant": tenant_id, "token": token_id}
    return (await connection.execute(_BY_TOKEN, values)).first() is not None


def _digest(principal: Principal, wanted: Arguments) -> str:
    said = json.dumps([principal.customer_id, wanted.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
