"""What an intent is about, where the words ask for nothing in particular."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from models.types import Understood
from routing.compose.described import is_described, written_of_goods
from routing.compose.knowledge import NEAR
from routing.compose.narrowing import narrowed
from routing.facts import Facts
from routing.sheet.asked.kinds import asked_kinds
from routing.sheet.fact import SheetFact, of_kinds

PROGRESS: Final = (
    "order.state",
    "order.payment_due",
    "order.late",
    "order.ships_on",
    "order.tracking",
    "order.latest_event",
    "order.expected",
    "order.delivered",
)
REFUND_TIMES: Final = ("shop.refund_card", "shop.refund_wallet", "shop.refund_gift_card")
# Facts of what one has, or of the goods that are named.
DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "order_status": PROGRESS,
    "logistics_tracking": PROGRESS,
    "urge_shipment": PROGRESS,
    "cancel_order": ("order.state",),
    "change_address": ("order.state", "order.address"),
    "modify_order": ("order.state", "order.contents"),
    "damaged_or_wrong_item": ("order.state", "line.fault_until", "shop.fault"),
    "refund_status": ("order.refund", "order.state", "order.refund_to", *REFUND_TIMES),
    "payment_problem": ("order.total", "order.method", "order.refund"),
    "return_request": ("order.state", "line.return_until", "line.not_returnable"),
    "return_policy": ("line.return_until", "line.not_returnable", "line.fault_until"),
    "exchange_request": ("product.exchangeable", "order.state"),
    "price_promotion": ("product.price", "product.stock"),
    "stock_availability": ("product.stock", "product.price"),
    "product_question": ("product.description", "product.price", "product.stock"),
    "membership_points": ("customer.level", "customer.points"),
    "coupon": ("customer.coupon",),
    "warranty_repair": ("line.warranty", "product.repair"),
    "technical_support": ("product.faults", "product.installation"),
    "invoice": ("order.invoice",),
}
# The shop's rules that an intent is about, for whoever asks in words that they don't have, and has no order that is meant.
_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "refund_status": ("shop.refund_card", "shop.refund_wallet", "shop.refund_gift_card", "shop.refund_chain"),
    "return_request": ("shop.return_window", "shop.return_condition", "shop.pickup_fee"),
    "return_policy": ("shop.return_window", "shop.return_condition", "shop.pickup_fee"),
    "exchange_request": ("shop.exchanges", "shop.return_window"),
    "cancel_order": ("shop.cancelling", "shop.cancel_reasons"),
    "change_address": ("shop.changing",),
    "modify_order": ("shop.changing",),
    "delivery_policy": ("shop.shipping_fee", "shop.delivery_time", "shop.cutoff"),
    "urge_shipment": ("shop.cutoff", "shop.late"),
    "invoice": ("shop.invoice", "shop.invoice_reissue"),
    "warranty_repair": ("shop.warranty", "shop.repair_time"),
    "membership_points": ("shop.points", "shop.levels"),
    "complaint": ("shop.complaint",),
    "damaged_or_wrong_item": ("shop.fault",),
    "technical_support": ("shop.fault",),
}
INTENTS_OF_GOODS: Final = ("product_question", "stock_availability", "price_promotion")
_OF_WHAT_IS_OWNED: Final = ("line.return_until", "line.not_returnable", "line.fault_until", "line.warranty")


def by_default(understood: Understood, facts: Facts, sheet: tuple[SheetFact, ...]) -> tuple[SheetFact, ...]:
    """What the intent is about; of the shop's rules where neither an order nor an article tells more."""
    own = narrowed(of_kinds(sheet, DEFAULTS.get(understood.intent, ())), facts)
    if facts.goods and (understood.intent in INTENTS_OF_GOODS or not own) and not asked_kinds(facts.message):
        written = (*written_of_goods(facts, sheet), *of_kinds(sheet, ("product.description",)))
        own = tuple(dict.fromkeys((*written, *own)))
        if facts.orders and not is_described(facts, own):
            # Of what they have bought they ask something else than of what is for sale.
            own = (*narrowed(of_kinds(sheet, _OF_WHAT_IS_OWNED), facts), *own)
    if not own and facts.asked_order_id is not None:
        own = of_kinds(sheet, PROGRESS)
    if own or any(passage.score >= NEAR for passage in facts.passages):
        return own
    return narrowed(of_kinds(sheet, _RULES.get(understood.intent, ())), facts)


def is_by_rules(understood: Understood, chosen: tuple[SheetFact, ...]) -> bool:
    """Whether nothing but what is told to everybody who asks about such things was found."""
    return bool(chosen) and {fact.kind for fact in chosen} <= set(_RULES.get(understood.intent, ()))
