"""Answers after delivery that change nothing: how things go back, where a refund is, how long the warranty lasts."""

from datetime import datetime, timedelta

from commerce.domain.order_rules import warranty_ends_at
from commerce.domain.orders import Order, OrderState, PaymentKind, PaymentStatus
from models.types import Understood
from routing.answer import Composed
from routing.compose.knowledge import from_articles, quoted
from routing.compose.orders import order_or_reason
from routing.compose.wording import day, line_name, money, order_card, say
from routing.facts import Facts

_SHOWN = 2


def give_back(understood: Understood, facts: Facts) -> Composed:
    """How things go back, for whoever has no order here that could: what to do to have one looked at."""
    how = from_articles(understood, facts)
    if facts.is_signed_in:
        return order_or_reason(understood, facts) or how
    closing = say(
        understood.language,
        "登录后告诉我是哪个订单，我可以马上看它还能不能退换。",
        "Sign in and name the order, and I will check whether it can still go back.",
    )
    return Composed((*how.sentences, closing), how.citations, hands_off=how.hands_off)


def _delivered(facts: Facts) -> Order | None:
    """The order that is meant: the asked one, else the newest that was delivered."""
    if facts.asked_order_id is not None and facts.orders:
        return facts.orders[0]
    delivered = [order for order in facts.orders if order.state is OrderState.DELIVERED]
    return max(delivered, key=lambda o: o.delivered_at or o.placed_at or facts.now, default=None)


def refund_status(understood: Understood, facts: Facts) -> Composed:
    """Where the money is: each refund of the asked or the newest orders, then how long the way takes."""
    if (nothing := order_or_reason(understood, facts)) is not None:
        return nothing
    language = understood.language
    article = quoted(facts.passages[0], 2) if facts.passages else Composed(())
    asked = facts.orders[:1] if facts.asked_order_id is not None else facts.orders
    for order in asked:
        refunds = [p for p in order.payments if p.kind is PaymentKind.REFUND]
        if refunds:
            sentences = tuple(
                _refund(order, p.amount_minor, p.status, p.completed_at or p.created_at, facts, language)
                for p in refunds
            )
            cards = (order_card(order, language, facts.zone),)
            return Composed((*sentences, *article.sentences), article.citations, cards=cards)
    sentence = say(language, "您最近的订单里没有退款记录。", "There is no refund in your recent orders.")
    return Composed((sentence, *article.sentences), article.citations)


def _refund(
    order: Order, amount_minor: int, status: PaymentStatus, at: datetime | None, facts: Facts, language: str
) -> str:
    sum_text = money(amount_minor, order.currency, language)
    when = day(at, facts.zone, language) if at else ""
    if status is PaymentStatus.SUCCEEDED:
        return say(
            language,
            f"订单 {order.order_id} 的退款 {sum_text} 已于{when}退回原支付方式。",
            f"The refund of {sum_text} for order {order.order_id} went back to the original payment on {when}.",
        )
    state = (
        say(language, "处理中", "being processed")
        if status is PaymentStatus.PENDING
        else say(language, "失败", "failed")
    )
    return say(
        language,
        f"订单 {order.order_id} 的退款 {sum_text} {state}{f'（{when}申请）' if when else ''}。",
        f"The refund of {sum_text} for order {order.order_id} is {state}{f' (asked on {when})' if when else ''}.",
    )


def warranty(understood: Understood, facts: Facts) -> Composed:
    """Repair and warranty: until when each delivered item is covered, then the terms."""
    article = from_articles(understood, facts)
    order = _delivered(facts) if facts.is_signed_in and not facts.is_order_unknown else None
    if order is None or order.delivered_at is None:
        return article
    language = understood.language
    covered = [
        (line, ends)
        for line in order.lines
        if (ends := warranty_ends_at(order, line, facts.policy)) is not None
    ]
    sentences = tuple(
        say(
            language,
            f"订单 {order.order_id} 的{line_name(line, language)}"
            f"保修至{day(ends - timedelta(minutes=1), facts.zone, language)}。",
            f"{line_name(line, language)} of order {order.order_id} is under warranty until "
            f"{day(ends - timedelta(minutes=1), facts.zone, language)}.",
        )
        for line, ends in covered[:_SHOWN]
    )
    cards = (order_card(order, language, facts.zone),) if sentences else ()
    return Composed((*article.sentences, *sentences), article.citations, cards=cards)
