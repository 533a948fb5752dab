"""The facts of one order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from commerce.domain.order_rules import (
    PRICE_PROTECTED_STATES,
    can_cancel,
    cancelling,
    changing,
    changing_items,
    is_shipping_late,
    payment_due_at,
    price_protection_ends_at,
    ships_on,
    warranty_ends_at,
)
from commerce.domain.orders import (
    Order,
    OrderLine,
    OrderState,
    Payment,
    PaymentKind,
    PaymentStatus,
    Shipment,
    TrackingEvent,
    TrackingState,
)
from commerce.domain.returns import Remedy, ReturnDecision, ReturnReason, return_eligibility
from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText
from routing.facts import Details, Facts
from routing.reasons import reasons
from routing.sheet.fact import SheetFact, fact
from routing.wording import (
    REASON_NAMES,
    STATE_WORDS,
    address_text,
    colour_name,
    day,
    line_name,
    moment,
    money,
    order_goods,
    say,
    service_name,
)

_LANGUAGES: Final = ("zh", "en")


def _both(say: Callable[[str], str]) -> LocalText:
    return LocalText(*(say(language) for language in _LANGUAGES))


def _moment(at: datetime, zone: ZoneInfo) -> LocalText:
    return _both(lambda language: moment(at, zone, language))


def _day(at: datetime, zone: ZoneInfo) -> LocalText:
    return _both(lambda language: day(at, zone, language))


def _money(amount_minor: int, currency: str) -> LocalText:
    return _both(lambda language: money(amount_minor, currency, language))


def order_facts(order: Order, facts: Facts, details: Details | None) -> Iterator[SheetFact]:
    """Everything that is known of it; invoices only with `details`."""
    yield _state(order)
    yield _contents(order)
    yield from _times(order, facts)
    yield from _parcel(order, facts)
    yield from _paid(order)
    yield from _refunds(order, facts)
    yield from _may_be(order, facts)
    yield _delivered_to(order)
    for line in order.lines:
        yield from _line(order, line, facts)
    yield from _protected(order, facts)
    if details is not None:
        yield from _invoices(order, details)


def _state(order: Order) -> SheetFact:
    goods = _both(lambda language: order_goods(order, language))
    state = STATE_WORDS[order.state]
    return fact(
        "order.state",
        order.order_id,
        f"您的订单 {order.order_id}（{goods.zh}）{state.zh}。",
        f"Your order {order.order_id} ({goods.en}) is {state.en}.",
    )


def _contents(order: Order) -> SheetFact:
    pieces = sum(line.quantity for line in order.lines)
    listed = LocalText(
        "、".join(line_name(line, "zh") for line in order.lines),
        ", ".join(line_name(line, "en") for line in order.lines),
    )
    return fact(
        "order.contents",
        order.order_id,
        f"订单 {order.order_id} 里共{pieces}件商品：{listed.zh}。",
        f"Order {order.order_id} holds {pieces} item{'' if pieces == 1 else 's'}: {listed.en}.",
    )


def _times(order: Order, facts: Facts) -> Iterator[SheetFact]:
    zone, order_id = facts.zone, order.order_id
    if order.placed_at is not None:
        at = _moment(order.placed_at, zone)
        yield fact("order.placed", order_id, f"下单时间：{at.zh}。", f"It was placed on {at.en}.")
    if (due := payment_due_at(order, facts.policy)) is not None:
        at, total = _moment(due, zone), _money(order.total.amount_minor, order.currency)
        yield fact(
            "order.payment_due",
            order_id,
            f"请在{at.zh}前支付 {total.zh}，逾期订单会自动关闭。",
            f"Please pay {total.en} before {at.en}, or it closes by itself.",
        )
    if order.paid_at is not None:
        at = _moment(order.paid_at, zone)
        yield fact("order.paid", order_id, f"付款时间：{at.zh}。", f"It was paid on {at.en}.")
    yield from _why_cancelled(order)
    yield from _leaves(order, facts)
    if order.shipped_at is not None:
        at = _moment(order.shipped_at, zone)
        yield fact("order.shipped", order_id, f"发货时间：{at.zh}。", f"It was sent on {at.en}.")
    if order.delivered_at is not None:
        at = _moment(order.delivered_at, zone)
        yield fact("order.delivered", order_id, f"签收时间：{at.zh}。", f"It was delivered on {at.en}.")
    if order.cancelled_at is not None:
        at = _moment(order.cancelled_at, zone)
        yield fact("order.cancelled", order_id, f"取消时间：{at.zh}。", f"It was cancelled on {at.en}.")


def _leaves(order: Order, facts: Facts) -> Iterator[SheetFact]:
    """When it is sent, of one that is not sent yet."""
    if order.paid_at is None or order.state not in {OrderState.PAID, OrderState.PACKED}:
        return
    if is_shipping_late(order, facts.policy, facts.now):
        hours = facts.policy.shipping.late_after_hours
        amends = _amends(order, facts)
        yield fact(
            "order.late",
            order.order_id,
            f"付款已超过{hours}小时仍未发货，非常抱歉{amends.zh}。",
            f"It has not shipped within {hours} hours of payment, and we are sorry{amends.en}.",
        )
        return
    end = ships_on(order.paid_at, facts.policy)
    if end is not None and end > facts.now and not order.shipments:
        ships = _day(end - timedelta(minutes=1), facts.zone)
        yield fact(
            "order.ships_on", order.order_id, f"预计{ships.zh}发出。", f"It should leave on {ships.en}."
        )


def _amends(order: Order, facts: Facts) -> LocalText:
    """What may be done about an order that is late: the coupon where the shop gives one, the cancellation where it lets."""
    zh, en = [], []
    coupon = facts.policy.shipping.late_coupon_minor
    # Given once; and what was hurried lately can't be hurried again yet.
    if coupon and order.urged_at is None:
        off = _money(coupon, order.currency)
        zh.append(f"催单时补偿 {off.zh} 优惠券")
        en.append(f"ask me to hurry it and you get a {off.en} coupon")
    if can_cancel(order, facts.policy):
        zh.append("也可以取消订单全额退款" if zh else "可以取消订单全额退款")
        en.append("cancel it for a full refund")
    return LocalText(f"：{'，'.join(zh)}" if zh else "", f": {', or '.join(en)}" if en else "")


def _parcel(order: Order, facts: Facts) -> Iterator[SheetFact]:
    for shipment in order.shipments:
        carrier = shipment.carrier
        yield fact(
            "order.tracking",
            order.order_id,
            f"承运商：{carrier.zh}，运单号 {shipment.tracking_number}。",
            f"Carrier: {carrier.en}, tracking number {shipment.tracking_number}.",
        )
        if shipment.events:
            latest = shipment.events[0]
            at, place, text = _moment(latest.at, facts.zone), latest.place, latest.text
            where = LocalText(
                f"{place.zh} " if place.zh and place.zh not in text.zh else "",
                f"{place.en}: " if place.en and place.en not in text.en else "",
            )
            yield fact(
                "order.latest_event",
                order.order_id,
                f"最新物流（{at.zh}）：{where.zh}{text.zh.rstrip('。.')}。",
                f"Latest news ({at.en}): {where.en}{text.en.rstrip('。.')}.",
            )
            yield from _told_by(latest, order, shipment, where)
        if order.is_open and shipment.expected_at is not None:
            expected = _day(shipment.expected_at, facts.zone)
            yield fact(
                "order.expected",
                order.order_id,
                f"预计{expected.zh}送达。",
                f"It is expected on {expected.en}.",
            )


def _told_by(
    latest: TrackingEvent, order: Order, shipment: Shipment, where: LocalText
) -> Iterator[SheetFact]:
    """Why a parcel is held up, and who brings it, where the carrier says so."""
    said = (
        f"物流反馈：{where.zh}{latest.text.zh.rstrip('。.')}。",
        f"The carrier says: {where.en}{latest.text.en.rstrip('。.')}.",
    )
    if latest.state is TrackingState.PROBLEM:
        yield fact("order.why", order.order_id, *said)
    texts = (text.replace(shipment.tracking_number, "") for text in (latest.text.zh, latest.text.en))
    if any(_PHONE.search(text) for text in texts):
        yield fact("order.courier", order.order_id, *said)


# A mobile's or a landline's number, or whatever is called one: days, lockers and parcels have long numbers, too.
_PHONE: Final = re.compile(
    r"(?<![\dA-Za-z-])(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}[ -]\d{7,8})(?![\dA-Za-z-])"
    r"|(?:(?:电话|手机|致电|联系方式)[号码为是:：\s]{0,6}|\b(?:phone|tel|telephone|mobile|call)\b"
    r"(?:[\s:.]|\b(?:number|no|him|her|them|us|is|on|at)\b){0,8})"
    r"(?!\d{4}-\d{1,2}-\d)[+(]{0,2}\d[\d() -]{4,}\d",
    re.I,
)


def _why_cancelled(order: Order) -> Iterator[SheetFact]:
    """Known of an order that came with it. Of what else a shop writes there, such as a suspicion, nothing is told."""
    given = order.attributes.get("cancel_reason")
    told = (name for why, name in REASON_NAMES.items() if given in (why.value, name.zh, name.en))
    if order.state is OrderState.CANCELLED and (reason := next(told, None)) is not None:
        yield fact(
            "order.why",
            order.order_id,
            f"取消原因：{reason.zh}。",
            f"The reason that was given for the cancellation: {reason.en}.",
        )


def _paid(order: Order) -> Iterator[SheetFact]:
    total = _money(order.total.amount_minor, order.currency)
    yield fact(
        "order.total",
        order.order_id,
        f"订单 {order.order_id} 的总额是 {total.zh}。",
        f"The total of order {order.order_id} is {total.en}.",
    )
    fee = _money(order.shipping_fee_minor, order.currency)
    if order.shipping_fee_minor:
        yield fact(
            "order.shipping_fee", order.order_id, f"其中运费 {fee.zh}。", f"Of this {fee.en} is for delivery."
        )
    if order.discount_minor:
        off = _money(order.discount_minor, order.currency)
        yield fact(
            "order.discount", order.order_id, f"其中优惠 {off.zh}。", f"{off.en} was taken off as a discount."
        )
    if came := _came(order):
        names = LocalText(*(_methods(came, language) for language in _LANGUAGES))
        yield fact("order.method", order.order_id, f"付款方式：{names.zh}。", f"It was paid by {names.en}.")
        if order.state in {OrderState.CANCELLED, OrderState.RETURNED}:
            return
        yield fact(
            "order.refund_to",
            order.order_id,
            f"取消或退货时，退款原路退回{names.zh}。",
            f"If it is cancelled or returned, the money goes back to your {names.en}.",
        )


def _came(order: Order) -> list[Payment]:
    return [
        p for p in order.payments if p.kind is PaymentKind.PAYMENT and p.status is PaymentStatus.SUCCEEDED
    ]


def _methods(payments: list[Payment], language: str) -> str:
    names = dict.fromkeys(service_name(payment.method, language) for payment in payments)
    return ("、" if language == "zh" else " and ").join(names)


def _may_be(order: Order, facts: Facts) -> Iterator[SheetFact]:
    """Whether it can still be cancelled and changed, and what forbids it beside its state, which is told."""
    order_id, state, policy = order.order_id, STATE_WORDS[order.state], facts.policy
    may = _may(cancelling(order, policy))
    yield fact(
        "order.cancellable",
        order_id,
        f"订单 {order_id} {state.zh}，现在{may.can.zh}取消{may.why.zh}。",
        f"Order {order_id} is {state.en}: it {may.can.en} cancelled now{may.why.en}.",
    )
    may, items = _may(changing(order, policy)), _may(changing_items(order, policy))
    # Of one whose address can be changed the items may not be.
    is_address_alone = may.can != items.can
    yield fact(
        "order.changeable",
        order_id,
        f"订单 {order_id} {state.zh}，现在可以修改收货信息，{items.can.zh}修改商品{items.why.zh}。"
        if is_address_alone
        else f"订单 {order_id} {state.zh}，现在{may.can.zh}修改{may.why.zh}。",
        f"Order {order_id} is {state.en}: its address can be changed now, its items {items.can.en}{items.why.en}."
        if is_address_alone
        else f"Order {order_id} is {state.en}: it {may.can.en} changed now{may.why.en}.",
    )


@dataclass(frozen=True, slots=True)
class _May:
    can: LocalText
    why: LocalText


def _may(trace: tuple[RuleStep, ...]) -> _May:
    """Whether it can be done, and what forbids it beside the order's state."""
    failed = tuple(step for step in trace if step.outcome is RuleOutcome.FAILED)
    others = tuple(step for step in failed if not step.rule_id.endswith("_cutoff"))
    return _May(
        LocalText("不能", "can't be") if failed else LocalText("可以", "can be"),
        LocalText(
            f"：{reasons(others, 'zh')}" if others else "",
            f", since {reasons(others, 'en')}" if others else "",
        ),
    )


def _protected(order: Order, facts: Facts) -> Iterator[SheetFact]:
    """Until when a fall of its price is refunded, or that none is in the state in which it is."""
    if (ends := price_protection_ends_at(order, facts.policy)) is not None:
        until = _moment(ends - timedelta(minutes=1), facts.zone)
        yield fact(
            "order.price_protection",
            order.order_id,
            f"订单 {order.order_id} 的价格保护截止{until.zh}。",
            f"Price protection for order {order.order_id} lasts until {until.en}.",
        )
    elif facts.policy.refunds.price_protection_days and order.state in _OVER_OR_GOING_BACK:
        state = STATE_WORDS[order.state]
        yield fact(
            "order.price_protection",
            order.order_id,
            f"订单 {order.order_id} {state.zh}，不能申请价保退差价。",
            f"Order {order.order_id} is {state.en}: no difference in price can be claimed for it now.",
        )


_OVER_OR_GOING_BACK: Final = frozenset(OrderState) - PRICE_PROTECTED_STATES - {OrderState.PENDING_PAYMENT}

_REFUND_STATES: Final = {
    PaymentStatus.PENDING: LocalText("正在处理", "is being processed"),
    PaymentStatus.FAILED: LocalText("没有成功，我们会重新处理", "did not go through; we will try again"),
    PaymentStatus.SUCCEEDED: LocalText("已到账", "has arrived"),
}


def _refunds(order: Order, facts: Facts) -> Iterator[SheetFact]:
    for payment in order.payments:
        if payment.kind is not PaymentKind.REFUND:
            continue
        amount = _money(payment.amount_minor, payment.currency)
        method = _both(lambda language, payment=payment: service_name(payment.method, language))  # type: ignore[misc]
        state = _REFUND_STATES[payment.status]
        at = payment.completed_at or payment.created_at
        when = _day(at, facts.zone) if at is not None else None
        dated = LocalText(f"（{when.zh}）", f" ({when.en})") if when else LocalText("", "")
        yield fact(
            "order.refund",
            order.order_id,
            f"订单 {order.order_id} 的退款 {amount.zh} 退回{method.zh}，{state.zh}{dated.zh}。",
            f"The refund of {amount.en} for order {order.order_id} to your {method.en} {state.en}{dated.en}.",
        )


def _delivered_to(order: Order) -> SheetFact:
    parts = {name: getattr(order.address, name) for name in _ADDRESS_PARTS}
    to = _both(lambda language: address_text(parts, language))
    return fact(
        "order.address",
        order.order_id,
        f"订单 {order.order_id} 的收货信息：{to.zh}。",
        f"Order {order.order_id} goes to: {to.en}.",
    )


_ADDRESS_PARTS: Final = ("recipient", "phone", "region", "city", "district", "street", "postcode", "country")


def _line(order: Order, line: OrderLine, facts: Facts) -> Iterator[SheetFact]:
    name = _both(lambda language: line_name(line, language))
    price = _money(line.unit_price_minor, line.currency)
    subject = order.order_id
    part = line.line_id
    yield fact(
        "line.price", subject, f"{name.zh} 单价 {price.zh}。", f"{name.en} cost {price.en} each.", part
    )
    looks = LocalText(*(_looks(line, language) for language in _LANGUAGES))
    if looks.zh:
        yield fact(
            "line.options", subject, f"{line.name.zh}：{looks.zh}。", f"{line.name.en}: {looks.en}.", part
        )
    if (ends := warranty_ends_at(order, line, facts.policy)) is not None:
        until = _day(ends - timedelta(minutes=1), facts.zone)
        is_over = ends <= facts.now
        yield fact(
            "line.warranty",
            subject,
            f"{name.zh} 的保修{'已于' if is_over else '至'}{until.zh}{'到期' if is_over else ''}。",
            f"{name.en} {'was' if is_over else 'is'} under warranty until {until.en}.",
            part,
        )
    if _is_paid(order):
        paid = _money(line.paid_minor, line.currency)
        yield fact(
            "line.paid", subject, f"{name.zh} 实付 {paid.zh}。", f"You paid {paid.en} for {name.en}.", part
        )
    yield from _goes_back(order, line, facts, name)


def _is_paid(order: Order) -> bool:
    """Whether what its lines cost came, and not a part of it; of one that was cancelled none was kept."""
    if order.state in {OrderState.PENDING_PAYMENT, OrderState.CANCELLED}:
        return False
    has_all_come = all(
        payment.status is PaymentStatus.SUCCEEDED
        for payment in order.payments
        if payment.kind is PaymentKind.PAYMENT
    )
    if has_all_come:
        return order.paid_at is not None or bool(_came(order))
    gone_back = sum(line.paid_minor * line.returned_quantity // line.quantity for line in order.lines)
    return order.paid.amount_minor >= order.total.amount_minor - gone_back


def _looks(line: OrderLine, language: str) -> str:
    marks = [colour_name(line.colour, language), line.size or "", *line.options.values()]
    return ("，" if language == "zh" else ", ").join(mark for mark in dict.fromkeys(marks) if mark)


def _goes_back(order: Order, line: OrderLine, facts: Facts, name: LocalText) -> Iterator[SheetFact]:
    """Whether and until when it can be returned, or why not; and until when a fault of it."""
    subject, part = order.order_id, line.line_id
    is_insured = bool(order.attributes.get("has_freight_insurance"))

    def decided(reason: ReturnReason) -> ReturnDecision:
        return return_eligibility(
            order, line, facts.policy, facts.now, reason=reason, has_freight_insurance=is_insured
        )

    choice = decided(ReturnReason.NO_REASON)
    if choice.is_eligible:
        until = _until(choice, facts)
        terms = LocalText(*("".join(_terms(choice, order, facts, language)) for language in _LANGUAGES))
        yield fact(
            "line.return_until",
            subject,
            f"{name.zh} 可以无理由退货，{until.zh}{terms.zh}。",
            f"{name.en} can be returned without a reason, {until.en}{terms.en}.",
            part,
        )
    else:
        why = _both(lambda language: reasons(choice.rule_trace, language))
        yield fact(
            "line.not_returnable",
            subject,
            f"{name.zh} 不能无理由退货：{why.zh}。",
            f"{name.en} can't be returned without a reason: {why.en}.",
            part,
        )
    swap = return_eligibility(order, line, facts.policy, facts.now, remedy=Remedy.EXCHANGE)
    why = _both(lambda language: reasons(swap.rule_trace, language))
    yield fact(
        "line.exchangeable",
        subject,
        f"{name.zh} 可以换货，换成同款的其他规格，{_until(swap, facts).zh}，以库存为准。"
        if swap.is_eligible
        else f"{name.zh} 不能换货：{why.zh}。",
        f"{name.en} can be exchanged for another variant that is in stock, {_until(swap, facts).en}."
        if swap.is_eligible
        else f"{name.en} can't be exchanged: {why.en}.",
        part,
    )
    fault = decided(ReturnReason.FAULT)
    if fault.is_eligible:
        until = _until(fault, facts)
        yield fact(
            "line.fault_until",
            subject,
            f"{name.zh} 有质量问题可以退换，{until.zh}，运费由我们承担。",
            f"{name.en} can be returned or exchanged for a fault, {until.en}; we pay the postage.",
            part,
        )


def _until(decision: ReturnDecision, facts: Facts) -> LocalText:
    if decision.window_ends_at is None:
        return LocalText("没有时间限制", "at any time")
    end = _moment(decision.window_ends_at - timedelta(minutes=1), facts.zone)
    return LocalText(f"截止{end.zh}", f"until {end.en}")


def _terms(decision: ReturnDecision, order: Order, facts: Facts, language: str) -> Iterator[str]:
    """What it has to be like, and who pays for the way back, where the shop has a rule for that."""
    for step in decision.conditions:
        yield say(language, f"，{step.text.zh}", f"; {step.text.en}")
    if not facts.policy.returns.pickup_fee_minor:
        return
    if decision.postage_minor:
        fee = money(decision.postage_minor, order.currency, language)
        yield say(language, f"，上门取件运费 {fee}", f"; the courier pick-up costs {fee}")
    else:
        yield say(language, "，免运费", "; the postage is free")


def _invoices(order: Order, details: Details) -> Iterator[SheetFact]:
    for invoice in details.action.invoices:
        if invoice.voided_at is not None:
            continue
        amount = _money(invoice.amount_minor, invoice.currency)
        kind = LocalText("电子" if invoice.kind.value == "electronic" else "纸质", invoice.kind.value)
        tax = (
            LocalText(f"，税号 {invoice.tax_id}", f", tax number {invoice.tax_id}")
            if invoice.tax_id
            else LocalText("", "")
        )
        yield fact(
            "order.invoice",
            order.order_id,
            f"订单 {order.order_id} 已开{kind.zh}发票，抬头“{invoice.title}”{tax.zh}，金额 {amount.zh}。",
            f"Order {order.order_id} has an {kind.en} invoice for “{invoice.title}”{tax.en}, {amount.en}.",
        )
