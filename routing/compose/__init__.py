"""The composed answer: order card, dates in the shop's zone, rule trace, a cited sentence, the next step.

The designed rung where no chat model has proven itself: from facts and rules, never from a model's memory.
"""

from collections.abc import Callable
from typing import Final

from models.types import Understood
from routing.answer import Composed
from routing.compose.from_sheet import from_sheet
from routing.compose.knowledge import greeting
from routing.compose.orders import give_back, with_sign_in
from routing.compose.products import product_list
from routing.facts import Facts

Composer = Callable[[Understood, Facts], Composed]

_COMPOSERS: Final[dict[str, Composer]] = {
    "product_question": from_sheet,
    "product_search": product_list,
    "recommendation": product_list,
    "stock_availability": from_sheet,
    "price_promotion": from_sheet,
    "coupon": from_sheet,
    "size_advice": from_sheet,
    "place_order_help": from_sheet,
    "payment_problem": with_sign_in,
    "invoice": with_sign_in,
    "order_status": with_sign_in,
    "logistics_tracking": with_sign_in,
    "urge_shipment": with_sign_in,
    "change_address": with_sign_in,
    "modify_order": with_sign_in,
    "cancel_order": with_sign_in,
    "delivery_policy": from_sheet,
    "return_request": give_back,
    "exchange_request": give_back,
    "refund_status": with_sign_in,
    "return_policy": from_sheet,
    "damaged_or_wrong_item": with_sign_in,
    "warranty_repair": from_sheet,
    "technical_support": from_sheet,
    "complaint": with_sign_in,
    "account_problem": from_sheet,
    "membership_points": from_sheet,
    "human_agent": from_sheet,
    "greeting_thanks": greeting,
}


def compose(understood: Understood, facts: Facts) -> Composed:
    """The composed answer of a routed intent. A pure function of its arguments."""
    return _COMPOSERS[understood.intent](understood, facts)
