"""Which order an answer is about, and what the conversation remembers of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from commerce.domain.orders import OPEN_STATES, Order, OrderState
from routing.dialogue.goals import ANSWER
from routing.dialogue.goods import orders_naming
from routing.dialogue.heard import Heard
from routing.dialogue.picking import picked_option
from routing.dialogue.rules import Plan
from routing.dialogue.state import DialogueState, Question, Topic
from routing.dialogue.which_order import Choosing, choose_order, likely_orders, order_options
from routing.facts import NEEDS, ORDERS_IF_NAMED, Facts, meant

_EVERY: Final = frozenset(OrderState)
_UNDER_WAY: Final = frozenset({OrderState.RETURN_REQUESTED, OrderState.EXCHANGE_REQUESTED})
_ENDED: Final = frozenset({OrderState.RETURNED, OrderState.CANCELLED})
_ARRIVED: Final = frozenset({OrderState.DELIVERED})
# The orders that a question of that intent is about, the likeliest first; of any other the open ones.
_LIKELY: Final = {
    "refund_status": (_UNDER_WAY, _ENDED, _EVERY),
    "return_request": (_UNDER_WAY, _ARRIVED, _EVERY),
    "exchange_request": (_UNDER_WAY, _ARRIVED, _EVERY),
    "warranty_repair": (_ARRIVED, _EVERY),
    "return_policy": (_ARRIVED, _EVERY),
}
_OPEN_FIRST: Final = (OPEN_STATES, _EVERY)


def picked_order(plan: Plan, heard: Heard) -> str | None:
    """The id of the order that was picked from those that an answer had offered."""
    question = plan.state.topic.question if plan.state.topic else None
    option = picked_option(question, heard) if question is not None and question.slot == "order" else None
    return option.value if option else None


def may_mean_order(intent: str, heard: Heard) -> bool:
    """Whether an answer of that intent may be about an order of which no number is said."""
    return intent not in ORDERS_IF_NAMED or intent == "return_policy" or bool(heard.said("product"))


def about_order(plan: Plan, heard: Heard, facts: Facts) -> Facts:
    """The facts with the order first that is meant, where one is meant."""
    if not facts.orders or facts.is_order_unknown:
        return facts
    intent = plan.topic.intent if plan.topic is not None else heard.understood.intent
    is_if_named = intent in ORDERS_IF_NAMED and not facts.asked_order_id
    if is_if_named and not (may_mean_order(intent, heard) and orders_naming(facts.orders, heard, facts)):
        return replace(facts, orders=())
    likely = likely_orders(facts, _LIKELY.get(intent, _OPEN_FIRST))
    spoken_of, is_other = plan.state.order_id, heard.acts.other
    if heard.said("product") and not (facts.asked_order_id or is_other):
        named = orders_naming(likely, heard, facts) or orders_naming(facts.orders, heard, facts)
        if named:
            # The newest with those goods; whoever means another says so.
            return _about(named[0], facts)
    chosen = choose_order(Choosing(heard, facts, likely, picked_order(plan, heard), spoken_of, is_other))
    return facts if chosen is None else _about(chosen.order, facts)


def _about(order: Order, facts: Facts) -> Facts:
    others = tuple(each for each in facts.orders if each != order)
    return replace(facts, orders=(order, *others), asked_order_id=order.order_id)


def after_answer(plan: Plan, facts: Facts, intent: str) -> DialogueState:
    """The order is remembered. Where several could have been meant they can be picked from, which nobody has to."""
    state = plan.state
    if state.topic is not None and state.topic.goal == ANSWER:
        state = state.ended()
    if not NEEDS[intent].orders or not facts.orders:
        return replace(state, last=Topic(ANSWER, intent))
    open_orders = tuple(order for order in facts.orders if order.is_open)
    state = replace(state, order_id=meant(facts).order_id, last=Topic(ANSWER, intent))
    if facts.asked_order_id is None and len(open_orders) > 1 and not state.topics:
        question = Question("order", order_options(open_orders))
        return state.pushed(replace(Topic(ANSWER, intent), question=question))
    return state
