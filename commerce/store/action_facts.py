"""One snapshot of what an action is decided from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select
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
from commerce.domain.coupons import Coupon
from commerce.domain.identity import Principal
from commerce.domain.invoices import Invoice
from commerce.domain.order_events import OrderEvent, Settled
from commerce.domain.orders import Order, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import MethodKind, PaymentMethod
from commerce.domain.proposals import CouponGiven
from commerce.domain.proposing.facts import Facts
from commerce.store.catalogue import variant_from
from commerce.store.orders import reached_order
from commerce.store.ownership import (
    Values,
    named_customer,
    named_order,
    of_one_customer,
    of_one_order,
    own_or_everybodys,
)
from commerce.store.tables import (
    actions,
    cases,
    coupons,
    customers,
    invoices,
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
_CASES: Final = select(cases).where(of_one_order(cases)).order_by(cases.c.opened_at, cases.c.case_id)
_INVOICES: Final = (
    select(invoices).where(of_one_order(invoices)).order_by(invoices.c.issued_at, invoices.c.invoice_id)
)

_MADE_BY: Final = (
    select(payments.c.payment_id, actions.c.kind)
    .join(
        actions,
        (payments.c.tenant_id == actions.c.tenant_id) & (payments.c.action_id == actions.c.action_id),
    )
    .where(of_one_order(payments))
)


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
        variants=await _variants(connection, tenant_id, order),
        cases=await _cases(connection, which),
        invoices=await _invoices(connection, which),
        coupon=await _coupon(connection, owner, order, wanted),
        policy=stored_policy(shop.policy),
        now=now,
        is_agent=principal.agent_id is not None,
        made_by=await _made_by(connection, which, order, wanted),
        goodwill_minor=await _goodwill(connection, which, wanted),
        has_late_coupon=await _has_late_coupon(connection, which, wanted),
    )


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


async def _variants(connection: AsyncConnection, tenant_id: str, order: Order) -> dict[str, Any]:
    values = {"of_tenant": tenant_id, "products": list({line.product_id for line in order.lines})}
    return {row.variant_id: variant_from(row) for row in await connection.execute(_VARIANTS, values)}


async def _cases(connection: AsyncConnection, which: Values) -> tuple[Case, ...]:
    return tuple(
        Case(
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
        for row in await connection.execute(_CASES, which)
    )


async def _invoices(connection: AsyncConnection, which: Values) -> tuple[Invoice, ...]:
    return tuple(
        Invoice(
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
        for row in await connection.execute(_INVOICES, which)
    )


async def _made_by(
    connection: AsyncConnection, which: Values, order: Order, wanted: Asked | None
) -> dict[str, str]:
    """Only where it is asked for: most orders' payments came, and their refunds arrived."""
    has_declined = any(
        payment.kind is PaymentKind.PAYMENT and payment.status is PaymentStatus.FAILED
        for payment in order.payments
    )
    if not has_declined and not isinstance(wanted, RetryRefund | Refund | Settled):
        return {}
    return {row.payment_id: row.kind for row in await connection.execute(_MADE_BY, which)}


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
    query = select(coupons).where(own_or_everybodys(owner, coupons), coupons.c.coupon_id == coupon_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else coupon_from(row)


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
