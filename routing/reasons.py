"""Why the rules refuse something, as the customer reads it. A rule's own text says what it asks for, or why it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText
from routing.wording import say

# What is said where the rule fails; `{rule}` is the rule's own text.
_WHY: Final[Mapping[str, LocalText]] = {
    "coupon.before_payment": LocalText(
        "优惠券只能在付款前使用", "a coupon has to be used before the payment"
    ),
    "coupon.valid_now": LocalText("优惠券不在有效期内（{rule}）", "the coupon is not valid now ({rule})"),
    "coupon.currency": LocalText("优惠券与订单币种不同", "the coupon is of another currency"),
    "coupon.unused": LocalText("这张优惠券已经用过", "the coupon has been used already"),
    "coupon.one": LocalText("订单已经用了一张优惠券", "it has a coupon already"),
    "coupon.minimum": LocalText(
        "商品金额没有达到优惠券的使用门槛", "the goods do not reach the coupon's minimum"
    ),
    "exchange.once": LocalText("它已经换过货（{rule}）", "it was exchanged before ({rule})"),
    "invoice.paid": LocalText("订单还没有付款", "it is not paid yet"),
    "invoice.window": LocalText("已过期限（{rule}）", "the time is over ({rule})"),
    "invoice.another": LocalText("和现有的发票一样", "it would say the same as the one that you have"),
    "item.quantity": LocalText("数量不够（{rule}）", "there are not that many ({rule})"),
    "item.stock": LocalText("库存不足", "there are not enough in stock"),
    "order.cancel_reason": LocalText("店铺不接受这个取消原因", "the shop does not accept that reason"),
    "order.items_changed": LocalText(
        "商品已经修改过，不能再改", "its items were changed before, and nothing can be changed after that"
    ),
    "payment.another": LocalText("它本来就是这样支付的", "it was paid that way already"),
    "payment.covered": LocalText("礼品卡余额不足", "the gift card does not hold enough"),
    "payment.missing": LocalText(
        "有一笔付款被拒，需要先补付", "a payment was declined and has to be made first"
    ),
    "payment.paid_once": LocalText(
        "它还没有付清，或不是用一种方式付的", "it is not paid yet, or not by one method alone"
    ),
    "payment.settled": LocalText("还有付款在处理中", "a payment is still under way"),
    "refund.no_case": LocalText("它有退换货正在处理", "a return or exchange of it is under way"),
    "refund.held": LocalText("退款不能超过已付金额", "no more can come back than was paid"),
    "refund.price_fell": LocalText(
        "现在的价格没有低于您付的价格", "the price today is not below what you paid"
    ),
    "refund.price_protection": LocalText("已过价保期（{rule}）", "the time for it is over ({rule})"),
    "refund.whole_line": LocalText(
        "同一商品需要一起申请", "all pieces of an item have to be claimed together"
    ),
    "repair.delivered": LocalText("订单还没有签收", "it has not been delivered yet"),
    "repair.once": LocalText("它已有维修在处理", "a repair of it is under way"),
    "repair.warranty": LocalText("已过保修期（{rule}）", "the warranty is over ({rule})"),
    "return.once": LocalText("它之前退过货", "it went back before"),
    "return.condition": LocalText("需要{rule}", "only if {rule}"),
    "return.window": LocalText("已过期限（{rule}）", "the time is over ({rule})"),
    "shipping.area": LocalText("这个地区不能配送", "we do not deliver there"),
    "shipping.country": LocalText("不能改到别的国家", "it can't go to another country"),
    "shipping.fee": LocalText(
        "新地址运费更高，而订单已经付款", "delivery costs more there, and the order is paid already"
    ),
    "shipping.region": LocalText("请说明是哪个省", "the province is not known"),
    "urge.once": LocalText("它已经催过了（{rule}）", "it was hurried already ({rule})"),
    "urge.open": LocalText("它不在等待发货或运输途中", "it does not wait to be sent and is not on its way"),
}
# A rule that fails because another one does, which says enough.
_BECAUSE: Final = {"invoice.window": "invoice.paid", "repair.warranty": "repair.delivered"}
# A window that never began has no day in its rule's text, which tells why.
_UNTIL_A_DAY: Final = ("repair.warranty", "refund.price_protection")


def reasons(trace: tuple[RuleStep, ...], language: str) -> str:
    """Of every rule that fails, each once."""
    failed = [step for step in trace if step.outcome is RuleOutcome.FAILED]
    ids = {step.rule_id for step in failed}
    failed = [step for step in failed if _BECAUSE.get(step.rule_id) not in ids]
    return say(language, "；", "; ").join(dict.fromkeys(_reason(step, language) for step in failed))


def _reason(step: RuleStep, language: str) -> str:
    rule = step.text.in_language(language).replace(",", say(language, "，", ","))
    if step.rule_id in _UNTIL_A_DAY and not any(c.isdigit() for c in rule):
        return rule
    why = next((text for rule_id, text in _WHY.items() if step.rule_id.startswith(rule_id)), None)
    return rule if why is None else why.in_language(language).format(rule=rule)
