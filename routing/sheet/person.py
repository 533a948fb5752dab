"""The facts of the customer: points, level, gift card, coupons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from commerce.domain.coupons import Coupon
from commerce.domain.customers import Customer, MemberLevel
from commerce.domain.payment_methods import MethodKind, PaymentMethod
from commerce.domain.text import LocalText
from routing.sheet.fact import SheetFact, fact
from routing.wording import coupon_name, money

_LEVELS: Final = {
    MemberLevel.ORDINARY: LocalText("普通会员", "an ordinary member"),
    MemberLevel.SILVER: LocalText("银卡会员", "a silver member"),
    MemberLevel.GOLD: LocalText("金卡会员", "a gold member"),
}


def person_facts(
    customer: Customer | None, methods: Iterable[PaymentMethod], coupons: Iterable[Coupon]
) -> Iterator[SheetFact]:
    """Of whoever asks; without an account only what they pay with."""
    if customer is not None:
        yield fact(
            "customer.points",
            None,
            f"您现在有{customer.points}积分。",
            f"You have {customer.points} points now.",
        )
        level = _LEVELS[customer.level]
        plus = LocalText("，已开通 PLUS 会员", ", with PLUS") if customer.is_plus else LocalText("", "")
        yield fact("customer.level", None, f"您是{level.zh}{plus.zh}。", f"You are {level.en}{plus.en}.")
    for method in methods:
        if method.kind is MethodKind.GIFT_CARD and method.is_own and method.balance_minor is not None:
            left = LocalText(*(money(method.balance_minor, method.currency, lang) for lang in ("zh", "en")))
            yield fact(
                "customer.gift_card",
                None,
                f"您的礼品卡余额是 {left.zh}。",
                f"There is {left.en} left on your gift card.",
                method.method_id,
            )
    for coupon in coupons:
        yield fact(
            "customer.coupon",
            None,
            f"您有优惠券 {coupon_name(coupon, 'zh')}。",
            f"You have the coupon {coupon_name(coupon, 'en')}.",
            coupon.coupon_id,
        )
