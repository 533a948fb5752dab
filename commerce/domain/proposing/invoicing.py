"""Invoices: for what is held, and no longer for what went back."""

from __future__ import annotations

from datetime import datetime, timedelta

from commerce.domain.actions import InvoiceKind, ReissueInvoice
from commerce.domain.invoices import Invoice
from commerce.domain.orders import PaymentKind, PaymentStatus
from commerce.domain.payment_methods import held
from commerce.domain.proposals import (
    Effect,
    InvoiceReissued,
    InvoiceVoided,
    MoneyMove,
    PaymentSettled,
    Proposal,
)
from commerce.domain.proposing.facts import Facts, require_all, ruled
from commerce.domain.returns import day_window_end
from commerce.domain.rules import RuleStep
from commerce.domain.working_days import working_days_end


def reissue_invoice(facts: Facts, wanted: ReissueInvoice) -> Proposal:
    """For what is still held; the one before is void."""
    order = facts.order
    valid, amount = _valid(facts), _held_minor(facts)
    said = (wanted.kind, wanted.title, wanted.tax_id)
    trace = require_all(
        (
            *can_be_invoiced(facts),
            ruled(
                "invoice.another",
                valid is None or (valid.kind, valid.title, valid.tax_id) != said,
                "新发票与原发票不同",
                "it says something else than the valid one",
            ),
        )
    )
    issued = InvoiceReissued(
        wanted.kind, wanted.title, wanted.tax_id, amount, order.currency, valid.invoice_id if valid else None,
        _due_at(facts, wanted.kind),
    )  # fmt: skip
    return Proposal(wanted, order.version, (issued,), trace)


def can_be_invoiced(facts: Facts) -> tuple[RuleStep, ...]:
    """Whomever it is for."""
    days = facts.policy.invoice.reissue_days
    # From the first one: reissuing does not begin the window anew.
    begun = min((invoice.issued_at for invoice in facts.invoices), default=facts.order.paid_at)
    in_time = begun is not None and facts.now < day_window_end(begun, days, facts.policy.zone)
    return (
        ruled("invoice.paid", _held_minor(facts) > 0, "订单已付款", "the order is paid"),
        ruled(
            "invoice.window",
            in_time,
            f"开票后{days}天内可换开",
            f"it can be reissued within {days} days",
        ),
    )


def invoice_follows(facts: Facts, effects: tuple[Effect, ...]) -> list[Effect]:
    """What becomes of the valid invoice when money moves: another one for what is held then, or none."""
    moves = [effect for effect in effects if isinstance(effect, MoneyMove)]
    change = sum(
        move.amount_minor if move.kind is PaymentKind.PAYMENT else -move.amount_minor for move in moves
    )
    change -= _declined(facts, effects)
    valid = _valid(facts)
    if valid is None or not change:
        return []
    amount = _held_minor(facts) + change
    if amount <= 0:
        return [InvoiceVoided(valid.invoice_id)]
    return [
        InvoiceReissued(
            valid.kind, valid.title, valid.tax_id, amount, valid.currency, valid.invoice_id, _due_at(facts, valid.kind)
        )
    ]  # fmt: skip


def _declined(facts: Facts, effects: tuple[Effect, ...]) -> int:
    """What was held, and did not come."""
    failed = {
        effect.payment_id
        for effect in effects
        if isinstance(effect, PaymentSettled) and effect.status is PaymentStatus.FAILED
    }
    return sum(
        payment.amount_minor
        for payment in facts.order.payments
        if payment.payment_id in failed
        and (payment.kind, payment.status) == (PaymentKind.PAYMENT, PaymentStatus.SUCCEEDED)
    )


def _valid(facts: Facts) -> Invoice | None:
    return next((invoice for invoice in facts.invoices if invoice.voided_at is None), None)


def _held_minor(facts: Facts) -> int:
    return sum(part.amount_minor for part in held(facts.order))


def _due_at(facts: Facts, kind: InvoiceKind) -> datetime:
    rules = facts.policy.invoice
    if kind is InvoiceKind.ELECTRONIC:
        return facts.now + timedelta(hours=rules.electronic_hours)
    return working_days_end(facts.now, rules.paper_working_days, facts.policy.zone)
