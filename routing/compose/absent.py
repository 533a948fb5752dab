"""What is said where something that is asked for is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from commerce.domain.orders import OPEN_STATES, RESERVING_STATES, OrderState
from commerce.domain.text import LocalText
from models.types import Understood
from routing.compose.defaults import DEFAULTS, INTENTS_OF_GOODS
from routing.compose.described import is_described
from routing.compose.knowledge import RELIABLE
from routing.compose.refunds import GOES_BACK
from routing.facts import NEEDS, Facts, meant
from routing.sheet.asked.kinds import VAGUE, asked_kinds
from routing.sheet.fact import SheetFact
from routing.wording import say

# What is said where there is no fact of that kind.
ABSENT: Final[Mapping[str, LocalText]] = {
    "order.expected": LocalText(
        "目前还查不到预计送达的日期。", "I don't have an expected day of arrival for it yet."
    ),
    "order.tracking": LocalText("没有查到运单号。", "I have no tracking number for it."),
    "order.delivered": LocalText("签收时间没有记录，我查不到。", "The time of delivery is not on record."),
    "order.placed": LocalText("下单时间没有记录，我查不到。", "When it was placed is not on record."),
    "order.shipped": LocalText("没有查到发货时间。", "I have no date on which it was sent."),
    "order.hour": LocalText("具体几点，物流信息里没有写明。", "The parcel's data does not say the hour."),
    "order.courier": LocalText(
        "快递员的姓名和电话，我在这里查不到。", "I can't see the courier's name and phone number here."
    ),
    "order.why": LocalText(
        "原因我在这里查不到，需要的话可以说“转人工”。", "I can't see the reason here; ask for a person if you need it."
    ),
    "order.refund": LocalText("这个订单没有退款记录。", "There is no refund for this order."),
    "order.invoice": LocalText("这个订单还没有开过发票。", "No invoice was issued for this order yet."),
    "order.discount": LocalText("这个订单没有优惠。", "Nothing was taken off this order."),
    "product.restock": LocalText(
        "什么时候补货，商品资料里没有写明，我查不到。", "The product's data does not say when there will be more of it."
    ),
    "customer.coupon": LocalText("您目前没有可用的优惠券。", "You have no coupons that can be used now."),
    "line.warranty": LocalText("这件商品没有单独的保修期。", "There is no warranty of its own on it."),
}  # fmt: skip
# What is said instead of an order in these states, since it has not come to that.
_NOT_YET: Final[Mapping[str, tuple[frozenset[OrderState], LocalText]]] = {
    "order.tracking": (
        RESERVING_STATES,
        LocalText(
            "还没有发货，暂时没有运单号。", "It has not been sent yet, so there is no tracking number."
        ),
    ),
    "order.delivered": (OPEN_STATES, LocalText("还没有签收。", "It has not been delivered yet.")),
}
# How near an article has to be to tell something of one product.
_OF_ONE: Final = 0.7


def what_is_absent(
    understood: Understood, facts: Facts, asked: tuple[str, ...], chosen: tuple[SheetFact, ...]
) -> list[str]:
    """That what was asked is not known, of each kind that is asked for and not there."""
    language, kinds = understood.language, {fact.kind for fact in chosen}
    # An order is named to whatever it was taken for.
    is_off = facts.asked_order_id is not None and not NEEDS[understood.intent].orders
    absent = [
        _said_of(kind, facts).in_language(language)
        for kind in asked or (() if is_off else DEFAULTS.get(understood.intent, ())[:1])
        if kind in ABSENT and kind not in kinds and _is_missed(kind, asked, chosen, facts)
    ]
    # What is said of all goods of that kind seldom answers what is asked of one.
    least = _OF_ONE if facts.goods else RELIABLE
    is_told = any(passage.score >= least for passage in facts.passages)
    is_of_goods = understood.intent in INTENTS_OF_GOODS and facts.goods and not is_told
    is_vague = set(asked) <= VAGUE
    if is_of_goods and is_vague and not asked_kinds(facts.message) and not is_described(facts, chosen):
        absent.append(
            say(
                language,
                "这一点商品资料里没有写明，我查不到。",
                "The product's description does not say that, so I don't know.",
            )
        )
    if "shop.promotion" in kinds and not is_described(facts, chosen, _PROMOTIONS):
        absent.append(say(language, "没有查到针对这一点的优惠说明。", "I found no offer of that kind."))
    rules = [kind for kind in asked if kind.startswith("shop.")]
    if rules and not chosen and not is_told:
        absent.append(
            say(
                language,
                "店铺资料里没有写明这一点，我查不到，需要的话可以说“转人工”。",
                "The shop's information does not say that, so I don't know; ask for a person if you need to.",
            )
        )
    return absent


def _said_of(kind: str, facts: Facts) -> LocalText:
    states, text = _NOT_YET.get(kind, (frozenset(), ABSENT[kind]))
    return text if facts.orders and meant(facts).state in states else ABSENT[kind]


_PROMOTIONS: Final = re.compile(
    r"优惠|活动|折扣|打折|几折|便宜|discounts?|offers?|promotions?|sales?|cheaper", re.I
)


def _is_missed(kind: str, asked: tuple[str, ...], chosen: tuple[SheetFact, ...], facts: Facts) -> bool:
    """Whether to say that there is no such fact: of an order where one is meant, and where nothing else tells it."""
    about, kinds = kind.split(".")[0], {fact.kind for fact in chosen}
    if about in ("order", "line") and (not facts.orders or facts.is_order_unknown):
        return False
    if about == "customer" and facts.person is None:
        return False
    if kind == "line.warranty" and kinds & {"product.repair", "shop.warranty"}:
        return False
    if kind == "order.hour":
        return not _is_hour_told(asked, chosen)
    # What has not happened is no gap in what was written down.
    return about != "order" or meant(facts).state in _MISSED_IN.get(kind, tuple(OrderState))


_MISSED_IN: Final[Mapping[str, tuple[OrderState, ...]]] = {
    "order.expected": tuple(OPEN_STATES),
    "order.shipped": (OrderState.SHIPPED, OrderState.DELIVERED),
    "order.delivered": (*OPEN_STATES, OrderState.DELIVERED),
    "order.refund": tuple(state for state in OrderState if state not in GOES_BACK),
}


def _is_hour_told(asked: tuple[str, ...], chosen: tuple[SheetFact, ...]) -> bool:
    """By what is asked for beside it, or is denied already; where that is nothing, by whatever is told."""
    others = {kind for kind in asked if kind.startswith("order.")} - {"order.hour"}
    # When it was seen last is not when it comes; it counts where that alone is asked.
    others = others - {_SEEN_LAST} or others
    told = [fact for fact in chosen if fact.kind in others]
    if not told and others & set(ABSENT):
        return True
    telling = told or [fact for fact in chosen if fact.kind != _SEEN_LAST]
    return any(_HOUR.search(fact.text.zh) for fact in telling)


_SEEN_LAST: Final = "order.latest_event"
_HOUR: Final = re.compile(r"\d:\d\d")
