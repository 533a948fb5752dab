"""What became of a wish: done, refused with its reason and what may help instead, dropped, or not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from commerce.domain.actions import ActionKind
from commerce.domain.orders import Order, OrderLine, OrderState
from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText
from routing.reasons import reasons
from routing.wording import STATE_WORDS, line_name, order_goods, say

DEED_NAMES: Final[Mapping[str, LocalText]] = {
    "cancel": LocalText("取消订单", "cancel the order"),
    "change_address": LocalText("修改收货信息", "have it sent elsewhere"),
    "change_items": LocalText("修改商品", "change the items"),
    "change_payment": LocalText("更换支付方式", "pay in another way"),
    "return": LocalText("退货", "return it"),
    "exchange": LocalText("换货", "exchange it"),
    "price_protection": LocalText("申请价格保护", "claim the difference in price"),
    "report_problem": LocalText(
        "在有破损或故障时申请退换", "have it returned or exchanged if it is damaged or faulty"
    ),
    "repair": LocalText("报修", "have it repaired"),
    "reissue_invoice": LocalText("开发票", "have an invoice issued"),
    "urge_shipment": LocalText("催单", "have it hurried"),
    "apply_coupon": LocalText("使用优惠券", "use a coupon"),
    "open_complaint": LocalText("投诉", "make a complaint"),
}
# What is gone back to.
_TOPICS: Final[Mapping[str, LocalText]] = {
    "cancel": LocalText("取消订单", "the cancellation"),
    "change_address": LocalText("修改收货信息", "the new address"),
    "change_items": LocalText("修改商品", "the change of your items"),
    "change_payment": LocalText("更换支付方式", "the payment"),
    "return": LocalText("退货", "the return"),
    "exchange": LocalText("换货", "the exchange"),
    "price_protection": LocalText("价格保护", "the difference in price"),
    "report_problem": LocalText("商品问题", "the problem with your goods"),
    "repair": LocalText("报修", "the repair"),
    "reissue_invoice": LocalText("开发票", "the invoice"),
    "urge_shipment": LocalText("催单", "the request to hurry"),
    "apply_coupon": LocalText("使用优惠券", "the coupon"),
    "open_complaint": LocalText("投诉", "the complaint"),
}
_REFUSED: Final[Mapping[str, LocalText]] = {
    "cancel": LocalText("不能取消", "can't be cancelled"),
    "change_address": LocalText("不能修改收货信息", "can't be sent elsewhere"),
    "change_items": LocalText("不能修改商品", "can't be changed"),
    "change_payment": LocalText("不能更换支付方式", "can't be paid in another way"),
    "return": LocalText("不能退货", "can't be returned"),
    "exchange": LocalText("不能换货", "can't be exchanged"),
    "price_protection": LocalText("不能退差价", "gets no difference in price back"),
    "report_problem": LocalText("不能按商品问题处理", "can't be refunded or replaced as faulty"),
    "repair": LocalText("不能免费维修", "can't be repaired free of charge"),
    "reissue_invoice": LocalText("不能开这张发票", "can't have this invoice"),
    "urge_shipment": LocalText("现在不能催单", "can't be hurried now"),
    "apply_coupon": LocalText("不能用这张优惠券", "can't take this coupon"),
    "open_complaint": LocalText("不能提交投诉", "can't have a complaint"),
}
_CAN: Final[Mapping[str, LocalText]] = {
    "cancel": LocalText("可以取消", "can be cancelled"),
    "change_address": LocalText("可以修改收货信息", "can be sent elsewhere"),
    "change_items": LocalText("可以修改商品", "can be changed"),
    "change_payment": LocalText("可以更换支付方式", "can be paid in another way"),
    "return": LocalText("可以退货", "can be returned"),
    "exchange": LocalText("可以换货", "can be exchanged"),
    "price_protection": LocalText("可以退差价", "gets a difference in price back"),
    "report_problem": LocalText("可以按商品问题处理", "can be refunded or replaced as faulty"),
    "repair": LocalText("可以免费维修", "can be repaired free of charge"),
    "reissue_invoice": LocalText("可以开这张发票", "can have this invoice"),
    "urge_shipment": LocalText("可以催单", "can be hurried now"),
    "apply_coupon": LocalText("可以用这张优惠券", "can take this coupon"),
    "open_complaint": LocalText("可以提交投诉", "can have a complaint"),
}
_DONE: Final[Mapping[ActionKind, LocalText]] = {
    ActionKind.CANCEL: LocalText("订单 {order} 已取消。", "Order {order} is cancelled."),
    ActionKind.CHANGE_ADDRESS: LocalText(
        "订单 {order} 的收货信息已修改。", "Order {order} now goes to the new address."
    ),
    ActionKind.CHANGE_ITEMS: LocalText(
        "订单 {order} 的商品已修改。", "The items of order {order} are changed."
    ),
    ActionKind.CHANGE_PAYMENT: LocalText(
        "订单 {order} 的支付方式已更换。", "The payment of order {order} is changed."
    ),
    ActionKind.RETURN: LocalText(
        "订单 {order} 的退货申请已提交，请把商品寄回，验货后退款。",
        "The return from order {order} is registered; please send the goods back, and the refund follows the check.",
    ),
    ActionKind.EXCHANGE: LocalText(
        "订单 {order} 的换货申请已提交，请把原商品寄回，新品已为您留好。",
        "The exchange from order {order} is registered; please send the old one back, the new one is kept for you.",
    ),
    ActionKind.REFUND: LocalText(
        "订单 {order} 的差价已退。", "The difference for order {order} is refunded."
    ),
    ActionKind.REPORT_PROBLEM: LocalText(
        "订单 {order} 的商品问题已登记，请保留商品和包装的照片。",
        "The problem with order {order} is registered; please keep photos of the goods and the parcel.",
    ),
    ActionKind.REPAIR: LocalText(
        "订单 {order} 的维修申请已提交，请把商品寄来。",
        "The repair from order {order} is registered; please send the item in.",
    ),
    ActionKind.REISSUE_INVOICE: LocalText(
        "订单 {order} 的发票已申请。", "The invoice for order {order} is on its way."
    ),
    ActionKind.URGE_SHIPMENT: LocalText(
        "订单 {order} 已催单，会有专人跟进。", "Order {order} is being hurried; a colleague looks after it."
    ),
    ActionKind.APPLY_COUPON: LocalText(
        "优惠券已用在订单 {order} 上。", "The coupon is used on order {order}."
    ),
    ActionKind.OPEN_COMPLAINT: LocalText(
        "关于订单 {order} 的投诉已登记，会有专人答复您。",
        "The complaint about order {order} is registered; a colleague will answer you.",
    ),
}
_CASE_NAMES: Final[Mapping[str, LocalText]] = {
    "CaseOpened": LocalText("售后单号", "case"),
    "TicketOpened": LocalText("工单号", "ticket"),
    "InvoiceReissued": LocalText("发票号", "invoice"),
    "CouponGiven": LocalText("优惠券", "coupon"),
}


def done(
    action: ActionKind, order_id: str, made: tuple[dict[str, str], ...], told: tuple[str, ...], language: str
) -> tuple[str, ...]:
    """It is done: what, the numbers by which it can be asked for, and the effects once more."""
    first = _DONE[action].in_language(language).format(order=order_id)
    numbers = [
        f"{_CASE_NAMES[each['kind']].in_language(language)} {each['id']}"
        for each in made
        if each["kind"] in _CASE_NAMES
    ]
    listed = say(language, "、", ", ").join(numbers)
    reference = (say(language, f"{listed}。", f"Your reference: {listed}."),) if numbers else ()
    return (first, *reference, *(f"· {line}" for line in told))


def refused(
    goal: str, order: Order, trace: tuple[RuleStep, ...], instead: tuple[str, ...], language: str
) -> tuple[str, ...]:
    """Not possible, by which rules, and what may be asked for instead."""
    if [step.rule_id for step in trace if step.outcome is RuleOutcome.FAILED] == ["refund.price_fell"]:
        return (_not_cheaper(order, trace, language),)
    if goal == "cancel" and order.state is OrderState.CANCELLED:
        return (_cancelled_before(order, language),)
    what, goods = _REFUSED[goal].in_language(language), _refused_goods(order, trace, language)
    state, why = STATE_WORDS[order.state].in_language(language), reasons(trace, language)
    first = say(
        language,
        f"订单 {order.order_id}（{goods}）{state}，{what}：{why}。",
        f"Order {order.order_id} ({goods}) is {state} and {what}: {why}.",
    )
    if not instead:
        return (first,)
    names = say(language, "，或者", ", or ").join(DEED_NAMES[each].in_language(language) for each in instead)
    return first, say(
        language, f"您可以{names}，需要的话告诉我。", f"You could {names} instead; just tell me."
    )


def _cancelled_before(order: Order, language: str) -> str:
    goods = order_goods(order, language)
    return say(
        language,
        f"订单 {order.order_id}（{goods}）早已取消，不能再取消一次。",
        f"Order {order.order_id} ({goods}) is cancelled already and can't be cancelled again.",
    )


def _refused_goods(order: Order, trace: tuple[RuleStep, ...], language: str) -> str:
    """What it is refused for: the lines whose rules fail, or all of the order."""
    failed = {step.line_id for step in trace if step.outcome is RuleOutcome.FAILED}
    lines = tuple(line for line in order.lines if line.line_id in failed)
    return order_goods(replace(order, lines=lines or order.lines), language)


def _not_cheaper(order: Order, trace: tuple[RuleStep, ...], language: str) -> str:
    """The window is open, and there is nothing to give back yet."""
    until = next(step for step in trace if step.rule_id == "refund.price_protection").text.in_language(
        language
    )
    return say(
        language,
        f"订单 {order.order_id} 可以申请价保退差价（{until}），不过现在的价格没有低于您付的价格。",
        f"Order {order.order_id} has {until}, and you can get the difference; only the price today is not below what "
        "you paid.",
    )


_NOTHING_LEFT: Final[Mapping[str, LocalText]] = {
    "lines": LocalText("这个订单的商品都已退回。", "Everything of this order went back already."),
    "variants": LocalText(
        "同款的其他规格目前都没有货，暂时换不了。",
        "No other variant of it is in stock now, so it can't be exchanged yet.",
    ),
    "method": LocalText(
        "您的账户里没有其他可用的支付方式。", "There is no other payment method in your account."
    ),
    "coupon": LocalText("您目前没有可以使用的优惠券。", "You have no coupon that can be used now."),
    "reason": LocalText("这家店不支持取消。", "This shop takes no cancellations."),
}


def nothing_to_choose(slot: str, language: str) -> tuple[str, ...]:
    """What would have to be chosen does not exist."""
    return (_NOTHING_LEFT[slot].in_language(language),)


def not_matched(language: str) -> str:
    """Asked again."""
    return say(language, "抱歉，我没有听明白。", "Sorry, I did not get that.")


def possible(goal: str, order: Order, lines: tuple[OrderLine, ...], language: str) -> str:
    """That it can be done, before what it needs is asked for; `lines` are those that were chosen, if any were."""
    deed = DEED_NAMES[goal].in_language(language)
    goods = order_goods(replace(order, lines=lines or order.lines), language)
    if goal == "report_problem":
        return say(
            language,
            f"订单 {order.order_id}（{goods}）有破损、故障或发错，可以退货退款，也可以换新。",
            f"Order {order.order_id} ({goods}): damaged, faulty or wrong, it can be returned for a refund, or exchanged.",
        )
    return say(
        language,
        f"订单 {order.order_id}（{goods}）可以{deed}。",
        f"Order {order.order_id} ({goods}): yes, you can {deed}.",
    )


def too_late_to_change(order: Order, language: str) -> str:
    """Before what can be done instead: whoever wants an order changed has more in mind than an exchange."""
    goods, state = order_goods(order, language), STATE_WORDS[order.state].in_language(language)
    return say(
        language,
        f"订单 {order.order_id}（{goods}）{state}，不能再修改了。",
        f"Order {order.order_id} ({goods}) is {state} and can't be changed any more.",
    )


def within_bounds(goal: str, order: Order, message: str, language: str) -> tuple[str, ...]:
    """What is not done of what was asked for, before what is: a part of an order is not cancelled, and goods are neither
    added to one nor taken out.
    """
    if goal == "cancel" and len(order.lines) > 1 and _A_PART.search(message):
        return (
            say(
                language,
                "订单只能整单取消，不能只取消其中一部分。",
                "Only a whole order can be cancelled, no part of it.",
            ),
        )
    if goal == "change_items" and _MORE_OR_LESS.search(message):
        return (
            say(
                language,
                "已下的订单不能加商品，也不能减商品，只能把商品换成同款的其他规格。",
                "Nothing can be added to an order or taken out of it; an item can become another version of itself.",
            ),
        )
    return ()


_A_PART: Final = re.compile(
    r"只(?:想)?(?:取消|退|撤).{0,8}(?:[一两几]|那|这)[件个样双条]|其中(?:的)?[一两几][件个样]|(?:一|那)部分"
    r"|\b(?:only|just) (?:the|one|two|a|this|that|part|some)\b"
    r"(?! (?:other |few |couple of )?(?:minutes?|moments?|seconds?|hours?|days?|weeks?|now|order)\b)"
    r"|\b(?:one|two|part|some) of\b(?! (?:my|the|these|those) orders\b)"
    r"|\bone (?:item|thing|product)\b|\bkeep (?:the (?:rest|others?)|everything else)\b",
    re.I,
)
_MORE_OR_LESS: Final = re.compile(
    r"(?:再|多)(?:加|拍|买|要)[一两几\d](?![句点次下])|加(?:一|两|几|\d+)[件个样双条]|追加|加购|去掉|删掉|少(?:要|拍)"
    r"|\badd(?:ing)?\b|\bremov(?:e|ed|ing)\b|\b(?:one|two|\d+) (?:more|less|fewer)\b(?! (?:questions?|things?|times?)\b)"
    r"|\btake\b.{0,40}\b(?:out|off (?:my|the|this|that) order)\b"
    r"|\b(?:drop|leave out) (?:the|one)\b",
    re.I,
)


def taken(order: Order, language: str) -> str:
    """Which order was meant, where the customer did not name it."""
    goods = order_goods(order, language)
    return say(
        language,
        f"您说的应该是订单 {order.order_id}（{goods}）。",
        f"I take it you mean order {order.order_id} ({goods}).",
    )


def only_one(goal: str, order: Order, language: str) -> str:
    """Which order was taken, and that the rules left no choice."""
    goods, can = order_goods(order, language), _CAN[goal].in_language(language)
    return say(
        language,
        f"您说的应该是订单 {order.order_id}（{goods}），您最近的订单里目前只有这一单{can}。",
        f"I take it you mean order {order.order_id} ({goods}), of your recent orders the only one that {can}.",
    )


def only_line(goal: str, order: Order, line: OrderLine, language: str) -> str:
    """Which item of the order was taken, and that the rules left no choice."""
    can, name = _CAN[goal].in_language(language), line_name(line, language)
    return say(
        language,
        f"您说的应该是{name}，订单 {order.order_id} 里目前只有这件{can}。",
        f"I take it you mean {name}, the only item in order {order.order_id} that {can}.",
    )


def nor_others(goal: str, language: str) -> str:
    """After why the newest can't: it is not for want of another."""
    can, cannot = _CAN[goal].in_language(language), _REFUSED[goal].in_language(language)
    return say(language, f"您最近的其他订单也{cannot}。", f"No other recent order of yours {can} either.")


def dropped(goes_on: bool, language: str) -> tuple[str, ...]:
    """Nothing was changed. `goes_on`: something else is still to be said."""
    first = say(language, "好的，没有做任何改动。", "All right, nothing was changed.")
    more = say(language, "还有什么可以帮您？", "Is there anything else I can do?")
    return (first,) if goes_on else (first, more)


def as_it_stands(goal: str, order_id: str, lines: tuple[str, ...], language: str) -> tuple[str, ...]:
    """What was proposed, once more."""
    topic = _TOPICS[goal].in_language(language)
    first = say(
        language, f"{topic}（订单 {order_id}）的方案是：", f"As it stands, {topic} of order {order_id}:"
    )
    return first, *(f"· {line}" for line in lines)


def still_waits(language: str) -> str:
    """It was asked for again, and nothing about it is new."""
    return say(language, "这件事还等您确认：\n", "This still waits for your yes:\n")


def what_is_wrong(language: str) -> str:
    """Something of the proposal that follows was said to be wrong, and not what."""
    return say(
        language,
        "请告诉我哪里不对，比如订单、商品、数量或地址。目前的方案是：\n",
        "Please tell me what is wrong with it: the order, the item, how many, or the address. As it stands:\n",
    )


def not_followed(language: str) -> str:
    """What was said of the proposal that follows was not understood."""
    return say(
        language, "抱歉，我没有听懂。目前的方案是：\n", "Sorry, I did not follow that. As it stands:\n"
    )


def lapsed(language: str) -> str:
    """The yes came too late, or the order is another by now: what would be done now follows."""
    return say(
        language,
        "刚才的方案已失效或有变化，请再确认一次：\n",
        "That offer has lapsed or changed meanwhile; please look once more:\n",
    )


def changed_meanwhile(language: str) -> str:
    """What was agreed to can't be done any more: why follows."""
    return say(language, "抱歉，情况有变化。", "I am sorry, things have changed meanwhile.")


def also(goals: tuple[str, ...], language: str) -> tuple[str, ...]:
    """What else can be done, beside what is offered."""
    if not goals:
        return ()
    names = say(language, "，或者", ", or ").join(DEED_NAMES[each].in_language(language) for each in goals)
    return (
        say(language, f"\n您也可以{names}，需要的话告诉我。", f"\nYou could also {names}; just tell me."),
    )


def not_sure_if_done(language: str) -> tuple[str, ...]:
    """The store did not answer: to confirm again does it once, never twice."""
    return (
        say(
            language,
            "系统繁忙，还不能确定是否已办好。请再回复一次“确认”，不会重复办理。",
            "The system is busy and I can't tell yet whether it is done. Please “confirm” again; nothing is done twice.",
        ),
    )


def cannot_look(language: str) -> tuple[str, ...]:
    """The store did not answer, and nothing was proposed."""
    return (
        say(
            language,
            "订单系统暂时查不到，没有做任何改动，请稍后再试或说“转人工”。",
            "I can't reach the order system now; nothing was changed. Please try again shortly, or ask for a person.",
        ),
    )


def gives_to_a_person(language: str) -> tuple[str, ...]:
    """Asked often enough."""
    return (
        say(
            language,
            "抱歉没能帮您办好，我已为您转接人工客服，刚才说过的内容会一并转过去。",
            "I am sorry that this did not work; I am passing you to a colleague, with all that you told me.",
        ),
    )


def back_to(goal: str, question: tuple[str, ...], language: str) -> tuple[str, ...]:
    """What was interrupted, and what is still to be said of it."""
    topic = _TOPICS[goal].in_language(language)
    return say(language, f"\n回到刚才的{topic}：", f"\nBack to {topic}:"), *question
