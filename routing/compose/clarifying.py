"""What is said where nothing was answered: which was meant, that it is not ours, that a person takes over."""

from __future__ import annotations

import re
from typing import Final

from models.types import INTENTS, Understood
from routing.answer import Composed
from routing.wording import say

# How each intent is named to a customer who is asked which one was meant.
_MEANINGS_EN: Final[dict[str, str]] = {
    "product_question": "a question about a product",
    "product_search": "finding a product",
    "recommendation": "a recommendation",
    "stock_availability": "whether something is in stock",
    "price_promotion": "a price or an offer",
    "coupon": "a coupon",
    "size_advice": "which size to take",
    "place_order_help": "help with placing an order",
    "payment_problem": "a problem with a payment",
    "invoice": "an invoice",
    "order_status": "the state of an order",
    "logistics_tracking": "where a parcel is",
    "urge_shipment": "faster delivery",
    "change_address": "changing the delivery address",
    "modify_order": "changing an order",
    "cancel_order": "cancelling an order",
    "delivery_policy": "delivery costs and times",
    "return_request": "returning something",
    "exchange_request": "exchanging something",
    "refund_status": "where a refund is",
    "return_policy": "the rules for returns",
    "damaged_or_wrong_item": "a broken, wrong or missing item",
    "warranty_repair": "warranty or repair",
    "technical_support": "help with using a product",
    "complaint": "a complaint",
    "account_problem": "your account",
    "membership_points": "membership or points",
    "human_agent": "talking to a person",
    "greeting_thanks": "just saying hello",
}
_ASKED_ABOUT: Final = 2
_LIKELY: Final = 0.1


def clarifying(understood: Understood) -> Composed:
    """Ask which of the likeliest was meant, by name; where none is likely, what is wanted."""
    language = understood.language
    likely = [score.intent for score in understood.top if score.probability >= _LIKELY]
    candidates = [intent for intent in likely if intent != "greeting_thanks"][:_ASKED_ABOUT]
    if not candidates:
        return _what_is_wanted(language)
    zh = "，还是".join(f"“{re.split('[/(]', INTENTS[name].zh)[0]}”" for name in candidates)
    en = ", or ".join(_MEANINGS_EN[name] for name in candidates)
    return Composed(
        (
            say(language, "我想先确认一下您的意思。", "Let me make sure that I understand."),
            say(language, f"您是想了解{zh}吗？", f"Is it about {en}?"),
            say(
                language,
                "也可以换个说法，或补充订单号、商品名称。",
                "You can also put it another way, or add an order number or product.",
            ),
        )
    )


def _what_is_wanted(language: str) -> Composed:
    return Composed(
        (
            say(language, "我还不清楚您想咨询什么。", "I am not sure yet what you would like to know."),
            say(
                language,
                "您可以告诉我订单号、商品名称，或者想办的事，比如退货、查物流、开发票。",
                "Give me an order number or a product, or say what you need: a return, a delivery, an invoice.",
            ),
        )
    )


def refusing(understood: Understood) -> Composed:
    """Not ours: say so kindly, and what we can do."""
    return Composed(
        (
            say(
                understood.language,
                "抱歉，这个问题我帮不上，它不在购物客服的范围内。",
                "Sorry, I can't help with that: it is not something that this shop's customer service knows.",
            ),
            say(
                understood.language,
                "我可以帮您找商品、查订单和物流、办理退换货和发票。",
                "I can help with products, orders, deliveries, returns and invoices.",
            ),
        )
    )


def small_talk(courtesy: str, is_waiting: bool, language: str) -> Composed:
    """Thanks, a goodbye, something noted, or a yes to nothing. `is_waiting`: something is still to be answered."""
    if courtesy == "bye":
        return Composed((say(language, "再见，祝您生活愉快！", "Goodbye, and have a nice day!"),))
    if courtesy == "thanks":
        more = say(
            language, "不客气，有需要随时找我。", "You are welcome. I am here if you need anything else."
        )
        return Composed((more,))
    if is_waiting:
        return Composed((say(language, "好的。", "All right."),))
    return Composed(
        (
            say(
                language,
                "好的。现在没有等您确认的事，有需要请直接告诉我。",
                "All right. Nothing is waiting for your answer now; just tell me what you need.",
            ),
        )
    )


def calming(language: str) -> Composed:
    """Upset, and nothing came about: a person takes over."""
    return Composed(
        (
            say(
                language,
                "非常抱歉给您带来不好的体验，我已为您转接人工客服，刚才说过的内容会一并转过去。",
                "I am very sorry about this; I am passing you to a colleague, with all that you told me.",
            ),
        ),
        hands_off=True,
    )


def handing_off(understood: Understood) -> Composed:
    """Unrecognised again: a person takes over."""
    return Composed(
        (
            say(
                understood.language,
                "抱歉没能理解您的问题，我已为您转接人工客服，请稍候。",
                "I am sorry that I could not follow; I am passing you to a colleague now.",
            ),
        ),
        hands_off=True,
    )
