"""What the shop's own systems tell of its orders, recorded once for each key."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.customers import Address
from commerce.domain.errors import CustomerNotFound, OrderExists, OrderNotFound
from commerce.domain.identity import Principal
from commerce.domain.money import shares
from commerce.domain.order_events import OrderEvent, Paid, Placed, recorded_as
from commerce.domain.orders import OrderState
from commerce.domain.payment_methods import MethodKind, PaymentMethod
from commerce.domain.proposing.facts import Facts, refused
from commerce.domain.proposing.invoicing import invoice_follows
from commerce.domain.proposing.progress import follow
from commerce.store.action_facts import load_facts
from commerce.store.applying import Applying, new_id
from commerce.store.audit import record_audit
from commerce.store.connection import Connected
from commerce.store.done import Done, done_before, record_done
from commerce.store.effects import apply_effects
from commerce.store.ownership import own
from commerce.store.tables import customers, order_lines, orders, variants


class OrderEventStore(Connected):
    async def record_order_event(
        self,
        tenant_id: str,
        order_id: str,
        event: OrderEvent,
        *,
        key: str,
        now: datetime,
        request_id: str | None = None,
    ) -> Done:
        """In one transaction, once for every `key` of the shop.

        Raises ActionRefused where the order cannot have come to that, OrderNotFound, OrderExists and CustomerNotFound for a
        new one, IdempotencyConflict: nothing is changed.
        """
        call = partial(self._record, tenant_id, order_id, event, key, now, request_id)
        try:
            return await call()
        except IntegrityError:
            # The key was used, or the order placed, in this very moment: now it is found.
            return await call()

    async def _record(
        self,
        tenant_id: str,
        order_id: str,
        event: OrderEvent,
        key: str,
        now: datetime,
        request_id: str | None,
    ) -> Done:
        said = hashlib.sha256(f"{order_id} {event.model_dump_json()}".encode()).hexdigest()
        async with self.writing() as connection:
            owner = await _owner(connection, tenant_id, order_id)
            principal = Principal(tenant_id, owner, is_shop=True)
            if not isinstance(event, Placed):
                if owner is None:
                    raise OrderNotFound(order_id)
                # First the lock: who waited for it finds what the one before did.
                facts = await load_facts(connection, principal, order_id, event, now, is_locked=True)
            if (before := await done_before(connection, principal, key, said)) is not None:
                return before
            if isinstance(event, Placed):
                if owner is not None:
                    raise OrderExists(order_id)
                principal = replace(principal, customer_id=event.customer_id)
                await _place(connection, principal, order_id, event)
                facts = await load_facts(connection, principal, order_id, event, now, is_locked=True)
            if isinstance(event, Paid):
                facts = _with_methods(facts, event)
            effects = follow(facts, event)
            applying = Applying(connection, principal, facts, new_id("X"))
            made = await apply_effects(applying, (*effects, *invoice_follows(facts, effects)))
            what = recorded_as(event.event)
            done = await record_done(
                applying,
                principal,
                key=key,
                token_id=applying.action_id,
                kind=what,
                reason=None,
                digest=said,
                made=made,
                now=now,
            )
            await record_audit(
                connection, principal, now, what=what, entity_id=order_id, why="told by the shop", request_id=request_id
            )  # fmt: skip
        return done


async def _owner(connection: AsyncConnection, tenant_id: str, order_id: str) -> str | None:
    query = select(orders.c.customer_id).where(orders.c.tenant_id == tenant_id, orders.c.order_id == order_id)
    owner: str | None = await connection.scalar(query)
    return owner


def _with_methods(facts: Facts, event: Paid) -> Facts:
    """With the methods that the account does not list: money can go back to them, and nothing else. Raises ActionRefused."""
    methods = dict(facts.methods)
    for part in event.parts:
        known = methods.get(part.method_id)
        if known is None and part.service is None:
            raise refused(
                "payment.service",
                f"支付方式{part.method_id}不在账户中，请注明service",
                f"the account does not list {part.method_id}: say its service",
            )
        if known is None and part.service is not None:
            kind = MethodKind.CARD if "card" in part.service else MethodKind.WALLET
            owner, currency = facts.order.customer_id, facts.order.currency
            methods[part.method_id] = PaymentMethod(
                part.method_id, owner, kind, part.service, None, currency, is_own=False
            )
    return replace(facts, methods=methods)


async def _place(connection: AsyncConnection, principal: Principal, order_id: str, event: Placed) -> None:
    """The order and its lines, as they were agreed. Raises CustomerNotFound and ActionRefused."""
    # The lock keeps an erasure off until the order is there, which that one then finds.
    known = select(customers.c.erased_at).where(own(principal, customers)).with_for_update(read=True)
    row = (await connection.execute(known)).one_or_none()
    if row is None:
        raise CustomerNotFound(event.customer_id)
    if row.erased_at is not None:
        raise refused(
            "customer.erased",
            f"客户{event.customer_id}的数据已删除，请为新客户下单",
            f"customer {event.customer_id} was erased: place the order for a new customer",
        )
    found = await _variants(connection, principal.tenant_id, event)
    currency = next(iter(found.values())).currency
    await connection.execute(
        insert(orders).values(
            tenant_id=principal.tenant_id,
            order_id=order_id,
            customer_id=event.customer_id,
            state=OrderState.PENDING_PAYMENT.value,
            goods_minor=sum(item.quantity * item.unit_price_minor for item in event.items),
            discount_minor=event.discount_minor,
            shipping_fee_minor=event.shipping_fee_minor,
            currency=currency,
            address=asdict(Address(address_id=f"{order_id}-address"[:64], **event.address.model_dump())),
            placed_at=event.at,
            position=0,
            attributes={},
        )
    )
    await connection.execute(insert(order_lines), _lines(principal.tenant_id, order_id, event, found))


async def _variants(connection: AsyncConnection, tenant_id: str, event: Placed) -> dict[str, Any]:
    wanted = Counter(item.variant_id for item in event.items)
    query = select(variants).where(variants.c.tenant_id == tenant_id, variants.c.variant_id.in_(wanted))
    found = {row.variant_id: row for row in await connection.execute(query)}
    for variant_id in wanted:
        if variant_id not in found:
            raise refused(
                "item.variant", f"没有规格{variant_id}", f"the catalogue has no variant {variant_id}"
            )
    if len({row.currency for row in found.values()}) > 1:
        raise refused("item.currency", "商品币种不同", "the goods are of several currencies")
    return found


def _lines(tenant_id: str, order_id: str, event: Placed, found: dict[str, Any]) -> list[dict[str, Any]]:
    off = shares(event.discount_minor, [item.quantity * item.unit_price_minor for item in event.items])
    return [
        {
            "tenant_id": tenant_id,
            "line_id": new_id("L"),
            "order_id": order_id,
            "position": position,
            "product_id": found[item.variant_id].product_id,
            "variant_id": item.variant_id,
            "colour": found[item.variant_id].colour,
            "size": found[item.variant_id].size,
            "options": found[item.variant_id].options,
            "quantity": item.quantity,
            "unit_price_minor": item.unit_price_minor,
            "currency": found[item.variant_id].currency,
            "returned_quantity": 0,
            "exchanged_count": 0,
            "discount_minor": off[position - 1],
        }
        for position, item in enumerate(event.items, start=1)
    ]
