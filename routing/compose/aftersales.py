"""Answers after delivery: return, exchange, refund, damage, warranty, each with the rules that decided."""

from datetime import datetime, timedelta

from commerce.domain.order_rules import warranty_ends_at
from commerce.domain.orders import Order, OrderLine, OrderState, PaymentKind, PaymentStatus
from commerce.domain.returns import Remedy, ReturnDecision, ReturnReason, return_eligibility
from models.types import Understood
from routing.answer import Composed
from routing.compose.knowledge import from_articles, quoted
from routing.compose.orders import order_or_reason
from routing.compose.wording import day, line_name, moment, money, order_card, say
from routing.facts import Facts

_SHOWN = 2


def return_request(understood: Understood, facts: Facts) -> Composed:
    """May it go back: the newest delivered order's lines, each with its window and conditions, then how."""
    return _give_back(understood, facts, Remedy.RETURN)


def exchange_request(understood: Understood, facts: Facts) -> Composed:
    """May it be exchanged: as for a return."""
    return _give_back(understood, facts, Remedy.EXCHANGE)


def _give_back(understood: Understood, facts: Facts, remedy: Remedy) -> Composed:
    how = from_articles(understood, facts)
    if not facts.is_signed_in:
        closing = say(
            understood.language,
            "登录后告诉我是哪个订单，我可以马上看它还能不能退换。",
            "Sign in and name the order, and I will check whether it can still go back.",
        )
        return Composed((*how.sentences, closing), how.citations)
    if facts.is_order_unknown:
        return order_or_reason(understood, facts) or how
    order = _delivered(facts)
    if order is None:
        return how
    language = understood.language
    sentences: list[str] = []
    for line in order.lines[:_SHOWN]:
        decision = return_eligibility(
            order, line, facts.policy, facts.now, remedy=remedy, has_freight_insurance=_is_insured(order)
        )
        sentences.append(_verdict(order, line, decision, remedy, facts, language))
    first = quoted(facts.passages[0], 2) if facts.passages else Composed(())
    step = say(
        language,
        "要办理请说“转人工”，并附上商品和原因，售后客服会为您处理。",
        "To go ahead, ask for a person and name the item and the reason; the after-sales team will handle it.",
    )
    return Composed(
        (*sentences, *first.sentences, step),
        first.citations,
        cards=(order_card(order, language, facts.zone),),
    )


def _is_insured(order: Order) -> bool:
    return order.attributes.get("has_freight_insurance") is True


def _delivered(facts: Facts) -> Order | None:
    """The order that can go back: the asked one, else the newest that was delivered."""
    if facts.asked_order_id is not None and facts.orders:
        return facts.orders[0]
    delivered = [order for order in facts.orders if order.state is OrderState.DELIVERED]
    return max(delivered, key=lambda o: o.delivered_at or o.placed_at or facts.now, default=None)


def _verdict(
    order: Order, line: OrderLine, decision: ReturnDecision, remedy: Remedy, facts: Facts, language: str
) -> str:
    name = line_name(line, language)
    verb_zh, verb_en = ("换货", "exchanged") if remedy is Remedy.EXCHANGE else ("退货", "returned")
    if not decision.is_eligible:
        blocker = decision.blocker
        why = blocker.text.in_language(language).replace(",", say(language, "，", ",")) if blocker else ""
        return say(
            language,
            f"订单 {order.order_id} 的{name}不能无理由{verb_zh}：{why}。",
            f"{name} of order {order.order_id} can't be {verb_en} without a reason: {why}.",
        )
    until = ""
    if decision.window_ends_at is not None:
        last = moment(decision.window_ends_at - timedelta(minutes=1), facts.zone, language)
        until = say(language, f"，截止{last}", f" until {last}")
    terms = say(language, "，", " and ").join(step.text.in_language(language) for step in decision.conditions)
    condition = say(language, f"，条件是{terms}", f", provided {terms}") if terms else ""
    postage = ""
    if decision.postage_minor:
        fee = money(decision.postage_minor, order.currency, language)
        postage = say(language, f"；上门取件运费 {fee}", f"; the courier pick-up costs {fee}")
    return say(
        language,
        f"订单 {order.order_id} 的{name}可以{verb_zh}{until}{condition}{postage}。",
        f"{name} of order {order.order_id} can be {verb_en}{until}{condition}{postage}.",
    )


def refund_status(understood: Understood, facts: Facts) -> Composed:
    """Where the money is: each refund of the asked or the newest orders, then how long the way takes."""
    if (nothing := order_or_reason(understood, facts)) is not None:
        return nothing
    language = understood.language
    article = quoted(facts.passages[0], 2) if facts.passages else Composed(())
    for order in facts.orders:
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


def damaged(understood: Understood, facts: Facts) -> Composed:
    """Broken, wrong or missing: the shop's fault rule for the delivered lines, then the team that repairs it."""
    how = from_articles(understood, facts)
    order = _delivered(facts) if facts.is_signed_in and not facts.is_order_unknown else None
    if order is None:
        return order_or_reason(understood, facts) or how
    language = understood.language
    sentences = [say(language, "非常抱歉给您带来不便。", "We are sorry about this.")]
    for line in order.lines[:_SHOWN]:
        decision = return_eligibility(order, line, facts.policy, facts.now, reason=ReturnReason.DAMAGED)
        sentences.append(_fault_verdict(order, line, decision, facts, language))
    step = say(
        language,
        "请拍下商品和包装的照片，售后客服会马上联系您退款、换货或补发。",
        "Please take photos of the goods and the parcel; the after-sales team will refund, exchange or resend.",
    )
    article = quoted(facts.passages[0]) if facts.passages else Composed(())
    cards = (order_card(order, language, facts.zone),)
    return Composed((*sentences, *article.sentences, step), article.citations, cards=cards, hands_off=True)


def _fault_verdict(
    order: Order, line: OrderLine, decision: ReturnDecision, facts: Facts, language: str
) -> str:
    name = line_name(line, language)
    if decision.is_eligible and decision.window_ends_at is not None:
        last = moment(decision.window_ends_at - timedelta(minutes=1), facts.zone, language)
        return say(
            language,
            f"订单 {order.order_id} 的{name}在{last}前可以报损，运费由我们承担。",
            f"{name} of order {order.order_id} can be reported until {last}; we pay the postage.",
        )
    blocker = decision.blocker
    why = (
        blocker.text.in_language(language)
        if blocker
        else say(language, "需要人工核实", "it has to be checked by a person")
    )
    return say(
        language,
        f"订单 {order.order_id} 的{name}：{why}，售后客服会为您核实。",
        f"{name} of order {order.order_id}: {why}; the after-sales team will look into it.",
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
