"""Effects on money: rows of the ledger are added, never changed."""

from __future__ import annotations

from sqlalchemy import insert, update

from commerce.domain.orders import PaymentKind, PaymentStatus
from commerce.domain.payment_methods import MethodKind
from commerce.domain.proposals import MoneyMove, PaymentSettled
from commerce.store.applying import Applying, new_id
from commerce.store.ownership import own
from commerce.store.tables import payment_methods, payments, settlements


async def apply_money(applying: Applying, effect: MoneyMove) -> str:
    """A movement in the ledger; a gift card gives or gets its money at once."""
    method = applying.facts.methods[effect.method_id]
    is_at_once = method.kind is MethodKind.GIFT_CARD or effect.kind is PaymentKind.PAYMENT
    if method.kind is MethodKind.GIFT_CARD:
        signed = -effect.amount_minor if effect.kind is PaymentKind.PAYMENT else effect.amount_minor
        await applying.one(
            update(payment_methods)
            .where(
                own(applying.owner, payment_methods),
                payment_methods.c.method_id == effect.method_id,
                payment_methods.c.balance_minor + signed >= 0,
            )
            .values(balance_minor=payment_methods.c.balance_minor + signed)
        )
    now = applying.facts.now
    payment_id = new_id("T")
    await applying.add(
        payments,
        payment_id=payment_id,
        position=await applying.next_position(payments),
        kind=effect.kind.value,
        status=(PaymentStatus.SUCCEEDED if is_at_once else PaymentStatus.PENDING).value,
        method=method.service,
        amount_minor=effect.amount_minor,
        currency=effect.currency,
        created_at=now,
        completed_at=now if is_at_once else None,
        method_id=effect.method_id,
        action_id=applying.action_id,
    )
    return payment_id


async def apply_settled(applying: Applying, effect: PaymentSettled) -> None:
    """Beside the payment's own row, which stays as it was written."""
    await applying.connection.execute(
        insert(settlements).values(
            tenant_id=applying.tenant_id,
            payment_id=effect.payment_id,
            status=effect.status.value,
            at=effect.at,
        )
    )
