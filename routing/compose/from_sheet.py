"""Answers out of single facts: those that are asked for, or else those that the intent is about; then a cited sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from commerce.domain.catalogue import Product
from commerce.domain.orders import OPEN_STATES, Order, OrderState
from commerce.domain.text import LocalText
from models.types import Understood
from routing.answer import Composed
from routing.compose.knowledge import NEAR, RELIABLE, from_articles, near, not_told, quoted
from routing.facts import NEEDS, Details, Facts
from routing.sheet.asked import INTENT_OF, asked_kinds, kinds_by_likeness, of_kinds
from routing.sheet.fact import SheetFact
from routing.sheet.goods import is_called, product_facts
from routing.sheet.order import order_facts
from routing.sheet.person import person_facts
from routing.sheet.rules import policy_facts
from routing.sheet.sharing import shared_parts, shared_words, told_words
from routing.wording import order_card, product_card, say

_PROGRESS: Final = (
    "order.state",
    "order.payment_due",
    "order.late",
    "order.ships_on",
    "order.tracking",
    "order.latest_event",
    "order.expected",
    "order.delivered",
)
_REFUND_TIMES: Final = ("shop.refund_card", "shop.refund_wallet", "shop.refund_gift_card")
# What an intent is about where the words ask for nothing in particular.
_DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "order_status": _PROGRESS,
    "logistics_tracking": _PROGRESS,
    "urge_shipment": _PROGRESS,
    "cancel_order": ("order.state",),
    "change_address": ("order.state", "order.address"),
    "modify_order": ("order.state", "order.contents"),
    "damaged_or_wrong_item": ("order.state", "line.fault_until", "shop.fault"),
    "refund_status": ("order.refund", "order.state", "order.refund_to", *_REFUND_TIMES),
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
# What goes with a fact that is asked for, since alone it says too little.
_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "order.expected": ("order.state", "order.expected", "order.ships_on", "order.latest_event"),
    "order.latest_event": _PROGRESS,
    "order.delivered": ("order.state", "order.delivered", "order.expected"),
    "order.shipped": ("order.state", "order.shipped", "order.ships_on"),
    "order.cancelled": ("order.state", "order.cancelled"),
    "order.refund": ("order.refund", "order.state", "order.refund_to", *_REFUND_TIMES),
    "line.paid": ("order.refund", "line.paid", "line.return_until", "line.not_returnable"),
    "line.return_until": ("line.return_until", "line.not_returnable"),
    "line.fault_until": ("line.fault_until", "line.return_until", "line.not_returnable"),
    "order.refund_to": ("order.refund", "order.refund_to"),
    "order.price_protection": ("order.price_protection", "shop.price_protection"),
    "shop.return_window": ("shop.return_window", "shop.return_condition"),
    "shop.refund_card": ("order.refund", "shop.refund_card"),
    "shop.refund_chain": ("shop.refund_chain", "shop.refund_card", "shop.refund_wallet"),
    "order.ships_on": ("order.state", "order.late", "order.ships_on"),
    "product.price": ("product.price", "product.stock"),
    "product.stock": ("product.stock", "product.price"),
    "product.restock": ("product.stock",),
}
_ABSENT: Final[Mapping[str, LocalText]] = {
    "order.expected": LocalText(
        "目前还查不到预计送达的日期。", "I don't have an expected day of arrival for it yet."
    ),
    "order.tracking": LocalText("还没有发货，暂时没有运单号。", "It has not been sent yet, so there is no tracking number."),
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
_MOST_SENTENCES: Final = 6
_MOST_ALIKE: Final = 3


def meant(facts: Facts) -> Order:
    """The order that is spoken of: the asked one, which stands first; else the newest that is open, else the newest."""
    if facts.asked_order_id is not None:
        return facts.orders[0]
    return next((order for order in facts.orders if order.is_open), facts.orders[0])


def sheet_of(understood: Understood, facts: Facts) -> tuple[SheetFact, ...]:
    """All facts of the turn: of the order that is meant, the goods that are named, the customer, the shop."""
    found: list[SheetFact] = []
    if facts.orders and not facts.is_order_unknown:
        found += order_facts(meant(facts), facts, facts.details)
    for product in facts.goods:
        found += product_facts(product, facts.query, facts.message)
    if facts.person is not None:
        found += person_facts(facts.person.customer, facts.person.methods, facts.person.coupons)
    return (*found, *policy_facts(facts, dict(facts.categories)))


def from_sheet(understood: Understood, facts: Facts) -> Composed:
    """The facts that answer, and the best article where it is about the same; a person where there is neither."""
    language = understood.language
    is_general = understood.intent not in _OF_GOODS or (
        understood.intent == "product_question" and near(facts)
    )
    if is_general and not any(_is_called(each, facts) for each in facts.goods):
        # What holds for all goods of a kind is asked for, and not what one of them is.
        facts = replace(facts, goods=())
    sheet = sheet_of(understood, facts)
    asked = _asked(understood, facts, sheet)
    chosen = _narrowed(_of_ones_own(of_kinds(sheet, _whole(asked)), sheet, facts), facts)
    chosen = chosen or _by_default(understood, facts, sheet)
    if asked and not asked_kinds(facts.message):
        chosen = _with_the_likelier(understood, facts, sheet, asked, chosen)
    chosen = _with_what_is_under_way(understood, facts, sheet, chosen)
    chosen = _with_when_it_arrives(facts, sheet, chosen)
    said = [fact.text.in_language(language) for fact in chosen[:_MOST_SENTENCES]]
    absent = _absent(understood, facts, asked, chosen)
    if not asked and _is_by_rules(understood, chosen) and not _is_described(facts, chosen):
        absent.append(not_told(language))
    article = _article(understood, facts, chosen, bool(absent))
    if not said and not absent:
        return article or from_articles(understood, facts)
    support = article or Composed(())
    return Composed(
        tuple(dict.fromkeys((*absent, *said, *support.sentences))),
        support.citations,
        cards=_cards(chosen, facts, language),
    )


def _asked(understood: Understood, facts: Facts, sheet: tuple[SheetFact, ...]) -> tuple[str, ...]:
    """The kinds that are asked for: by words, else by what other customers ask them as, where there are such facts."""
    by_words = tuple(kind for kind in asked_kinds(facts.message) if _is_meant(kind, understood, facts))
    there = {fact.kind for fact in sheet} | set(_ABSENT)
    alike = tuple(
        kind
        for kind in kinds_by_likeness(facts.likenesses)
        if kind in there
        and _is_meant(kind, understood, facts)
        and not (facts.asked_order_id is not None and kind.startswith("customer."))
    )
    if by_words and not (set(by_words) <= _VAGUE and alike):
        return by_words
    # What is one fact of an order comes before what is one of each of its lines.
    whole_first = sorted(alike, key=lambda kind: kind.startswith("line."))
    return tuple(dict.fromkeys((*whole_first, *by_words)))


def _is_called(product: Product, facts: Facts) -> bool:
    return is_called(facts.message, product.name.zh, product.name.en)


def _with_the_likelier(
    understood: Understood,
    facts: Facts,
    sheet: tuple[SheetFact, ...],
    asked: tuple[str, ...],
    chosen: tuple[SheetFact, ...],
) -> tuple[SheetFact, ...]:
    """What is only like a question is told beside what the intent is about, where that is another."""
    if understood.intent == "product_question" and facts.goods:
        told = (*_of_goods_by_words(facts, sheet), *of_kinds(sheet, ("product.description",)))
        return tuple(dict.fromkeys((*chosen, *told)))
    is_of_order = all(kind.startswith(("order.", "line.")) for kind in asked)
    if not is_of_order or INTENT_OF.get(asked[0]) == understood.intent:
        return chosen
    return tuple(dict.fromkeys((*of_kinds(sheet, _DEFAULTS.get(understood.intent, ())), *chosen)))


# Asked in words that stand in many questions about something else of the goods.
_VAGUE: Final = frozenset(("product.price", "product.stock", "product.variants", "product.description"))


def _is_by_rules(understood: Understood, chosen: tuple[SheetFact, ...]) -> bool:
    """Whether nothing but what is told to everybody who asks about such things was found."""
    return bool(chosen) and {fact.kind for fact in chosen} <= set(_RULES.get(understood.intent, ()))


def _of_goods_by_words(facts: Facts, sheet: tuple[SheetFact, ...]) -> tuple[SheetFact, ...]:
    """What the shop wrote down of the goods that are named and has most in common with the message beside their names."""
    message = facts.message.lower()
    for product in facts.goods:
        for name in (product.name.zh.lower(), product.name.en.lower()):
            message = message.replace(name, " ")
    written = [f for f in sheet if f.kind.startswith("product.") and f.kind not in _BARE]
    worth = [(shared_words(f.text.zh, message), at) for at, f in enumerate(written)]
    best = sorted((pair for pair in worth if pair[0] >= _LEAST_SHARED), key=lambda pair: (-pair[0], pair[1]))
    return tuple(written[at] for _, at in best[:_MOST_WRITTEN])


_OF_WHAT_IS_OWNED: Final = ("line.return_until", "line.not_returnable", "line.fault_until", "line.warranty")
_BARE: Final = ("product.price", "product.stock", "product.variants")
_LEAST_SHARED: Final = 4
_MOST_WRITTEN: Final = 2


def _by_default(understood: Understood, facts: Facts, sheet: tuple[SheetFact, ...]) -> tuple[SheetFact, ...]:
    """What the intent is about; of the shop's rules where neither an order nor an article tells more."""
    own = _narrowed(of_kinds(sheet, _DEFAULTS.get(understood.intent, ())), facts)
    if facts.goods and (understood.intent in _OF_GOODS or not own) and not asked_kinds(facts.message):
        written = (*_of_goods_by_words(facts, sheet), *of_kinds(sheet, ("product.description",)))
        own = tuple(dict.fromkeys((*written, *own)))
        if facts.orders and not _is_described(facts, own):
            # Of what they have bought they ask something else than of what is for sale.
            own = (*_narrowed(of_kinds(sheet, _OF_WHAT_IS_OWNED), facts), *own)
    if not own and facts.asked_order_id is not None:
        own = of_kinds(sheet, _PROGRESS)
    if own or any(passage.score >= NEAR for passage in facts.passages):
        return own
    return _narrowed(of_kinds(sheet, _RULES.get(understood.intent, ())), facts)


def _with_what_is_under_way(
    understood: Understood, facts: Facts, sheet: tuple[SheetFact, ...], chosen: tuple[SheetFact, ...]
) -> tuple[SheetFact, ...]:
    """Whoever asks about the refund of an order that is named, or while something goes back, is told how far that is."""
    if understood.intent not in _OF_REFUNDS or not facts.orders or facts.is_order_unknown:
        return chosen
    is_named = understood.intent == "refund_status" and facts.asked_order_id is not None
    first = of_kinds(sheet, ("order.state", "order.refund"))
    if meant(facts).state not in _GOES_BACK:
        return tuple(dict.fromkeys((*chosen, *first))) if is_named else chosen
    then = chosen
    if not any(fact.kind.startswith("shop.") for fact in chosen):
        rules = of_kinds(sheet, ("shop.refund_chain", *_REFUNDS))
        then = (*chosen, *_narrowed(rules, facts))
    return tuple(dict.fromkeys((*first, *then)))


def _with_when_it_arrives(
    facts: Facts, sheet: tuple[SheetFact, ...], chosen: tuple[SheetFact, ...]
) -> tuple[SheetFact, ...]:
    """How long a refund takes by the way that it went stands beside it: what was sent is not there yet."""
    kinds = {fact.kind for fact in chosen}
    if "order.refund" not in kinds or kinds & set(_REFUNDS):
        return chosen
    return (*chosen, *_by_method(of_kinds(sheet, _REFUNDS), facts))


_OF_REFUNDS: Final = ("refund_status", "return_request", "return_policy")


def _absent(
    understood: Understood, facts: Facts, asked: tuple[str, ...], chosen: tuple[SheetFact, ...]
) -> list[str]:
    """That what was asked is not known, of each kind that is asked for and not there."""
    language, kinds = understood.language, {fact.kind for fact in chosen}
    # An order is named to whatever it was taken for.
    is_off = facts.asked_order_id is not None and not NEEDS[understood.intent].orders
    absent = [
        _ABSENT[kind].in_language(language)
        for kind in asked or (() if is_off else _DEFAULTS.get(understood.intent, ())[:1])
        if kind in _ABSENT and kind not in kinds and _is_missed(kind, asked, chosen, facts)
    ]
    # What is said of all goods of that kind seldom answers what is asked of one.
    least = _OF_ONE if facts.goods else RELIABLE
    is_told = any(passage.score >= least for passage in facts.passages)
    is_of_goods = understood.intent in _OF_GOODS and facts.goods and not is_told
    is_vague = set(asked) <= _VAGUE
    if is_of_goods and is_vague and not asked_kinds(facts.message) and not _is_described(facts, chosen):
        absent.append(
            say(
                language,
                "这一点商品资料里没有写明，我查不到。",
                "The product's description does not say that, so I don't know.",
            )
        )
    if "shop.promotion" in kinds and not _is_described(facts, chosen, _PROMOTIONS):
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


_OF_ONE: Final = 0.7
_OF_GOODS: Final = ("product_question", "stock_availability", "price_promotion")


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
    # What has not happened yet is told by the state, and is not a gap in what was written down.
    return about != "order" or meant(facts).state in _MISSED_IN.get(kind, tuple(OrderState))


_GOES_BACK: Final = (OrderState.RETURN_REQUESTED, OrderState.EXCHANGE_REQUESTED)
_MISSED_IN: Final[Mapping[str, tuple[OrderState, ...]]] = {
    "order.expected": tuple(OPEN_STATES),
    "order.shipped": (OrderState.SHIPPED, OrderState.DELIVERED),
    "order.delivered": (OrderState.DELIVERED,),
    "order.refund": tuple(state for state in OrderState if state not in _GOES_BACK),
}


def _is_hour_told(asked: tuple[str, ...], chosen: tuple[SheetFact, ...]) -> bool:
    """By what is asked for beside it, or is denied already; where that is nothing, by whatever is told."""
    others = {kind for kind in asked if kind.startswith("order.") and kind != "order.hour"}
    told = [fact for fact in chosen if fact.kind in others]
    if not told and others & set(_ABSENT):
        return True
    return any(_HOUR.search(fact.text.zh) for fact in told or chosen)


_HOUR: Final = re.compile(r"\d:\d\d")
# Of an order that is named its own date and postage are told, and not the rule for all.
_OWN: Final[Mapping[str, str]] = {
    "shop.pickup_fee": "line.return_until",
    "shop.return_window": "line.return_until",
    "shop.return_condition": "line.return_until",
    "shop.warranty": "line.warranty",
    "shop.price_protection": "order.price_protection",
}


def _of_ones_own(
    chosen: tuple[SheetFact, ...], sheet: tuple[SheetFact, ...], facts: Facts
) -> tuple[SheetFact, ...]:
    if facts.asked_order_id is None:
        return chosen
    there = {fact.kind for fact in sheet}
    if "order.refund" in there and any(fact.kind in _REFUNDS for fact in chosen):
        chosen = (*of_kinds(sheet, ("order.refund",)), *chosen)
    replaced = {rule for rule, own in _OWN.items() if own in there}
    own = of_kinds(sheet, (_OWN[fact.kind] for fact in chosen if fact.kind in replaced))
    return tuple(dict.fromkeys((*own, *(fact for fact in chosen if fact.kind not in replaced))))


def _whole(kinds: Iterable[str]) -> tuple[str, ...]:
    """With what goes with them. Where one is asked for by name, the others of a default are not told."""
    return tuple(dict.fromkeys(each for kind in kinds for each in _WITH.get(kind, (kind,))))


def _is_meant(kind: str, understood: Understood, facts: Facts) -> bool:
    """Whether such a fact can be meant: one of an order where an order is spoken of, of goods where goods are named."""
    about = kind.split(".")[0]
    needs = NEEDS[understood.intent]
    if about in ("order", "line"):
        return bool(facts.orders) and (needs.orders or facts.asked_order_id is not None)
    if about == "product":
        return bool(facts.goods)
    return True


def _narrowed(chosen: tuple[SheetFact, ...], facts: Facts) -> tuple[SheetFact, ...]:
    """Of many facts of one kind those that share most with the message, such as the rule of the category that is named."""
    kept: list[SheetFact] = []
    chosen = _by_method(chosen, facts)
    for kind in dict.fromkeys(fact.kind for fact in chosen):
        alike = _of_own_goods([fact for fact in chosen if fact.kind == kind], facts)
        if len(alike) > 1 and not (kind == "shop.promotion" and _is_of_another_language(alike, facts)):
            shares = {id(fact): _shared(fact, facts) for fact in alike}
            best = max(shares.values())
            alike = [fact for fact in alike if shares[id(fact)] == best][:_MOST_ALIKE]
        kept += alike[:_MOST_ALIKE]
    return tuple(kept)


def _is_of_another_language(alike: list[SheetFact], facts: Facts) -> bool:
    """Whether the shop wrote it in a language that shares no words with the message."""
    return facts.message.isascii() and all(_HAN.search(fact.text.en) is not None for fact in alike)


_HAN: Final = re.compile(r"[\u4e00-\u9fff]{4}")


_REFUNDS: Final = {
    "shop.refund_gift_card": re.compile(r"礼品卡|购物卡|e卡|gift ?card", re.I),
    "shop.refund_wallet": re.compile(r"支付宝|微信|paypal|alipay|wechat|wallet", re.I),
    "shop.refund_card": re.compile(r"银行卡|信用卡|储蓄卡|(?<!gift )\bcard\b", re.I),
}


def _by_method(chosen: tuple[SheetFact, ...], facts: Facts) -> tuple[SheetFact, ...]:
    """Of how long refunds take what holds for the method that is named, or that paid the order that is meant."""
    if not any(fact.kind in _REFUNDS for fact in chosen):
        return chosen
    paid = ""
    if facts.orders and not facts.is_order_unknown:
        paid = " ".join(payment.method.replace("_", " ") for payment in meant(facts).payments)
    is_named = facts.asked_order_id is not None and not facts.is_order_unknown
    for words in (paid, facts.message) if is_named else (facts.message, paid):
        named = [kind for kind, pattern in _REFUNDS.items() if pattern.search(words)]
        there = [fact for fact in chosen if fact.kind in named]
        # A wallet is told of with the cards where it is no faster.
        there = there or [fact for fact in chosen if fact.kind == "shop.refund_card" and named]
        if there:
            return tuple(fact for fact in chosen if fact.kind not in _REFUNDS or fact in there)
    return chosen


def _of_own_goods(alike: list[SheetFact], facts: Facts) -> list[SheetFact]:
    """Of rules by category those of the category that is named, else of what the order that is meant holds."""
    if not alike or not alike[0].kind.startswith("shop.") or all(fact.part is None for fact in alike):
        return alike
    named = set(facts.query.categories) if facts.query is not None else set()
    named |= {product.category for product in facts.goods}
    if not named and alike[0].kind == "shop.fault":
        return alike[:1]
    if not named and facts.orders and facts.asked_order_id is not None:
        named = {line.category for line in facts.orders[0].lines}
        return [fact for fact in alike if fact.part in named]
    of_all = [fact for fact in alike if fact.part is None]
    return [fact for fact in alike if fact.part in named] or (of_all if named and of_all else alike)


def _shared(fact: SheetFact, facts: Facts) -> int:
    """What fact and message have in common; a category that is named counts most."""
    named = facts.query is not None and fact.part is not None and fact.part in facts.query.categories
    return 100 * named + shared_parts(f"{fact.text.zh} {fact.text.en}", facts.message)


def _article(
    understood: Understood, facts: Facts, chosen: tuple[SheetFact, ...], is_answered: bool
) -> Composed | None:
    """The best passage: whole where it alone answers; a sentence of it beside rules of the shop, if it serves the intent."""
    if not facts.passages:
        return None
    best = facts.passages[0]
    if not chosen and not is_answered:
        return from_articles(understood, facts)
    is_of_rules = all(fact.kind.startswith("shop.") for fact in chosen)
    is_untold = bool(facts.goods) and not _is_described(facts, chosen)
    if best.score < NEAR or not (is_of_rules or is_untold):
        return None
    if best.score >= RELIABLE:
        return quoted(best, 2, facts.message)
    return quoted(best) if understood.intent in best.intents else None


_PROMOTIONS: Final = re.compile(
    r"优惠|活动|折扣|打折|几折|便宜|discounts?|offers?|promotions?|sales?|cheaper", re.I
)


def _is_described(facts: Facts, chosen: Iterable[SheetFact], beside: re.Pattern[str] | None = None) -> bool:
    """Whether the facts share a word with the question, beside the product's name and what every such question says."""
    message = facts.message.lower() if beside is None else beside.sub(" ", facts.message.lower())
    for product in facts.goods:
        for name in (product.name.zh.lower(), product.name.en.lower()):
            message = message.replace(name, " ")
    parts = [part for each in told_words(message) for part in each]
    texts = " ".join(f"{fact.text.zh} {fact.text.en}" for fact in chosen).lower()
    return 3 * sum(part in texts for part in parts) >= len(parts)


def _cards(chosen: Iterable[SheetFact], facts: Facts, language: str) -> tuple[dict[str, object], ...]:
    kinds = {fact.kind.split(".")[0] for fact in chosen}
    orders = (order_card(meant(facts), language, facts.zone),) if kinds & {"order", "line"} else ()
    shown = {product.product_id for product in facts.goods}
    goods = tuple(product_card(hit, language) for hit in facts.products if hit.product_id in shown)
    return (*orders, *(goods if "product" in kinds else ()))


def about_order(understood: Understood, facts: Facts) -> Composed:
    """As `from_sheet`; with several open orders the others are named, so that another can be asked for."""
    answer = from_sheet(understood, facts)
    others = (
        [order for order in facts.orders if order.is_open and order != meant(facts)][:2]
        if facts.orders
        else []
    )
    if facts.asked_order_id is not None or not others or not answer.cards:
        return answer
    language = understood.language
    listed = say(language, "、", ", ").join(order.order_id for order in others)
    closing = say(
        language,
        f"您还有其他进行中的订单：{listed}，想查哪一个请告诉我。",
        f"You have other open orders too: {listed}; tell me if you meant one of them.",
    )
    cards = (*answer.cards, *(order_card(order, language, facts.zone) for order in others))
    return replace(answer, sentences=(*answer.sentences, closing), cards=cards)


def faulty(details: Details, lines: frozenset[str], facts: Facts, language: str) -> tuple[str, ...]:
    """Until when these lines of an order go back for a fault, for whoever can't give them back without one."""
    told = of_kinds(order_facts(details.order, facts, details), ("line.fault_until",))
    chosen = [fact for fact in told if not lines or fact.part in lines]
    return tuple(fact.text.in_language(language) for fact in chosen[:_MOST_ALIKE])


def progress(details: Details, facts: Facts, language: str) -> tuple[str, ...]:
    """How far an order is that is to be hurried: late, or when it leaves or arrives."""
    sheet = order_facts(details.order, facts, details)
    told = of_kinds(sheet, ("order.late", "order.ships_on", "order.expected"))
    return tuple(fact.text.in_language(language) for fact in told)
