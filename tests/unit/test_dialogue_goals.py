"""What is wanted done, by the intent and the words."""

import pytest

from routing.dialogue.goals import ANSWER, goal_of
from tests.dialogue_values import heard

WISHES = [
    ("cancel_order", "帮我取消订单", "cancel"),
    ("cancel_order", "cancel it", "cancel"),
    ("change_address", "改地址", "change_address"),
    ("modify_order", "改颜色", "change_items"),
    ("modify_order", "换个支付方式", "change_payment"),
    ("payment_problem", "我想换一个支付方式", "change_payment"),
    ("payment_problem", "付不了款", ANSWER),
    ("modify_order", "please change the payment method to my gift card", "change_payment"),
    ("return_request", "我要退货", "return"),
    ("exchange_request", "换一双", "exchange"),
    ("price_promotion", "刚买就降价了，退我差价", "price_protection"),
    ("price_promotion", "价保规则是什么", ANSWER),
    ("price_promotion", "有什么优惠", ANSWER),
    ("refund_status", "the price dropped, refund me the difference", "price_protection"),
    ("price_promotion", "how long is price protection", ANSWER),
    ("damaged_or_wrong_item", "收到是坏的", "report_problem"),
    ("warranty_repair", "坏了想维修", "repair"),
    ("warranty_repair", "can you repair it", "repair"),
    ("warranty_repair", "保修多久", ANSWER),
    ("warranty_repair", "is it covered", ANSWER),
    ("invoice", "帮我开发票", "reissue_invoice"),
    ("invoice", "I need an invoice", "reissue_invoice"),
    ("invoice", "发票什么时候开", ANSWER),
    ("invoice", "抬头写错了要改", "reissue_invoice"),
    ("invoice", "where is my invoice", ANSWER),
    ("urge_shipment", "快点发货", "urge_shipment"),
    ("coupon", "帮我用一下优惠券", "apply_coupon"),
    ("coupon", "apply my coupon please", "apply_coupon"),
    ("coupon", "优惠券怎么用", ANSWER),
    ("coupon", "how do I use a coupon", ANSWER),
    ("complaint", "我要投诉", "open_complaint"),
    ("order_status", "到哪了", ANSWER),
    ("product_search", "找一件羽绒服", ANSWER),
    ("greeting_thanks", "取消", ANSWER),
]


@pytest.mark.parametrize(("intent", "message", "goal"), WISHES)
def test_goal(intent: str, message: str, goal: str) -> None:
    assert goal_of(heard(message, intent)) == goal
