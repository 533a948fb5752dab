"""One snapshot of what an action is decided from, or what actions on several orders are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.actions import (
    ApplyCoupon,
    Arguments,
    InvoiceKind,
    Refund,
    RefundReason,
    RetryRefund,
    UrgeShipment,
)
from commerce.domain.after_sales import Case, CaseKind, CaseLine, CaseState
from commerce.domain.catalogue import Variant
from commerce.domain.coupons import Coupon
from commerce.domain.errors import OrderNotFound
from commerce.domain.identity import Principal
from commerce.domain.invoices import Invoice
from commerce.domain.order_events import OrderEvent, Settled
from commerce.domain.orders import Order, PaymentStatus
from commerce.domain.payment_methods import MethodKind, PaymentMethod
from commerce.domain.proposals import CouponGiven
from commerce.domain.proposing.facts import Facts
from commerce.store.catalogue import variant_from
from commerce.store.orders import assemble, reached_order
from commerce.store.ownership import (
    Values,
    named_customer,
    named_order,
    of_many_orders,
    of_one_customer,
    of_one_order,
    own,
    own_or_everybodys,
)
from commerce.store.tables import (
    actions,
    cases,
    coupons,
    customers,
    invoices,
    orders,
    payment_methods,
    payments,
    tenants,
    variants,
)
from commerce.store.tenants import stored_policy

Asked = Arguments | OrderEvent

_SHOP: Final = (
    select(tenants.c.policy, customers.c.is_plus)
    .outerjoin(customers, of_one_customer(customers))
    .where(tenants.c.tenant_id == bindparam("of_tenant"))
)
_METHODS: Final = select(payment_methods).where(of_one_customer(payment_methods))
_VARIANTS: Final = select(variants).where(
    variants.c.tenant_id == bindparam("of_tenant"),
    variants.c.product_id.in_(bindparam("products", expanding=True)),
)
_CASES: Final = select(cases).order_by(cases.c.order_id, cases.c.opened_at, cases.c.case_id)
_CASES_OF_ONE: Final = _CASES.where(of_one_order(cases))
_CASES_OF_MANY: Final = _CASES.where(of_many_orders(cases))
_INVOICES: Final = select(invoices).order_by(invoices.c.order_id, invoices.c.issued_at, invoices.c.invoice_id)
_INVOICES_OF_ONE: Final = _INVOICES.where(of_one_order(invoices))
_INVOICES_OF_MANY: Final = _INVOICES.where(of_many_orders(invoices))

_MADE_BY: Final = select(payments.c.order_id, payments.c.payment_id, actions.c.kind).join(
    actions, (payments.c.tenant_id == actions.c.tenant_id) & (payments.c.action_id == actions.c.action_id)
)
_MADE_BY_OF_ONE: Final = _MADE_BY.where(of_one_order(payments))
_MADE_BY_OF_MANY: Final = _MADE_BY.where(of_many_orders(payments)).order_by(payments.c.order_id)


async def load_facts(
    connection: AsyncConnection,
    principal: Principal,
    order_id: str,
    wanted: Asked | None,
    now: datetime,
    *,
    is_locked: bool,
) -> Facts:
    """`wanted` is an action, or what the shop tells; None: nothing in particular. `is_locked` keeps others off the order
    until the transaction ends. Raises CustomerRequired and OrderNotFound.

    An agent acts for the order's owner: what else is read of a customer is the owner's.
    """
    tenant_id = principal.tenant_id
    order = await reached_order(connection, principal, order_id, is_locked=is_locked)
    owner = replace(principal, customer_id=order.customer_id)
    whose, which = named_customer(owner), named_order(tenant_id, order_id)
    shop = (await connection.execute(_SHOP, whose)).one()
    return Facts(
        order=order,
        is_plus=bool(shop.is_plus),
        methods=_that_paid(order) | await own_methods(connection, whose),
        variants=await _variants(connection, tenant_id, (order,)),
        cases=tuple(_case(row) for row in await connection.execute(_CASES_OF_ONE, which)),
        invoices=tuple(_invoice(row) for row in await connection.execute(_INVOICES_OF_ONE, which)),
        coupon=await _coupon(connection, owner, order, wanted),
        policy=stored_policy(shop.policy),
        now=now,
        is_agent=principal.agent_id is not None,
        made_by=await _made_by(connection, which, order, wanted),
        goodwill_minor=await _goodwill(connection, which, wanted),
        has_late_coupon=await _has_late_coupon(connection, which, wanted),
    )


async def load_facts_of_several(
    connection: AsyncConnection, principal: Principal, order_ids: Collection[str], now: datetime
) -> tuple[Facts, ...]:
    """As `load_facts` with nothing in particular wanted, of each of these orders of the customer's own, in their order; the
    queries are as many as for one. Raises CustomerRequired, and OrderNotFound where one of them is not there.
    """
    tenant_id, whose = principal.tenant_id, named_customer(principal)
    rows = await connection.execute(
        select(orders).where(own(principal, orders), orders.c.order_id.in_(order_ids))
    )
    by_id = {order.order_id: order for order in await assemble(connection, tenant_id, rows.all())}
    if lost := [order_id for order_id in order_ids if order_id not in by_id]:
        raise OrderNotFound(lost[0])
    found = [by_id[order_id] for order_id in order_ids]
    which = {"of_tenant": tenant_id, "of_order": list(order_ids)}
    shop = (await connection.execute(_SHOP, whose)).one()
    methods, policy = await own_methods(connection, whose), stored_policy(shop.policy)
    made = await _variants(connection, tenant_id, found)
    cases_of = await _by_order(connection, _CASES_OF_MANY, which)
    invoices_of = await _by_order(connection, _INVOICES_OF_MANY, which)
    used = await _coupons(connection, principal, {order.coupon_id for order in found if order.coupon_id})
    failed = [order.order_id for order in found if _has_failed(order)]
    made_by_of = await _by_order(connection, _MADE_BY_OF_MANY, which | {"of_order": failed}) if failed else {}
    return tuple(
        Facts(
            order=order,
            is_plus=bool(shop.is_plus),
            methods=_that_paid(order) | methods,
            variants=_of_its_products(made, order),
            cases=tuple(_case(row) for row in cases_of.get(order.order_id, ())),
            invoices=tuple(_invoice(row) for row in invoices_of.get(order.order_id, ())),
            coupon=used.get(order.coupon_id or ""),
            policy=policy,
            now=now,
            is_agent=principal.agent_id is not None,
            made_by={row.payment_id: row.kind for row in made_by_of.get(order.order_id, ())},
        )
        for order in found
    )


async def _by_order(
    connection: AsyncConnection, query: Select[Any], which: Values
) -> dict[str, list[Row[Any]]]:
    """The rows of each order, which stand together."""
    rows = (await connection.execute(query, which)).all()
    return {order_id: list(of_it) for order_id, of_it in groupby(rows, lambda row: str(row.order_id))}


def _of_its_products(made: Mapping[str, Variant], order: Order) -> dict[str, Variant]:
    products = {line.product_id for line in order.lines}
    return {variant_id: each for variant_id, each in made.items() if each.product_id in products}


def _that_paid(order: Order) -> dict[str, PaymentMethod]:
    """What the payments say of their methods. The account may not list them any more, or the shop never knew them; what they
    hold is not known then, so that a refund to a gift card is under way until the shop has credited it.
    """
    return {
        payment.method_id: PaymentMethod(
            payment.method_id,
            order.customer_id,
            MethodKind.CARD if "card" in payment.method else MethodKind.WALLET,
            payment.method,
            None,
            payment.currency,
            is_own=False,
        )
        for payment in order.payments
    }


async def own_methods(connection: AsyncConnection, whose: Values) -> dict[str, PaymentMethod]:
    """Of a customer, by id."""
    return {row.method_id: _method(row) for row in await connection.execute(_METHODS, whose)}


def _method(row: Row[Any]) -> PaymentMethod:
    return PaymentMethod(
        row.method_id, row.customer_id, MethodKind(row.kind), row.service, row.balance_minor, row.currency
    )


async def _variants(
    connection: AsyncConnection, tenant_id: str, found: Iterable[Order]
) -> dict[str, Variant]:
    values = {"of_tenant": tenant_id, "products": list({line.product_id for o in found for line in o.lines})}
    return {row.variant_id: variant_from(row) for row in await connection.execute(_VARIANTS, values)}


def _case(row: Row[Any]) -> Case:
    return Case(
        case_id=row.case_id,
        order_id=row.order_id,
        customer_id=row.customer_id,
        kind=CaseKind(row.kind),
        state=CaseState(row.state),
        lines=tuple(CaseLine(**line) for line in row.lines),
        reason=row.reason,
        refund_minor=row.refund_minor,
        method_id=row.method_id,
        opened_at=row.opened_at,
        due_at=row.due_at,
        words=row.words,
        prepaid_minor=row.prepaid_minor,
    )


def _invoice(row: Row[Any]) -> Invoice:
    return Invoice(
        invoice_id=row.invoice_id,
        order_id=row.order_id,
        kind=InvoiceKind(row.kind),
        title=row.title,
        tax_id=row.tax_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        issued_at=row.issued_at,
        voided_at=row.voided_at,
    )


async def _made_by(
    connection: AsyncConnection, which: Values, order: Order, wanted: Asked | None
) -> dict[str, str]:
    """Only where it is asked for: most orders' payments came, and their refunds arrived."""
    if not _has_failed(order) and not isinstance(wanted, RetryRefund | Refund | Settled):
        return {}
    return {row.payment_id: row.kind for row in await connection.execute(_MADE_BY_OF_ONE, which)}


def _has_failed(order: Order) -> bool:
    return any(payment.status is PaymentStatus.FAILED for payment in order.payments)


async def _goodwill(connection: AsyncConnection, which: Values, wanted: Asked | None) -> int:
    """What agents gave for this order, whether it has arrived or not."""
    if not isinstance(wanted, Refund):
        return 0
    same = (payments.c.tenant_id == actions.c.tenant_id) & (payments.c.action_id == actions.c.action_id)
    query = (
        select(payments.c.amount_minor, actions.c.result)
        .join(actions, same)
        .where(of_one_order(payments), actions.c.kind == wanted.action.value)
    )
    return sum(
        row.amount_minor
        for row in await connection.execute(query, which)
        if row.result.get("reason") == RefundReason.GOODWILL
    )


async def _has_late_coupon(connection: AsyncConnection, which: Values, wanted: Asked | None) -> bool:
    if not isinstance(wanted, UrgeShipment):
        return False
    query = select(actions.c.result).where(of_one_order(actions), actions.c.kind == wanted.action.value)
    results = (await connection.execute(query, which)).scalars()
    return any(made["kind"] == CouponGiven.__name__ for result in results for made in result["made"])


async def _coupon(
    connection: AsyncConnection, owner: Principal, order: Order, wanted: Asked | None
) -> Coupon | None:
    """None where there is none, or only somebody else's."""
    coupon_id = wanted.coupon_id if isinstance(wanted, ApplyCoupon) else order.coupon_id
    if coupon_id is None:
        return None
    return (await _coupons(connection, owner, {coupon_id})).get(coupon_id)


async def _coupons(
    connection: AsyncConnection, owner: Principal, coupon_ids: Collection[str]
) -> dict[str, Coupon]:
    """By id, those of them that are the owner's or everybody's."""
    if not coupon_ids:
        return {}
    query = select(coupons).where(own_or_everybodys(owner, coupons), coupons.c.coupon_id.in_(coupon_ids))
    return {row.coupon_id: coupon_from(row) for row in await connection.execute(query)}


def coupon_from(row: Row[Any]) -> Coupon:
    """A coupon as its row has it."""
    return Coupon(
        coupon_id=row.coupon_id,
        customer_id=row.customer_id,
        amount_minor=row.amount_minor,
        percent=row.percent,
        currency=row.currency,
        min_goods_minor=row.min_goods_minor,
        categories=tuple(row.categories),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        max_uses=row.max_uses,
        used_count=row.used_count,
    )
