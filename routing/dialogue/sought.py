"""What is meant after all: before it is asked back or refused, and where what was found is of another intent."""

import re
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any, Final

from models.types import OUT_OF_SCOPE, Understood
from routing.compose.knowledge import NEAR, RELIABLE
from routing.dialogue.goals import ANSWER
from routing.dialogue.heard import Heard
from routing.dialogue.rules import Plan
from routing.dialogue.state import Topic
from routing.effects import Effect, LookUp
from routing.facts import MOST_PASSAGES, NEEDS, ORDERS_IF_NAMED, Facts, Needs
from routing.planted import without_planted
from routing.sheet.asked.intents import INTENT_OF
from routing.sheet.asked.kinds import asked_kinds
from routing.sheet.asked.likeness import kinds_by_likeness
from routing.sheet.goods import names_model


def sought(plan: Plan, heard: Heard) -> Generator[Effect, Any, tuple[Plan, Facts | None]]:
    """Before it is asked what was meant, or said that it is none of ours: what is asked like this is answered, or by an
    article that is about it. With what was looked up for that, if anything was.
    """
    if plan.step not in _SOUGHT or (plan.state.topic is not None and plan.state.topic.is_waiting):
        return plan, None
    found: Facts = yield LookUp(heard.understood, Needs(passages=MOST_PASSAGES))
    # An article that gives orders must not choose what is answered.
    found = without_planted(found)
    return _answered_rather(plan, heard, found) or plan, found


def _answered_rather(plan: Plan, heard: Heard, found: Facts) -> Plan | None:
    alike = next(iter(kinds_by_likeness(found.likenesses, is_sure=True)), None)
    best = next(iter(found.passages), None)
    state = replace(plan.state, unclear_turns=0)
    if alike in INTENT_OF and (_is_of_goods(heard, found) or not alike.startswith("product.")):
        return Plan("answer", "it is asked like a fact", state, Topic(ANSWER, INTENT_OF[alike]))
    likeliest = next((each.intent for each in heard.understood.top), OUT_OF_SCOPE)
    is_of_one = _is_of_one(heard, found)
    if best is not None and best.score >= _SOUGHT[plan.step] and best.intents and not is_of_one:
        return Plan("answer", "an article is about it", state, Topic(ANSWER, best.intents[0]))
    if plan.step == "clarify" and _is_of_goods(heard, found):
        is_of_model = names_model(heard.message, found.products)
        if likeliest in _OF_GOODS or (NEEDS[likeliest].orders and not is_of_model):
            return Plan("answer", "goods are asked about", state, Topic(ANSWER, likeliest))
        if is_of_one or heard.is_question:
            return Plan("answer", "goods are asked about", state, Topic(ANSWER, _OF_GOODS[0]))
    if heard.said("order_number"):
        intent = likeliest if NEEDS[likeliest].orders else "order_status"
        return Plan("answer", "an order is named", state, Topic(ANSWER, intent))
    return None


def _is_of_one(heard: Heard, found: Facts) -> bool:
    """Whether it calls goods by their whole name, or by their model."""
    return names_model(heard.message, found.products) or any(
        _is_whole(each.text) for each in heard.said("product")
    )


def _is_whole(name: str) -> bool:
    """What kind of goods it is has a shorter name."""
    return len(name.split()) >= _WHOLE_NAME_WORDS if name.isascii() else len(name) >= _WHOLE_NAME


_WHOLE_NAME: Final = 6
_WHOLE_NAME_WORDS: Final = 2


def _is_of_goods(heard: Heard, found: Facts) -> bool:
    return bool(heard.said("product", "brand")) or names_model(heard.message, found.products)


_OF_GOODS: Final = ("product_question", "stock_availability", "price_promotion", "technical_support")


# How near to an article: what is taken for none of ours has to be nearer than what is unclear.
_SOUGHT: Final[Mapping[str, float]] = {"clarify": NEAR, "refuse": RELIABLE}


def meant_rather(understood: Understood, heard: Heard, found: Facts) -> str | None:
    """The intent of what is asked for, where this one looks nothing of the kind up, or looks for goods."""
    by_words = tuple(kind for kind in asked_kinds(found.message) if kind in INTENT_OF)
    if understood.intent in _SEARCHES:
        # Whoever looks for goods asks of none of their orders what the same words ask of the shop.
        by_words = tuple(sorted(by_words, key=lambda kind: kind.startswith(("order.", "line."))))
    kind = next(iter(by_words or kinds_by_likeness(found.likenesses)), "")
    about, needs = kind.split(".")[0], NEEDS[understood.intent]
    if understood.intent in _SEARCHES:
        if about == "shop" and _is_sought(heard, found, by_words):
            return None
        if about == "shop" and not (by_words and kind == "shop.promotion"):
            return INTENT_OF.get(kind)
        own = INTENT_OF.get(kind, "product_question") if about == "product" else "product_question"
        return own if _is_of_one(heard, found) else None
    if not found.is_signed_in:
        return None
    has_orders = needs.orders and understood.intent not in ORDERS_IF_NAMED
    has_person = needs.person or found.asked_order_id is not None
    is_looked_up = {"order": has_orders, "line": has_orders, "customer": has_person}.get(about, True)
    return None if is_looked_up else INTENT_OF.get(kind)


def _is_sought(heard: Heard, found: Facts, by_words: tuple[str, ...]) -> bool:
    """Whether goods are to be shown, and a rule is but what they should meet; not where the rule is what is asked."""
    query = found.query
    if query is None:
        return False
    names = [name.lower() for each in found.products for name in (each.name.zh, each.name.en)]
    words = {word for word in query.tokens if any(word in name for name in names)}
    if not (query.product_types or words):
        return False
    is_question = heard.is_question or _WONDERS.search(heard.message) is not None
    if not is_question or "product.stock" in by_words or _REQUESTS.search(heard.message):
        return True
    goods = words | {each.text.lower() for each in heard.said("product")}
    return _SEEKS.search(heard.message) is not None and not _is_rule_asked(heard.message, goods, by_words)


def _is_rule_asked(message: str, goods: set[str], by_words: tuple[str, ...]) -> bool:
    """Whether a rule is what the question is of, behind the goods or in a clause without them: 想买杯子包邮吗.

    In 能找个包邮的杯子吗 it is but what they are like.
    """
    rules = {kind for kind in by_words if kind.startswith("shop.")}
    for clause in _CLAUSE.split(message.lower()) if goods else ():
        behind = clause[max(clause.rfind(word) + len(word) if word in clause else 0 for word in goods) :]
        # Of what is only asked like a rule the words tell nothing.
        is_of_rule = bool(rules & set(asked_kinds(behind))) if rules else len(behind) >= _LEAST_ASKED
        if is_of_rule and _IS_ASKED.search(behind):
            return True
    return False


_SEARCHES: Final = ("product_search", "recommendation")
# To be shown goods, whatever else is asked.
_REQUESTS: Final = re.compile(r"推荐|\b(?:recommend|suggest|show)\b", re.I)
# What is wanted, in a question that may be of something else.
_SEEKS: Final = re.compile(
    r"找|求|想[买要]|来[一个款件]|\b(?:find(?! out)|looking for|want(?! to (?:know|ask)))\b", re.I
)
_WONDERS: Final = re.compile(
    r"\b(?:(?:want|like|need) to (?:know|ask|find out)|wonder(?:ing)?|tell me)\b|想(?:知道|问)", re.I
)
_CLAUSE: Final = re.compile(r"[,，。;；!！\n]|\.(?=\s|$)")
_IS_ASKED: Final = re.compile(
    r"吗|怎么|多少|多久|什么|几[天个元块期]|([能要收会是可])不\1|"
    r"\b(?:whether|how (?:much|many|long))\b|^\W*(?:(?:and|but|so|also) )?(?:is|are|do|does|can|could|will|would|how|what)\b",
    re.I,
)
_LEAST_ASKED: Final = 3
