"""What the dialogue does in the shop: the details of an order, a proposal, the commit of what was agreed to."""

import asyncio
import hashlib
from collections.abc import Awaitable, Sequence
from typing import Any, Final, TypeVar

from commerce.domain.actions import Arguments, arguments_from
from commerce.domain.customers import Customer
from commerce.domain.errors import (
    ActionRefused,
    ConfirmationRefused,
    CustomerNotFound,
    IdempotencyConflict,
    OrderNotFound,
    StoreError,
)
from commerce.domain.identity import Principal
from commerce.store import Store
from deployments import actions
from deployments.clock import Now
from deployments.log import logger
from routing.dialogue.state import Offer
from routing.effects import Committed, Lapsed, Offered, Refused, Unavailable
from routing.facts import Details

T = TypeVar("T")
# The most that one of these may take of a request's budget, in seconds.
MOST_S: Final = 3.0


class Acting:
    """Holds no state of a request. Nothing here changes an order but `commit`."""

    def __init__(self, store: Store, secret: bytes, now: Now) -> None:
        self._store = store
        self._secret = secret
        self._now = now

    async def details(self, principal: Principal, order_id: str, timeout_s: float) -> Details | Unavailable:
        """Everything that an action on the order is decided from."""
        try:
            return await _within(timeout_s, self._details(principal, order_id))
        except (StoreError, TimeoutError, OrderNotFound) as error:
            return _unavailable(error)

    async def _details(self, principal: Principal, order_id: str) -> Details:
        now = self._now()
        facts = await self._store.action_facts(principal, order_id, now)
        coupons = await self._store.usable_coupons(principal, now)
        return Details(facts, await self._customer(principal), coupons)

    async def details_of_each(
        self, principal: Principal, order_ids: Sequence[str], timeout_s: float
    ) -> tuple[Details, ...] | Unavailable:
        """The same of several of the customer's own orders, for little more than one costs."""
        try:
            return await _within(timeout_s, self._details_of_each(principal, order_ids))
        except (StoreError, TimeoutError, OrderNotFound) as error:
            return _unavailable(error)

    async def _details_of_each(self, principal: Principal, order_ids: Sequence[str]) -> tuple[Details, ...]:
        now = self._now()
        facts = await self._store.action_facts_of(principal, order_ids, now)
        coupons = await self._store.usable_coupons(principal, now)
        customer = await self._customer(principal)
        return tuple(Details(each, customer, coupons) for each in facts)

    async def _customer(self, principal: Principal) -> Customer | None:
        try:
            return await self._store.customer(principal)
        except CustomerNotFound:
            # A shop may know of orders of people who have no account.
            return None

    async def propose(
        self, principal: Principal, wanted: Arguments, timeout_s: float
    ) -> Offered | Refused | Unavailable:
        """What it would do, with what agrees to it."""
        call = actions.propose(self._store, self._secret, principal, wanted, self._now())
        try:
            proposed = await _within(timeout_s, call)
        except ActionRefused as refused:
            return Refused(refused.rule_trace)
        except (StoreError, TimeoutError, OrderNotFound) as error:
            return _unavailable(error)
        offer = Offer(wanted.model_dump(mode="json"), proposed.token, proposed.expires_at)
        return Offered(proposed.proposal, offer)

    async def commit(
        self, principal: Principal, offer: Offer, request_id: str, timeout_s: float
    ) -> Committed | Refused | Lapsed | Unavailable:
        """What was agreed to, once: an offer has one idempotency key, however often it is agreed to."""
        wanted, key = arguments_from(offer.arguments), hashlib.sha256(offer.token.encode()).hexdigest()[:48]
        call = actions.commit(
            self._store, self._secret, principal, wanted, offer.token, key, request_id, self._now()
        )
        # A transaction that has begun is not left half way: the deadline ends the waiting, not the work.
        working = asyncio.ensure_future(call)
        working.add_done_callback(_noted)
        try:
            done = await _within(timeout_s, asyncio.shield(working))
        except ActionRefused as refused:
            return Refused(refused.rule_trace)
        except (ConfirmationRefused, IdempotencyConflict):
            return Lapsed()
        except (StoreError, TimeoutError, OrderNotFound) as error:
            return _unavailable(error)
        return Committed(done.made)


def _noted(working: asyncio.Future[Any]) -> None:
    """Whoever no longer waits for it is told by the next try."""
    if not working.cancelled() and (error := working.exception()) is not None:
        logger.info("a commit ended in %s", type(error).__name__)


async def _within(timeout_s: float, call: Awaitable[T]) -> T:
    async with asyncio.timeout(timeout_s):
        return await call


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable("deadline" if isinstance(error, TimeoutError) else "unavailable")
