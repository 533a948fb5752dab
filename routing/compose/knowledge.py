"""Answers from the shop's articles: a cited sentence that answers, what supports it, and the next step."""

from dataclasses import replace
from typing import Final

from models.types import Passage, Understood
from routing.answer import Composed
from routing.facts import Facts
from routing.sentences import split
from routing.sheet.sharing import shared_words
from routing.wording import cite, say

# Sentences of one article that an answer takes; more is a page, not an answer.
_MOST = 4
RELIABLE: Final = 0.6
"""A passage of that score is about what was asked; below `NEAR` it is about something else, and told to nobody. Measured over
the demonstration shop with the laptop's embedder: whatever it has an article for comes to 0.53 and more, whatever it has none
for to 0.55 and less, save where the words are those of an article.
"""
NEAR: Final = 0.5


def near(facts: Facts) -> tuple[Passage, ...]:
    """The passages that are about what was asked, or nearly: those of the goods that are named always are."""
    named = {product.product_id for product in facts.goods}
    return tuple(each for each in facts.passages if each.score >= NEAR or named & set(each.products))


def quoted(passage: Passage, most: int = 1, message: str = "") -> Composed:
    """Up to `most` sentences of a passage in its own order, cited: the best match, what shares most with the message, its
    first, which answers directly, and what follows.
    """
    sentences = split(passage.body)
    best = sentences.index(passage.quote) if passage.quote in sentences else 0
    shared = [shared_words(sentence, message) for sentence in sentences]
    liked = sorted(range(len(sentences)), key=lambda at: (-shared[at], at))[: most // 2] if message else []
    wanted = list(dict.fromkeys([best, *liked, 0, *range(best + 1, len(sentences)), *range(len(sentences))]))[
        :most
    ]
    return Composed(tuple(sentences[i] for i in sorted(wanted)), (cite(passage),))


def from_articles(understood: Understood, facts: Facts) -> Composed:
    """The best article's answer, and the next one's best sentence. With no article that fits, a person is asked; with one
    that may fit, what it says is not told as the answer.
    """
    passages = near(facts)
    if not passages:
        return unanswered(understood, facts)
    best, language = passages[0], understood.language
    answer = quoted(best, _MOST, facts.message)
    if best.score < RELIABLE and not _is_of_goods(best, facts):
        return replace(answer, sentences=(not_told(language), *answer.sentences))
    related = next(
        (p for p in passages[1:] if understood.intent in p.intents and p.title != best.title), None
    )
    if related is None:
        return answer
    title = related.title.rstrip(".?!")
    closing = say(
        language,
        f"另外，关于“{title}”：{related.quote}",
        f"Also, on “{title}”: {related.quote}",
    )
    return Composed((*answer.sentences, closing), (*answer.citations, cite(related)))


def _is_of_goods(passage: Passage, facts: Facts) -> bool:
    return bool({product.product_id for product in facts.goods} & set(passage.products))


def not_told(language: str) -> str:
    """What was asked is not written down, and what follows is near to it."""
    return say(
        language,
        "这一点店铺资料里没有直接写明，需要的话可以说“转人工”。相关的说明是：",
        "Our information does not say that directly; ask for a person if you need to know. Nearest to it is this:",
    )


def unanswered(understood: Understood, facts: Facts) -> Composed:
    """Nothing was found that answers: say so and hand over, never guess."""
    left_out = any(reason.startswith("retrieval") for reason in facts.missing)
    sentence = say(
        understood.language,
        "资料库暂时无法查询，我已为您转接人工客服。"
        if left_out
        else "这个问题我没有查到可靠的资料，已为您转接人工客服。",
        "The knowledge base can't be reached now, so a colleague will help you."
        if left_out
        else "I found nothing reliable on this, so a colleague will help you.",
    )
    return Composed((sentence,), hands_off=True)


def greeting(understood: Understood, facts: Facts) -> Composed:
    """Greeting, thanks, goodbye: short, and what we can do."""
    name = facts.tenant.name.in_language(understood.language)
    return Composed(
        (
            say(understood.language, f"您好，这里是{name}客服。", f"Hello, this is {name} customer service."),
            say(
                understood.language,
                "查订单、退换货、找商品，都可以直接告诉我。",
                "Ask me about an order, a return or a product.",
            ),
        )
    )


def hand_off(understood: Understood, facts: Facts) -> Composed:
    """A person was asked for: when they work, and that the conversation is passed on."""
    opens, closes, language = facts.policy.service.opens, facts.policy.service.closes, understood.language
    passed_on = say(language, "好的，已为您转接人工客服。", "Of course, I am passing you to a colleague.")
    if opens == closes:
        # A shop that does not say when.
        more = say(language, "您可以先补充问题和订单号。", "You can add details meanwhile.")
        return Composed((passed_on, more), hands_off=True)
    # Midnight at the end of the day reads 24:00.
    until = "24:00" if closes.hour == 0 and closes.minute == 0 else f"{closes:%H:%M}"
    hours = say(
        language,
        f"人工客服时间：{opens:%H:%M}–{until}（{facts.tenant.zone}），您可以先补充问题和订单号。",
        f"Colleagues are there {opens:%H:%M}–{until} ({facts.tenant.zone}); you can add details meanwhile.",
    )
    return Composed((passed_on, hours), hands_off=True)
