"""What money that did not come or arrive leaves behind: a refund owed to the customer, or a sum that an order lacks."""

from __future__ import annotations

from typing import Final

from commerce.domain.actions import ActionKind
from commerce.domain.after_sales import CaseState
from commerce.domain.order_events import EventKind, recorded_as
from commerce.domain.orders import OrderState, Payment, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import MethodKind, held
from commerce.domain.proposing.facts import Facts, ruled
from commerce.domain.rules import RuleStep

_TAKING: Final = frozenset({ActionKind.CHANGE_PAYMENT, ActionKind.CHANGE_ITEMS, ActionKind.EXCHANGE})
_OVER: Final = frozenset({OrderState.CANCELLED, OrderState.RETURNED})


def owed_minor(facts: Facts) -> int:
    """What failed to arrive and was not repeated, less what the order lacks: no more than is held, and of a cancelled order
    all that is.
    """
    owed = _failed(facts)
    still_held = sum(part.amount_minor for part in held(facts.order))
    if facts.order.state is OrderState.CANCELLED:
        return still_held if owed > 0 else 0
    if facts.order.state not in _OVER:
        owed -= _declined(facts)
    return max(0, min(owed, still_held))


def missing_minor(facts: Facts) -> int:
    """What an order lacks since a payment was declined, less what is owed to its customer. One that waits for its payment is
    asked for all of it, and one that is over for nothing.
    """
    if facts.order.state in _OVER or facts.order.state is OrderState.PENDING_PAYMENT:
        return 0
    return max(0, _declined(facts) - _failed(facts))


def nothing_missing(facts: Facts) -> RuleStep:
    """No goods leave, and nothing more is agreed to, for money that did not come."""
    missing = missing_minor(facts)
    return ruled(
        "payment.missing",
        not missing,
        f"有付款被拒，须先补付{missing}" if missing else "没有待补的付款",
        f"a payment was declined: {missing} minor units are to be paid first"
        if missing
        else "no payment is missing",
    )


def may_be_declined(facts: Facts, payment: Payment) -> bool:
    """Whether it was booked as come when an action took it, and only its provider knows better."""
    is_gift_card = facts.methods[payment.method_id].kind is MethodKind.GIFT_CARD
    is_booked = payment.status is PaymentStatus.SUCCEEDED and not is_gift_card
    return is_booked and _is_taken(facts, payment)


def _is_taken(facts: Facts, payment: Payment) -> bool:
    is_payment = payment.kind is PaymentKind.PAYMENT
    return is_payment and facts.made_by.get(payment.payment_id) in _TAKING


def _failed(facts: Facts) -> int:
    """Refunds that failed, less those that were repeated and have not failed."""
    failed = 0
    for payment in facts.order.payments:
        is_failed = payment.status is PaymentStatus.FAILED
        is_retry = facts.made_by.get(payment.payment_id) == ActionKind.RETRY_REFUND
        if payment.kind is PaymentKind.REFUND and is_failed is not is_retry:
            failed += payment.amount_minor if is_failed else -payment.amount_minor
    return failed


def _declined(facts: Facts) -> int:
    """Payments that were declined, less what was paid instead, and what was kept of the advance for an exchange that was
    refused.
    """
    declined = 0
    for payment in facts.order.payments:
        if _is_taken(facts, payment) and payment.status is PaymentStatus.FAILED:
            declined += payment.amount_minor
        elif declined and facts.made_by.get(payment.payment_id) == recorded_as(EventKind.PAID):
            declined -= payment.amount_minor
    return max(0, declined - _kept(facts)) if declined else 0


def _kept(facts: Facts) -> int:
    advance = sum(case.prepaid_minor for case in facts.cases if case.state is CaseState.REFUSED)
    return advance - sum(
        payment.amount_minor
        for payment in facts.order.payments
        if facts.made_by.get(payment.payment_id) == ActionKind.REFUSE_CASE
    )
