"""Of the facts that were chosen those that hold for what is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from routing.facts import Facts, meant
from routing.sheet.fact import SheetFact, of_kinds
from routing.sheet.sharing import shared_parts

MOST_ALIKE: Final = 3


def narrowed(chosen: tuple[SheetFact, ...], facts: Facts) -> tuple[SheetFact, ...]:
    """Of many facts of one kind those that share most with the message, such as the rule of the category that is named."""
    kept: list[SheetFact] = []
    chosen = by_method(chosen, facts)
    for kind in dict.fromkeys(fact.kind for fact in chosen):
        alike = _of_own_goods([fact for fact in chosen if fact.kind == kind], facts)
        if len(alike) > 1 and not (kind == "shop.promotion" and _is_of_another_language(alike, facts)):
            shares = {id(fact): _shared(fact, facts) for fact in alike}
            best = max(shares.values())
            alike = [fact for fact in alike if shares[id(fact)] == best][:MOST_ALIKE]
        kept += alike[:MOST_ALIKE]
    return tuple(kept)


def _is_of_another_language(alike: list[SheetFact], facts: Facts) -> bool:
    """Whether the shop wrote it in a language that shares no words with the message."""
    return facts.message.isascii() and all(_HAN.search(fact.text.en) is not None for fact in alike)


_HAN: Final = re.compile(r"[\u4e00-\u9fff]{4}")

REFUNDS: Final = {
    "shop.refund_gift_card": re.compile(r"礼品卡|购物卡|e卡|gift ?card", re.I),
    "shop.refund_wallet": re.compile(r"支付宝|微信|paypal|alipay|wechat|wallet", re.I),
    "shop.refund_card": re.compile(r"银行卡|信用卡|储蓄卡|(?<!gift )\bcard\b", re.I),
}


def names_another_method(facts: Facts) -> bool:
    """Whether money is to come back by a gift card or a wallet, and the order that is meant was paid in another way."""
    named = {kind for kind in _ALONE if REFUNDS[kind].search(facts.message)}
    return bool(named) and not any(REFUNDS[kind].search(_paid_by(facts)) for kind in named)


_ALONE: Final = ("shop.refund_gift_card", "shop.refund_wallet")


def _paid_by(facts: Facts) -> str:
    if not facts.orders or facts.is_order_unknown:
        return ""
    return " ".join(payment.method.replace("_", " ") for payment in meant(facts).payments)


def by_method(chosen: tuple[SheetFact, ...], facts: Facts) -> tuple[SheetFact, ...]:
    """Of how long refunds take what holds for the method that is named, or that paid the order that is meant."""
    if not any(fact.kind in REFUNDS for fact in chosen):
        return chosen
    paid = _paid_by(facts)
    is_named = facts.asked_order_id is not None and not facts.is_order_unknown
    if is_named and names_another_method(facts):
        # Of both: of the way that the money goes, and of the one that they have in mind.
        paid = f"{paid} {facts.message}"
    for words in (paid, facts.message) if is_named else (facts.message, paid):
        named = [kind for kind, pattern in REFUNDS.items() if pattern.search(words)]
        there = [fact for fact in chosen if fact.kind in named]
        # A wallet is told of with the cards where it is no faster.
        there = there or [fact for fact in chosen if fact.kind == "shop.refund_card" and named]
        if there:
            return tuple(fact for fact in chosen if fact.kind not in REFUNDS or fact in there)
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


# By the rule for all the fact of an order or of a line of it that says the same of it alone.
_OWN: Final[Mapping[str, str]] = {
    "shop.pickup_fee": "line.return_until",
    "shop.return_window": "line.return_until",
    "shop.return_condition": "line.return_until",
    "shop.warranty": "line.warranty",
    "shop.price_protection": "order.price_protection",
}


def of_ones_own(
    chosen: tuple[SheetFact, ...], sheet: tuple[SheetFact, ...], facts: Facts
) -> tuple[SheetFact, ...]:
    """Of an order that is named what holds for it, instead of the rule for all."""
    if facts.asked_order_id is None:
        return chosen
    there = {fact.kind for fact in sheet}
    if any(fact.kind in REFUNDS for fact in chosen):
        to = ("order.refund_to",) if names_another_method(facts) else ()
        chosen = (*of_kinds(sheet, ("order.refund", *to)), *chosen)
    replaced = {rule for rule, own in _OWN.items() if own in there}
    own = of_kinds(sheet, (_OWN[fact.kind] for fact in chosen if fact.kind in replaced))
    return tuple(dict.fromkeys((*own, *(fact for fact in chosen if fact.kind not in replaced))))
