"""Answers out of single facts: those that are asked for, or else those that the intent is about; then a cited sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from commerce.domain.catalogue import Product
from models.types import Understood
from routing.answer import Composed
from routing.compose.absent import what_is_absent
from routing.compose.asked_for import kinds_asked_for, whole, with_the_likelier
from routing.compose.defaults import INTENTS_OF_GOODS, by_default, is_by_rules
from routing.compose.described import is_described
from routing.compose.knowledge import NEAR, RELIABLE, from_articles, near, not_told, quoted
from routing.compose.narrowing import narrowed, of_ones_own
from routing.compose.refunds import with_what_is_under_way, with_when_it_arrives
from routing.facts import Facts, meant
from routing.sheet.asked.kinds import asked_kinds
from routing.sheet.fact import SheetFact, of_kinds
from routing.sheet.goods import is_called
from routing.sheet.turn import sheet_of
from routing.wording import order_card, product_card

_MOST_SENTENCES: Final = 6


def from_sheet(understood: Understood, facts: Facts) -> Composed:
    """The facts that answer, and the best article where it is about the same; a person where there is neither."""
    language = understood.language
    is_general = understood.intent not in INTENTS_OF_GOODS or (
        understood.intent == "product_question" and near(facts)
    )
    if is_general and not any(_is_called(each, facts) for each in facts.goods):
        # What holds for all goods of a kind is asked for, and not what one of them is.
        facts = replace(facts, goods=())
    sheet = sheet_of(facts)
    asked = kinds_asked_for(understood, facts, sheet)
    chosen = narrowed(of_ones_own(of_kinds(sheet, whole(asked, facts)), sheet, facts), facts)
    chosen = chosen or by_default(understood, facts, sheet)
    if asked and not asked_kinds(facts.message):
        chosen = with_the_likelier(understood, facts, sheet, asked, chosen)
    chosen = with_what_is_under_way(understood, facts, sheet, chosen)
    chosen = with_when_it_arrives(facts, sheet, chosen)
    said = [fact.text.in_language(language) for fact in chosen[:_MOST_SENTENCES]]
    absent = what_is_absent(understood, facts, asked, chosen)
    if not asked and is_by_rules(understood, chosen) and not is_described(facts, chosen):
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


def _is_called(product: Product, facts: Facts) -> bool:
    return is_called(facts.message, product.name.zh, product.name.en)


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
    is_untold = bool(facts.goods) and not is_described(facts, chosen)
    if best.score < NEAR or not (is_of_rules or is_untold):
        return None
    if best.score >= RELIABLE:
        return quoted(best, 2, facts.message)
    return quoted(best) if understood.intent in best.intents else None


def _cards(chosen: Iterable[SheetFact], facts: Facts, language: str) -> tuple[dict[str, object], ...]:
    kinds = {fact.kind.split(".")[0] for fact in chosen}
    orders = (order_card(meant(facts), language, facts.zone),) if kinds & {"order", "line"} else ()
    shown = {product.product_id for product in facts.goods}
    goods = tuple(product_card(hit, language) for hit in facts.products if hit.product_id in shown)
    return (*orders, *(goods if "product" in kinds else ()))
