"""Each kind of effect, applied in one way, in the caller's transaction.

What could have changed since the effects were agreed to is asked again by the statement itself: a row that is not as it must
be is not found, and the transaction ends with ConfirmationRefused("stale").
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from sqlalchemy import bindparam, update

from commerce.domain.errors import ConfirmationRefused
from commerce.domain.orders import PaymentKind
from commerce.domain.payment_methods import held
from commerce.domain.proposals import (
    AddressChange,
    Advanced,
    CaseClosed,
    CaseOpened,
    CouponGiven,
    CouponReleased,
    CouponUsed,
    Effect,
    InvoiceReissued,
    InvoiceVoided,
    LineDiscount,
    LineReplaced,
    MoneyMove,
    ParcelSeen,
    ParcelSent,
    PaymentSettled,
    PiecesReturned,
    PriceLowered,
    StateChange,
    StockMove,
    TicketOpened,
    TotalsChange,
)
from commerce.domain.proposing.facts import Facts
from commerce.store.applying import Applying
from commerce.store.money_effects import apply_money, apply_settled
from commerce.store.order_effects import (
    apply_address,
    apply_line,
    apply_line_discount,
    apply_price,
    apply_returned,
    apply_state,
    apply_totals,
)
from commerce.store.ownership import of_one_order
from commerce.store.parcel_effects import apply_advanced, apply_parcel_seen, apply_parcel_sent
from commerce.store.service_effects import (
    apply_case,
    apply_case_closed,
    apply_coupon_given,
    apply_coupon_released,
    apply_coupon_used,
    apply_invoice,
    apply_invoice_voided,
    apply_ticket,
)
from commerce.store.stock_effects import apply_stock
from commerce.store.tables import orders

_NEXT_VERSION: Final = (
    update(orders)
    .where(of_one_order(orders), orders.c.version == bindparam("before"))
    .values(version=orders.c.version + 1)
)


async def apply_effects(applying: Applying, effects: tuple[Effect, ...]) -> list[dict[str, str]]:
    """All of them, or an error and none; returns the ids of what came to be, each with its kind.

    Rows that other orders share are taken in one order, so that no two transactions wait for each other.
    """
    _require_covered(applying.facts, effects)
    made: list[dict[str, str]] = []
    for effect in sorted(effects, key=_turn):
        if (new_id := await _APPLIED[type(effect)](applying, effect)) is not None:
            made.append({"kind": type(effect).__name__, "id": new_id})
    await applying.one(_NEXT_VERSION, before=applying.facts.order.version)
    return made


def _require_covered(facts: Facts, effects: tuple[Effect, ...]) -> None:
    """Whatever an action's own rules let through: no more goes back than came."""
    moves = [effect for effect in effects if isinstance(effect, MoneyMove)]
    came = sum(move.amount_minor for move in moves if move.kind is PaymentKind.PAYMENT)
    went = sum(move.amount_minor for move in moves if move.kind is PaymentKind.REFUND)
    if went > came + sum(part.amount_minor for part in held(facts.order)):
        raise ConfirmationRefused("stale")


def _turn(effect: Effect) -> tuple[int, str, str]:
    if isinstance(effect, StockMove):
        return 1, effect.variant_id, ""
    if isinstance(effect, MoneyMove):
        # Of one method, what is paid comes before what goes back.
        return 2, effect.method_id, effect.kind.value
    if isinstance(effect, CouponUsed | CouponReleased):
        return 3, effect.coupon_id, ""
    return 0, "", ""


_APPLIED: Final[dict[type, Callable[[Applying, Any], Coroutine[Any, Any, str | None]]]] = {
    StateChange: apply_state,
    Advanced: apply_advanced,
    AddressChange: apply_address,
    LineReplaced: apply_line,
    PriceLowered: apply_price,
    LineDiscount: apply_line_discount,
    PiecesReturned: apply_returned,
    TotalsChange: apply_totals,
    MoneyMove: apply_money,
    PaymentSettled: apply_settled,
    ParcelSent: apply_parcel_sent,
    ParcelSeen: apply_parcel_seen,
    StockMove: apply_stock,
    CaseOpened: apply_case,
    CaseClosed: apply_case_closed,
    InvoiceReissued: apply_invoice,
    InvoiceVoided: apply_invoice_voided,
    CouponUsed: apply_coupon_used,
    CouponReleased: apply_coupon_released,
    CouponGiven: apply_coupon_given,
    TicketOpened: apply_ticket,
}
