"""Answers about an order: where it is, and what to say where there is none."""

from commerce.domain.order_rules import is_shipping_late, payment_due_at, ships_on
from commerce.domain.orders import Order, OrderState
from models.types import Understood
from routing.answer import Composed
from routing.compose.knowledge import from_articles, quoted
from routing.compose.wording import (
    STATE_WORDS,
    day,
    moment,
    money,
    order_card,
    order_goods,
    say,
)
from routing.facts import Facts

_SHOWN = 3


def order_or_reason(understood: Understood, facts: Facts) -> Composed | None:
    """What to say when there is no order to speak of: not signed in, not found, none at all; else None."""
    language = understood.language
    if not facts.is_signed_in:
        sentence = say(
            language,
            "为了保护您的隐私，请先登录，我才能查看您的订单。",
            "To keep your orders private, please sign in first; then I can look at them.",
        )
        return _with_article(understood, facts, sentence)
    if facts.is_order_unknown:
        sentence = say(
            language,
            f"在您的账号下没有找到订单 {facts.asked_order_id}，请核对订单号，或直接告诉我商品名称。",
            f"There is no order {facts.asked_order_id} in your account; please check the number or tell me the product.",
        )
        return Composed((sentence,))
    if not facts.orders:
        if any(reason.startswith("commerce") for reason in facts.missing):
            return Composed(
                (
                    say(
                        language,
                        "订单系统暂时查不到，我已为您转接人工。",
                        "I can't reach the order system now; a colleague will help.",
                    ),
                ),
                hands_off=True,
            )
        sentence = say(language, "您的账号下还没有订单。", "There are no orders in your account yet.")
        return _with_article(understood, facts, sentence)
    return None


def _with_article(understood: Understood, facts: Facts, sentence: str) -> Composed:
    article = quoted(facts.passages[0]) if facts.passages else None
    if article is None:
        return Composed((sentence,))
    return Composed((sentence, *article.sentences), article.citations)


def order_progress(understood: Understood, facts: Facts) -> Composed:
    """Where the order is: the asked one, else the newest that is still open, else the newest."""
    if (nothing := order_or_reason(understood, facts)) is not None:
        return nothing
    language = understood.language
    order = subject(facts)
    sentences = [_headline(order, language), *_progress(order, facts, language)]
    if order.state is OrderState.SHIPPED and understood.intent != "urge_shipment":
        sentences.append(
            say(language, "需要催件请直接告诉我。", "Tell me if you want me to hurry the courier.")
        )
    others = [o for o in facts.orders if o.is_open and o.order_id != order.order_id][: _SHOWN - 1]
    if others and facts.asked_order_id is None:
        listed = say(language, "、", ", ").join(o.order_id for o in others)
        sentences.append(
            say(
                language,
                f"您还有其他进行中的订单：{listed}，想查哪一个请告诉我。",
                f"You have other open orders too: {listed}; tell me if you meant one of them.",
            )
        )
    cards = (order_card(order, language, facts.zone), *(order_card(o, language, facts.zone) for o in others))
    return Composed(tuple(sentences), cards=cards)


def subject(facts: Facts) -> Order:
    """The order that is meant: the asked one, which stands first; else the newest open one, else the newest."""
    if facts.asked_order_id is not None:
        return facts.orders[0]
    return next((order for order in facts.orders if order.is_open), facts.orders[0])


def _headline(order: Order, language: str) -> str:
    state = STATE_WORDS[order.state].in_language(language)
    goods = order_goods(order, language)
    return say(
        language,
        f"您的订单 {order.order_id}（{goods}）{state}。",
        f"Your order {order.order_id} ({goods}) is {state}.",
    )


def _progress(order: Order, facts: Facts, language: str) -> list[str]:
    if order.state is OrderState.PENDING_PAYMENT:
        return _unpaid(order, facts, language)
    if order.state in {OrderState.PAID, OrderState.PACKED}:
        return _unshipped(order, facts, language)
    if order.state in {OrderState.SHIPPED, OrderState.DELIVERED} and order.shipments:
        return _travelled(order, facts, language)
    return []


def _unpaid(order: Order, facts: Facts, language: str) -> list[str]:
    due = payment_due_at(order, facts.policy)
    total = money(order.total.amount_minor, order.currency, language)
    if due is None:
        return []
    at = moment(due, facts.zone, language)
    return [
        say(
            language,
            f"请在{at}前支付 {total}，逾期订单会自动关闭。",
            f"Please pay {total} before {at}, or it closes by itself.",
        )
    ]


def _unshipped(order: Order, facts: Facts, language: str) -> list[str]:
    if order.paid_at is None:
        return []
    paid = moment(order.paid_at, facts.zone, language)
    sentences = [say(language, f"付款时间：{paid}。", f"It was paid on {paid}.")]
    if is_shipping_late(order, facts.policy, facts.now):
        coupon = money(facts.policy.shipping.late_coupon_minor, order.currency, language)
        hours = facts.policy.shipping.late_after_hours
        sentences.append(
            say(
                language,
                f"付款已超过{hours}小时仍未发货，非常抱歉：您可以领取 {coupon} 的补偿券，或取消订单全额退款。",
                f"It has not shipped within {hours} hours of payment, and we are sorry: you may have a {coupon} coupon, "
                "or cancel for a full refund.",
            )
        )
    elif order.state is OrderState.PAID and (end := ships_on(order.paid_at, facts.policy)) > facts.now:
        ships = day(order.paid_at if (end - order.paid_at).days < 1 else end, facts.zone, language)
        sentences.append(say(language, f"预计{ships}发出。", f"It should leave on {ships}."))
    return sentences


def _travelled(order: Order, facts: Facts, language: str) -> list[str]:
    shipment = order.shipments[0]
    carrier, zone = shipment.carrier.in_language(language), facts.zone
    sentences = [
        say(
            language,
            f"承运商：{carrier}，运单号 {shipment.tracking_number}。",
            f"Carrier: {carrier}, tracking {shipment.tracking_number}.",
        )
    ]
    if shipment.events:
        latest = shipment.events[0]
        at, text = moment(latest.at, zone, language), latest.text.in_language(language).rstrip("。.")
        sentences.append(say(language, f"最新物流（{at}）：{text}。", f"Latest news ({at}): {text}."))
    if order.state is OrderState.SHIPPED and shipment.expected_at:
        expected = day(shipment.expected_at, zone, language)
        sentences.append(say(language, f"预计{expected}送达。", f"It is expected on {expected}."))
    elif order.delivered_at:
        delivered = moment(order.delivered_at, zone, language)
        sentences.append(
            say(
                language,
                f"签收时间：{delivered}，如果您没有收到请告诉我。",
                f"It was delivered on {delivered}; tell me if it did not reach you.",
            )
        )
    return sentences


def without_order(understood: Understood, facts: Facts) -> Composed:
    """Something is to be done with an order, and there is none: why, or how such things are done."""
    return order_or_reason(understood, facts) or from_articles(understood, facts)
