"""Answers about an order: where it is, and what to say where there is none."""

from dataclasses import replace
from typing import Final

from models.types import Understood
from routing.answer import Composed
from routing.compose.from_sheet import from_sheet
from routing.facts import Facts, meant
from routing.sheet.asked.kinds import asked_kinds
from routing.wording import order_card, say


def order_or_reason(understood: Understood, facts: Facts) -> Composed | None:
    """What to say when there is no order to speak of: not signed in, not found, none at all; else None."""
    language = understood.language
    if not facts.is_signed_in:
        sentence = say(
            language,
            "为了保护您的隐私，请先登录，我才能查看您的订单。",
            "To keep your orders private, please sign in first; then I can look at them.",
        )
        return _with_rules(understood, facts, sentence)
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
        return _with_rules(understood, facts, sentence)
    return None


def _with_rules(understood: Understood, facts: Facts, sentence: str) -> Composed:
    """What the shop says of it to everybody stands before why no order is told of."""
    rules = from_sheet(understood, facts)
    if rules.hands_off:
        return Composed((sentence,))
    return replace(rules, sentences=(*rules.sentences, sentence))


def with_sign_in(understood: Understood, facts: Facts) -> Composed:
    """Facts of an order, or why there are none to tell; of the shop where no order is asked about."""
    about_shop = tuple(kind for kind in asked_kinds(facts.message) if kind.startswith(("shop.", "customer.")))
    if not facts.orders and not about_shop and understood.intent in _OF_AN_ORDER:
        return order_or_reason(understood, facts) or from_sheet(understood, facts)
    if facts.is_order_unknown:
        return order_or_reason(understood, facts) or from_sheet(understood, facts)
    return _about_order(understood, facts)


_OF_AN_ORDER: Final = (
    *("order_status", "logistics_tracking", "refund_status", "urge_shipment", "cancel_order"),
    *("change_address", "modify_order", "damaged_or_wrong_item"),
)


def _about_order(understood: Understood, facts: Facts) -> Composed:
    """As `from_sheet`; with several open orders the others are named, so that another can be asked for."""
    answer = from_sheet(understood, facts)
    others = (
        [order for order in facts.orders if order.is_open and order != meant(facts)][:2]
        if facts.orders
        else []
    )
    if facts.asked_order_id is not None or not others or not answer.cards:
        return answer
    language = understood.language
    listed = say(language, "、", ", ").join(order.order_id for order in others)
    closing = say(
        language,
        f"您还有其他进行中的订单：{listed}，想查哪一个请告诉我。",
        f"You have other open orders too: {listed}; tell me if you meant one of them.",
    )
    cards = (*answer.cards, *(order_card(order, language, facts.zone) for order in others))
    return replace(answer, sentences=(*answer.sentences, closing), cards=cards)


def give_back(understood: Understood, facts: Facts) -> Composed:
    """How things go back, for whoever has no order here that could: what to do to have one looked at."""
    if facts.is_order_unknown or (facts.is_signed_in and not facts.goods and not facts.orders):
        return order_or_reason(understood, facts) or from_sheet(understood, facts)
    how = from_sheet(understood, facts)
    if facts.is_signed_in:
        return how
    closing = say(
        understood.language,
        "登录后告诉我是哪个订单，我可以马上看它还能不能退换。",
        "Sign in and name the order, and I will check whether it can still go back.",
    )
    return replace(how, sentences=(*how.sentences, closing))
