"""The composed answer: order card, dates in the shop's zone, rule trace, a cited sentence, the next step.

The designed rung where no chat model has proven itself: from facts and rules, never from a model's memory.
"""

from collections.abc import Callable
from typing import Final

from models.types import Understood
from routing.answer import Composed
from routing.compose.aftersales import give_back, refund_status, warranty
from routing.compose.knowledge import from_articles, greeting, hand_off, with_order
from routing.compose.orders import order_progress, without_order
from routing.compose.products import product_facts, product_list
from routing.facts import Facts

Composer = Callable[[Understood, Facts], Composed]

_COMPOSERS: Final[dict[str, Composer]] = {
    "product_question": product_facts,
    "product_search": product_list,
    "recommendation": product_list,
    "stock_availability": product_facts,
    "price_promotion": product_facts,
    "coupon": from_articles,
    "size_advice": from_articles,
    "place_order_help": from_articles,
    "payment_problem": with_order,
    "invoice": with_order,
    "order_status": order_progress,
    "logistics_tracking": order_progress,
    "urge_shipment": without_order,
    "change_address": without_order,
    "modify_order": without_order,
    "cancel_order": without_order,
    "delivery_policy": from_articles,
    "return_request": give_back,
    "exchange_request": give_back,
    "refund_status": refund_status,
    "return_policy": from_articles,
    "damaged_or_wrong_item": without_order,
    "warranty_repair": warranty,
    "technical_support": from_articles,
    "complaint": with_order,
    "account_problem": from_articles,
    "membership_points": from_articles,
    "human_agent": hand_off,
    "greeting_thanks": greeting,
}


def compose(understood: Understood, facts: Facts) -> Composed:
    """The composed answer of a routed intent. A pure function of its arguments."""
    return _COMPOSERS[understood.intent](understood, facts)
