"""What an order becomes by what the shop's systems tell of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from commerce.domain.order_events import (
    CameBack,
    Closed,
    Delivered,
    OrderEvent,
    Packed,
    Paid,
    Placed,
    Settled,
    Shipped,
    Tracked,
)
from commerce.domain.orders import OrderState, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import Held, held
from commerce.domain.proposals import (
    Advanced,
    Effect,
    MoneyMove,
    ParcelSeen,
    ParcelSent,
    PaymentSettled,
    PiecesReturned,
    StateChange,
    StockMove,
    StockReason,
    TicketKind,
    TicketOpened,
    TotalsChange,
)
from commerce.domain.proposing.balances import may_be_declined, missing_minor, nothing_missing
from commerce.domain.proposing.cutoffs import settled
from commerce.domain.proposing.facts import (
    Facts,
    coupon_back,
    covered,
    free_is_paid,
    refunds,
    refused,
    require_all,
    ruled,
)
from commerce.domain.proposing.items import in_stock
from commerce.domain.rules import RuleStep

# Clocks of two machines may differ by this much.
_LEEWAY: Final = timedelta(minutes=1)


def follow(facts: Facts, event: OrderEvent) -> tuple[Effect, ...]:
    """Raises ActionRefused where the order cannot have come to that."""
    require_all((_happened(facts.now, event.at),))
    return tuple(_FOLLOWED[type(event)](facts, event))


def _happened(now: datetime, at: datetime) -> RuleStep:
    return ruled("event.at", at <= now + _LEEWAY, "事件时间不能在将来", "it has happened, and is not to come")


def _placed(facts: Facts, event: Placed) -> list[Effect]:
    """The order is written down already: its pieces are reserved."""
    wanted = _pieces(facts)
    require_all(in_stock(facts, wanted.items()))
    order = facts.order
    totals = TotalsChange(order.goods_minor, order.discount_minor, order.shipping_fee_minor)
    reserved = [
        StockMove(StockReason.RESERVE, variant_id, quantity) for variant_id, quantity in wanted.items()
    ]
    return [*reserved, *free_is_paid(facts, totals, event.at)]


def _paid(facts: Facts, event: Paid) -> list[Effect]:
    order = facts.order
    amount = sum(part.amount_minor for part in event.parts)
    is_late, is_first = order.state is OrderState.CANCELLED, order.state is OrderState.PENDING_PAYMENT
    missing = missing_minor(facts)
    whole = order.total.amount_minor - sum(part.amount_minor for part in held(order)) if is_first else missing
    methods = [facts.methods[part.method_id] for part in event.parts]
    require_all(
        (
            ruled(
                "event.state",
                is_late or is_first or missing > 0,
                "订单须待付款，或有被拒的付款待补",
                "the order waits for its payment, or for what it lacks since one was declined",
            ),
            ruled(
                "payment.amount",
                is_late or amount == whole,
                f"付款总额须为{whole}",
                f"the payment is {whole} minor units, not {amount}",
            ),
            ruled(
                "payment.currency",
                all(method.currency == order.currency for method in methods),
                "支付方式与订单币种相同",
                "the methods are of the order's currency",
            ),
            settled(facts),
            _in_turn(facts, event.at),
            *(covered(method, part.amount_minor) for method, part in zip(methods, event.parts, strict=True)),
        )
    )
    moves: list[Effect] = [
        MoneyMove(PaymentKind.PAYMENT, part.method_id, part.amount_minor, order.currency)
        for part in event.parts
    ]
    if is_late:
        return moves + refunds(facts, (Held(part.method_id, part.amount_minor) for part in event.parts))
    return [*moves, Advanced(order.state, OrderState.PAID, event.at)] if is_first else moves


def _packed(facts: Facts, event: Packed) -> list[Effect]:
    advanced = _advanced(facts, event.at, OrderState.PACKED, OrderState.PAID)
    require_all((nothing_missing(facts),))
    return [advanced]


def _shipped(facts: Facts, event: Shipped) -> list[Effect]:
    advanced = _advanced(facts, event.at, OrderState.SHIPPED, OrderState.PAID, OrderState.PACKED)
    require_all((nothing_missing(facts),))
    sent = ParcelSent(event.carrier_zh, event.carrier_en, event.tracking_number, event.at, event.expected_at)
    moves = [
        StockMove(StockReason.SHIP, variant_id, quantity) for variant_id, quantity in _pieces(facts).items()
    ]
    return [advanced, sent, *moves]


def _tracked(facts: Facts, event: Tracked) -> list[Effect]:
    parcels = facts.order.shipments
    require_all((ruled("event.parcel", bool(parcels), "订单已有包裹", "the order has a parcel"),))
    newest = max(parcels, key=lambda parcel: parcel.shipped_at or event.at)
    place = (event.place_zh, event.place_en, event.text_zh, event.text_en)
    return [ParcelSeen(newest.shipment_id, event.at, event.state, *place)]


def _delivered(facts: Facts, event: Delivered) -> list[Effect]:
    return [_advanced(facts, event.at, OrderState.DELIVERED, OrderState.SHIPPED)]


def _came_back(facts: Facts, event: CameBack) -> list[Effect]:
    order = facts.order
    require_all((_is_in(facts, OrderState.SHIPPED), _in_turn(facts, event.at)))
    effects: list[Effect] = [StateChange(order.state, OrderState.RETURNED), *coupon_back(facts)]
    effects += [
        PiecesReturned(line.line_id, line.quantity - line.returned_quantity)
        for line in order.lines
        if line.quantity > line.returned_quantity
    ]
    if event.is_sellable:
        effects += [StockMove(StockReason.RECEIVE, *piece) for piece in _pieces(facts).items()]
    return [*effects, *refunds(facts, held(order))]


def _closed(facts: Facts, event: Closed) -> list[Effect]:
    order = facts.order
    require_all((_is_in(facts, OrderState.PENDING_PAYMENT), settled(facts), _in_turn(facts, event.at)))
    released = [StockMove(StockReason.RELEASE, *piece) for piece in _pieces(facts).items()]
    return [
        StateChange(order.state, OrderState.CANCELLED), *coupon_back(facts), *refunds(facts, held(order)), *released
    ]  # fmt: skip


def _settled(facts: Facts, event: Settled) -> list[Effect]:
    """The last payment waited for pays the order. A refund that did not arrive is held again, a payment that did not come no
    longer; a person sees to it.
    """
    order = facts.order
    found = next((each for each in order.payments if each.payment_id == event.payment_id), None)
    if found is None:
        raise refused("payment.known", "该订单没有这笔款项", "the order has no such payment")
    is_declined = event.status is PaymentStatus.FAILED and may_be_declined(facts, found)
    still_held = next((part.amount_minor for part in held(order) if part.method_id == found.method_id), 0)
    require_all(
        (
            ruled(
                "payment.under_way",
                is_declined or found.status is PaymentStatus.PENDING,
                "该款项仍在处理中",
                f"it is under way, and not {found.status.value}",
            ),
            ruled(
                "payment.still_held",
                not is_declined or still_held >= found.amount_minor,
                f"该支付方式只余{still_held}未退，请先告知其退款失败",
                f"of that method {still_held} minor units are still held: tell first which refund of it failed",
            ),
        )
    )
    effects: list[Effect] = [PaymentSettled(found.payment_id, PaymentStatus(event.status), event.at)]
    if found.kind is PaymentKind.REFUND and event.status is PaymentStatus.FAILED:
        due_at = facts.now + timedelta(hours=facts.policy.refunds.review_hours)
        effects.append(TicketOpened(TicketKind.FAILED_REFUND, due_at))
    if is_declined:
        due_at = facts.now + timedelta(hours=facts.policy.refunds.review_hours)
        effects.append(TicketOpened(TicketKind.DECLINED_PAYMENT, due_at))
    whole = order.total.amount_minor - sum(part.amount_minor for part in held(order))
    is_payment = found.kind is PaymentKind.PAYMENT and event.status is PaymentStatus.SUCCEEDED
    if is_payment and order.state is OrderState.PENDING_PAYMENT and found.amount_minor >= whole:
        effects.append(Advanced(order.state, OrderState.PAID, event.at))
    if is_payment and order.state is OrderState.CANCELLED:
        effects += refunds(facts, (Held(found.method_id, found.amount_minor),))
    return effects


def _advanced(facts: Facts, at: datetime, after: OrderState, *before: OrderState) -> Advanced:
    require_all((_is_in(facts, *before), _in_turn(facts, at)))
    return Advanced(facts.order.state, after, at)


def _is_in(facts: Facts, *states: OrderState) -> RuleStep:
    names = " / ".join(state.value for state in states)
    state = facts.order.state
    return ruled(
        "event.state",
        state in states,
        f"订单须处于{names}，而非{state.value}",
        f"the order is {names}, and not {state.value}",
    )


def _in_turn(facts: Facts, at: datetime) -> RuleStep:
    """Not before what came before it: windows are counted from these times."""
    order = facts.order
    known = (order.placed_at, order.paid_at, order.packed_at, order.shipped_at)
    last = max((each for each in known if each is not None), default=at)
    return ruled(
        "event.turn",
        at >= last - _LEEWAY,
        "事件时间不能早于订单之前的进度",
        "it is not before the order's last step",
    )


def _pieces(facts: Facts) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for line in facts.order.lines:
        pieces[line.variant_id] += line.quantity
    return pieces


_FOLLOWED: Final[dict[type[OrderEvent], Callable[[Facts, Any], list[Effect]]]] = {
    Placed: _placed,
    Paid: _paid,
    Packed: _packed,
    Shipped: _shipped,
    Tracked: _tracked,
    Delivered: _delivered,
    CameBack: _came_back,
    Closed: _closed,
    Settled: _settled,
}
