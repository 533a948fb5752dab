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
    # A few days since are no question how many.
    ("price_promotion", "才买没几天就降价了，能退差价吗", "price_protection"),
    ("price_promotion", "if it costs more do I have to pay the difference", ANSWER),
    # An invoice that there is.
    ("invoice", "你们开的那张发票抬头是谁", ANSWER),
    ("warranty_repair", "no repair please, I want a replacement", "report_problem"),
    ("warranty_repair", "我不想修，给我换新", "report_problem"),
    ("urge_shipment", "地址写成老家了，现在改还行不", "change_address"),
    ("modify_order", "change the delivery address", "change_address"),
    ("order_status", "it was delivered to the wrong address", ANSWER),
    ("modify_order", "can the payment be changed to my card", "change_payment"),
    ("urge_shipment", "it has not left yet, scrap the order", "cancel"),
    ("urge_shipment", "一直不发货，别发了", "cancel"),
    ("urge_shipment", "drop it off sooner please", "urge_shipment"),
    ("change_address", "stop KF260000000001, we have moved", "cancel"),
    ("cancel_order", "can I cancel after it has been shipped?", ANSWER),
    ("cancel_order", "it has been shipped, cancel it", "cancel"),
    ("cancel_order", "发货之后还能取消吗", ANSWER),
    ("modify_order", "can I edit an order once it is packed?", ANSWER),
]


@pytest.mark.parametrize(("intent", "message", "goal"), WISHES)
def test_goal(intent: str, message: str, goal: str) -> None:
    assert goal_of(heard(message, intent)) == goal
