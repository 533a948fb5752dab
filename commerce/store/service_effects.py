"""Effects on what the service team looks after: cases, invoices, coupons, tickets."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from sqlalchemy import insert, update

from commerce.domain.masking import mask_personal_data
from commerce.domain.proposals import (
    CaseClosed,
    CaseOpened,
    CouponGiven,
    CouponReleased,
    CouponUsed,
    InvoiceReissued,
    InvoiceVoided,
    TicketKind,
    TicketOpened,
    TicketState,
)
from commerce.store.applying import Applying, new_id
from commerce.store.ownership import of_one_order, own_or_everybodys
from commerce.store.tables import cases, coupons, invoices, orders, tickets

_COMPENSATION_DAYS: Final = 90


async def apply_case(applying: Applying, effect: CaseOpened) -> str:
    """Its words are masked."""
    case_id = new_id("R")
    await applying.add(
        cases,
        case_id=case_id,
        customer_id=applying.facts.order.customer_id,
        kind=effect.kind.value,
        state=effect.state.value,
        lines=[asdict(line) for line in effect.lines],
        reason=effect.reason,
        words=mask_personal_data(effect.words, applying.known),
        refund_minor=effect.refund_minor,
        prepaid_minor=effect.prepaid_minor,
        currency=effect.currency,
        method_id=effect.method_id,
        opened_at=applying.facts.now,
        due_at=effect.due_at,
    )
    return case_id


async def apply_case_closed(applying: Applying, effect: CaseClosed) -> None:
    """One that is still open."""
    await applying.one(
        update(cases)
        .where(of_one_order(cases), cases.c.case_id == effect.case_id, cases.c.closed_at.is_(None))
        .values(
            state=effect.state.value,
            closed_at=applying.facts.now,
            answer=mask_personal_data(effect.words, applying.known),
        )
    )


async def apply_invoice(applying: Applying, effect: InvoiceReissued) -> str:
    """The one that it replaces is void."""
    if effect.replaces is not None:
        await apply_invoice_voided(applying, InvoiceVoided(effect.replaces))
    invoice_id = new_id("I")
    await applying.add(
        invoices,
        invoice_id=invoice_id,
        kind=effect.kind.value,
        title=effect.title,
        tax_id=effect.tax_id,
        amount_minor=effect.amount_minor,
        currency=effect.currency,
        issued_at=applying.facts.now,
        due_at=effect.due_at,
    )
    return invoice_id


async def apply_invoice_voided(applying: Applying, effect: InvoiceVoided) -> None:
    """One that is still valid."""
    await applying.one(
        update(invoices)
        .where(
            of_one_order(invoices),
            invoices.c.invoice_id == effect.invoice_id,
            invoices.c.voided_at.is_(None),
        )
        .values(voided_at=applying.facts.now)
    )


async def apply_coupon_used(applying: Applying, effect: CouponUsed) -> None:
    """Where it has uses left, and the order no other."""
    await applying.one(
        update(coupons)
        .where(
            own_or_everybodys(applying.owner, coupons),
            coupons.c.coupon_id == effect.coupon_id,
            coupons.c.used_count < coupons.c.max_uses,
        )
        .values(used_count=coupons.c.used_count + 1)
    )
    await applying.one(
        update(orders)
        .where(of_one_order(orders), orders.c.coupon_id.is_(None))
        .values(coupon_id=effect.coupon_id)
    )


async def apply_coupon_released(applying: Applying, effect: CouponReleased) -> None:
    """One use of it."""
    await applying.one(
        update(coupons)
        .where(
            own_or_everybodys(applying.owner, coupons),
            coupons.c.coupon_id == effect.coupon_id,
            coupons.c.used_count > 0,
        )
        .values(used_count=coupons.c.used_count - 1)
    )


async def apply_coupon_given(applying: Applying, effect: CouponGiven) -> str:
    """For this customer alone."""
    coupon_id = new_id("K")
    await applying.connection.execute(
        insert(coupons).values(
            tenant_id=applying.tenant_id,
            coupon_id=coupon_id,
            customer_id=applying.facts.order.customer_id,
            amount_minor=effect.amount_minor,
            percent=None,
            currency=effect.currency,
            min_goods_minor=0,
            categories=[],
            valid_from=applying.facts.now,
            valid_until=applying.facts.now + timedelta(days=_COMPENSATION_DAYS),
            max_uses=1,
            used_count=0,
        )
    )
    return coupon_id


async def apply_ticket(applying: Applying, effect: TicketOpened) -> str:
    """Its words are masked."""
    if effect.kind is TicketKind.URGENT_SHIPMENT:
        await applying.one(update(orders).where(of_one_order(orders)).values(urged_at=applying.facts.now))
    ticket_id = new_id("S")
    await applying.add(
        tickets,
        ticket_id=ticket_id,
        customer_id=applying.facts.order.customer_id,
        kind=effect.kind.value,
        state=TicketState.OPEN.value,
        words=mask_personal_data(effect.words, applying.known),
        opened_at=applying.facts.now,
        due_at=effect.due_at,
    )
    return ticket_id
