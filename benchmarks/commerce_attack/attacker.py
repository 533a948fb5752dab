"""One that does random things to both shops, honest and not, and knows what must never succeed."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter, deque
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, TypeVar

from sqlalchemy import insert, select, update

from benchmarks.commerce_attack.glance import Glance, glance
from benchmarks.commerce_attack.moves import action_for, event_for
from benchmarks.commerce_attack.shops import CUSTOMERS, NORTH, PRICES, SOUTH, STOCK
from commerce.confirmations import TTL, mint_confirmation
from commerce.domain.actions import ActionKind, Arguments
from commerce.domain.errors import (
    ActionRefused,
    CommerceError,
    ConfirmationRefused,
    StoreError,
)
from commerce.domain.identity import Principal
from commerce.domain.order_events import OrderEvent
from commerce.domain.proposals import Proposal
from commerce.store import Store
from commerce.store.done import Done
from commerce.store.tables import stock_moves, variants

SECRET: Final = b"a secret of this attack alone, long enough"
RESTOCKED: Final = "restock"
_BEGUN: Final = datetime(2026, 3, 1, tzinfo=UTC)
_STEP: Final = timedelta(seconds=20)
_STRAY_DAYS: Final = 12
_WINDOW: Final = 12
_STEPS_A_NUMBER: Final = 45
# How often somebody acts where the shop has little to tell, or is in no hurry.
_ACTED_ON: Final[dict[str | None, float]] = {
    "pending_payment": 0.4,
    "paid": 0.4,
    "delivered": 0.8,
    "return_requested": 0.8,
    "exchange_requested": 0.8,
}
_TENANTS: Final = (NORTH.tenant_id, SOUTH.tenant_id)
_BY_AGENT: Final = (
    ActionKind.COMPLETE_CASE,
    ActionKind.REFUSE_CASE,
    ActionKind.RETRY_REFUND,
    ActionKind.REFUND,
)
_SHARED: Final = "shared-"
_Result = TypeVar("_Result")


@dataclass(slots=True)
class Agreement:
    """A token that was given, for the same or for another one to use; `action_id` is set once it was."""

    principal: Principal
    wanted: Arguments
    token: str
    key: str
    agreed_at: datetime
    action_id: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An order event that was recorded."""

    tenant_id: str
    order_id: str
    event: OrderEvent
    key: str
    action_id: str


@dataclass
class Report:
    """What came of the operations of one process."""

    outcomes: Counter[str] = field(default_factory=Counter)
    acknowledged: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Tenant, caller, key and action of each change that was not a repeat."""
    violations: list[str] = field(default_factory=list)
    agreements: deque[Agreement] = field(default_factory=lambda: deque(maxlen=40))
    told: deque[Told] = field(default_factory=lambda: deque(maxlen=40))

    @property
    def operations(self) -> int:
        return sum(self.outcomes.values())


class Attacker:
    """`name` is of this one alone. `pace`: how many attack at once. One step after the other; many on one store."""

    def __init__(self, store: Store, chance: Random, report: Report, name: str, pace: int) -> None:
        self._store = store
        self._chance = chance
        self._report = report
        self._name = name
        self._pace = pace
        self._steps = 0
        self._keys = 0
        self._stray = timedelta()
        self.now = _BEGUN

    async def step(self) -> None:
        """One intention: one operation or two."""
        self._pass_time()
        draw = self._chance.random()
        if draw < 0.55:
            await self.tell()
        elif draw < 0.88:
            await self.act()
        elif draw < 0.97:
            await self.use_agreement()
        else:
            await self.keep_shop()

    def _pass_time(self) -> None:
        # A clock of its own, days before or behind the others': windows are open for one and closed for another.
        self._steps += 1
        if self._chance.random() < 0.02:
            self._stray = timedelta(days=self._chance.uniform(-_STRAY_DAYS, _STRAY_DAYS))
        passed = self._steps * _STEP + timedelta(seconds=self._chance.uniform(0, 30))
        self.now = _BEGUN + passed + self._stray

    async def _pick(self) -> Glance:
        """An order of the moving window that everybody works on; its number says whose it is."""
        newest = self._steps * self._pace // _STEPS_A_NUMBER + _WINDOW // 3
        number = max(0, newest - self._chance.randrange(_WINDOW))
        tenant_id = self._chance.choice(_TENANTS)
        return await glance(self._store, tenant_id, f"O{number}", CUSTOMERS[number % len(CUSTOMERS)])

    def _key(self) -> str:
        # Of the shared ones somebody else may have used it.
        is_shared = self._chance.random() < 0.01
        return f"{_SHARED}{self._chance.randrange(50)}" if is_shared else self._own_key()

    def _own_key(self) -> str:
        self._keys += 1
        return f"{self._name}-{self._keys}"

    async def tell(self) -> None:
        """What the shop's systems tell: new, or once more, or under a key that was used."""
        told = self._report.told
        if told and self._chance.random() < 0.08:
            await self._tell_again(self._chance.choice(told))
            return
        seen = await self._pick()
        is_unsettled = seen.refunds or (seen.taken and self._chance.random() < 0.5)
        if not is_unsettled and self._chance.random() < _ACTED_ON.get(seen.state, 0.0):
            await self._act_on(seen)
        else:
            await self._tell_of(seen)

    async def _tell_of(self, seen: Glance) -> None:
        # The shop's systems mostly have one clock, and tell of an order step by step.
        last = seen.last_at if self._chance.random() < 0.95 else None
        now = self.now if last is None else max(self.now, last)
        event, key = event_for(self._chance, seen, now), self._key()
        if last is not None and event.at < last:
            event = event.model_copy(update={"at": last})
        done = await self._record(seen.tenant_id, seen.order_id, event, key, now)
        if done is not None and not done.is_repeat:
            self._acknowledge(seen.tenant_id, "shop", key, done)
            self._report.told.append(Told(seen.tenant_id, seen.order_id, event, key, done.action_id))

    async def _tell_again(self, told: Told) -> None:
        if self._chance.random() < 0.5:
            done = await self._record(told.tenant_id, told.order_id, told.event, told.key, self.now)
            if done is not None and (done.action_id, done.is_repeat) != (told.action_id, True):
                self._violated(f"event {told.key} told again was recorded again as {done}")
            return
        other = told.event.model_copy(update={"at": told.event.at - timedelta(seconds=1)})
        if (done := await self._record(told.tenant_id, told.order_id, other, told.key, self.now)) is not None:
            self._violated(f"another event under the key {told.key} was answered with {done}")

    async def act(self) -> None:
        """Propose, by whom it concerns or by somebody else; then mostly agree at once."""
        seen = await self._pick()
        if seen.state is None and self._chance.random() < 0.95:
            await self._tell_of(seen)
        else:
            await self._act_on(seen)

    async def _act_on(self, seen: Glance) -> None:
        wanted = action_for(self._chance, seen)
        principal = self._principal(seen, wanted)
        proposal = await self._tried("propose", self._store.propose(principal, wanted, self.now))
        if proposal is None:
            return
        if principal.customer_id != seen.owner:
            self._violated(f"{principal} was shown what {wanted} would do")
        agreement = self._agreed(principal, proposal)
        draw = self._chance.random()
        if draw < 0.08:
            # While the token is fresh, only its own bearer stands between another one and the order.
            await self._confirm_forged(agreement)
        elif draw < 0.14:
            await self._confirm_twice(agreement)
        elif draw < 0.18:
            self.now += TTL
        if draw < 0.88:
            await self._confirm(agreement)

    def _principal(self, seen: Glance, wanted: Arguments) -> Principal:
        draw = self._chance.random()
        if draw < 0.05:
            return Principal(seen.tenant_id, self._chance.choice(CUSTOMERS))
        is_agent = draw < (0.9 if wanted.action in _BY_AGENT else 0.3)
        agent = f"A{self._chance.randrange(3)}" if is_agent else None
        return Principal(seen.tenant_id, seen.owner, agent)

    def _agreed(self, principal: Principal, proposal: Proposal) -> Agreement:
        token, _ = mint_confirmation(SECRET, principal, proposal, self.now)
        agreement = Agreement(principal, proposal.arguments, token, self._key(), self.now)
        self._report.agreements.append(agreement)
        return agreement

    async def use_agreement(self) -> None:
        """One that was given before: as it is, again, or as it must not be."""
        if not self._report.agreements:
            return
        kept = self._chance.choice(self._report.agreements)
        use = self._chance.choice(
            (self._confirm, self._confirm, self._confirm_twice, self._confirm_used, self._confirm_forged)
        )
        await use(kept)

    async def _confirm(self, kept: Agreement) -> None:
        was = kept.action_id
        done = await self._commit(kept)
        if done is None:
            return
        if was is not None and (done.action_id, done.is_repeat) != (was, True):
            self._violated(f"key {kept.key} did {was}, and then {done}")
        if not done.is_repeat and self.now >= kept.agreed_at + TTL:
            self._violated(f"a token of {kept.agreed_at} was good at {self.now}: {done}")
        self._did(kept, done)

    async def _confirm_twice(self, kept: Agreement) -> None:
        """At once, under two keys: only one of them can do it."""
        other = replace(kept, key=self._own_key())
        first, second = await asyncio.gather(self._commit(kept), self._commit(other))
        if first is not None and second is not None and not kept.key.startswith(_SHARED):
            self._violated(f"one token did {first} and {second}")
        for agreement, done in ((kept, first), (other, second)):
            if done is not None:
                self._did(agreement, done)

    async def _confirm_used(self, kept: Agreement) -> None:
        if kept.action_id is None:
            await self._confirm(kept)
        elif (done := await self._commit(replace(kept, key=self._own_key()))) is not None:
            self._violated(f"the used token of {kept.action_id} did {done}")

    async def _confirm_forged(self, kept: Agreement) -> None:
        """By another one, with other arguments, or with a token that was tampered with."""
        forged = self._forged(kept)
        if forged == kept:
            return
        done = await self._commit(forged)
        if done is not None and not (done.is_repeat and forged.key.startswith(_SHARED)):
            self._violated(f"{forged} was let through: {done}")

    def _forged(self, kept: Agreement) -> Agreement:
        principal, chance = kept.principal, self._chance
        other_tenant = next(tenant for tenant in _TENANTS if tenant != principal.tenant_id)
        forgeries = (
            replace(kept, principal=replace(principal, tenant_id=other_tenant)),
            replace(kept, principal=replace(principal, customer_id=chance.choice(CUSTOMERS))),
            replace(kept, principal=replace(principal, agent_id="A9")),
            replace(kept, wanted=kept.wanted.model_copy(update={"order_id": f"{kept.wanted.order_id}0"})),
            replace(kept, wanted=self._altered(kept.wanted)),
            replace(kept, token=kept.token[:-6] + kept.token[-6:].swapcase(), key=self._own_key()),
        )
        return chance.choice(forgeries)

    def _altered(self, wanted: Arguments) -> Arguments:
        said = wanted.model_dump()
        if "items" in said:
            items = tuple(item.model_copy(update={"quantity": item.quantity + 1}) for item in wanted.items)  # type: ignore[attr-defined]
            return wanted.model_copy(update={"items": items})
        if "words" in said:
            return wanted.model_copy(update={"words": "!"})
        return wanted

    async def keep_shop(self) -> None:
        """The shop's own changes: another price, or the shelves of a product filled again."""
        tenant_id, product = self._chance.choice(_TENANTS), self._chance.randrange(5)
        mine = (variants.c.tenant_id == tenant_id) & (variants.c.product_id == f"P{product}")
        share = self._chance.uniform(0.5, 1.2)
        is_price = self._chance.random() < 0.5
        async with self._store.writing() as connection:
            # Others may be at them: in one order, and locked; not against who only points at one, as a new line of an order
            # does before it takes its pieces, or the two would wait for each other.
            locked = select(variants).where(mine).order_by(variants.c.variant_id)
            found = locked.with_for_update(key_share=True)
            for row in (await connection.execute(found)).all():
                one = mine & (variants.c.variant_id == row.variant_id)
                missing = STOCK[row.variant_id] - row.stock
                if is_price:
                    price = round(PRICES[row.variant_id] * share)
                    await connection.execute(update(variants).where(one).values(price_minor=price))
                elif missing > 0:
                    more = variants.c.stock + missing
                    await connection.execute(update(variants).where(one).values(stock=more))
                    move = {"variant_id": row.variant_id, "reason": RESTOCKED, "quantity": missing}
                    await connection.execute(
                        insert(stock_moves).values(tenant_id=tenant_id, at=self.now, **move)
                    )
        self._report.outcomes["shop"] += 1

    async def _record(
        self, tenant_id: str, order_id: str, event: OrderEvent, key: str, now: datetime
    ) -> Done | None:
        call = self._store.record_order_event(tenant_id, order_id, event, key=key, now=now)
        return await self._tried(f"order_{event.event.value}", call)

    async def _commit(self, kept: Agreement) -> Done | None:
        call = self._store.commit(kept.principal, kept.wanted, kept.token, SECRET, key=kept.key, now=self.now)
        return await self._tried("commit", call)

    async def _tried(self, name: str, call: Awaitable[_Result]) -> _Result | None:
        """None where it was refused as it may be. Anything else that is raised is a violation."""
        outcome = "proposed"
        try:
            result = await call
            if isinstance(result, Done):
                outcome = "repeated" if result.is_repeat else "committed"
        except StoreError as error:
            result, outcome = None, f"unavailable: {error}"
        except CommerceError as error:
            result, outcome = None, f"refused: {_reason(error)}"
        except Exception:  # noqa: BLE001 - whatever it is, it is told and the attack goes on
            result, outcome = None, "error"
            self._violated(f"{name} raised\n{traceback.format_exc()}")
        self._report.outcomes[outcome] += 1
        return result

    def _did(self, kept: Agreement, done: Done) -> None:
        kept.action_id = kept.action_id or done.action_id
        if not done.is_repeat:
            self._acknowledge(kept.principal.tenant_id, kept.principal.caller, kept.key, done)

    def _acknowledge(self, tenant_id: str, caller: str, key: str, done: Done) -> None:
        self._report.acknowledged.append((tenant_id, caller, key, done.action_id))

    def _violated(self, what: str) -> None:
        self._report.violations.append(f"{self._name} step {self._steps}: {what}")


def _reason(error: CommerceError) -> str:
    if isinstance(error, ActionRefused):
        return error.blocker.rule_id
    if isinstance(error, ConfirmationRefused):
        return error.reason
    return type(error).__name__
