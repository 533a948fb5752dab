"""Answers from the shop's articles: a cited sentence that answers, what supports it, and the next step."""

from models.types import Passage, Understood
from routing.answer import Composed
from routing.facts import Facts
from routing.sentences import split
from routing.wording import cite, say

# Sentences of one article that an answer takes; more is a page, not an answer.
_MOST = 3


def quoted(passage: Passage, most: int = 1) -> Composed:
    """Up to `most` sentences of a passage in its own order, cited: its first, which answers directly, and the best match."""
    sentences = split(passage.body)
    best = sentences.index(passage.quote) if passage.quote in sentences else 0
    # The best match always; then the article's opening, and what follows the match.
    wanted = list(dict.fromkeys([best, 0, *range(best + 1, len(sentences)), *range(len(sentences))]))[:most]
    return Composed(tuple(sentences[i] for i in sorted(wanted)), (cite(passage),))


def from_articles(understood: Understood, facts: Facts) -> Composed:
    """The best article's answer. With no article that fits, a person is asked."""
    if not facts.passages:
        return unanswered(understood, facts)
    best = facts.passages[0]
    answer = quoted(best, _MOST)
    related = next(
        (p for p in facts.passages[1:] if understood.intent in p.intents and p.title != best.title), None
    )
    if related is None:
        return answer
    closing = say(
        understood.language,
        f"您可能还想了解：{related.title}。",
        f"You may also want to know: {related.title.rstrip('.?!')}.",
    )
    return Composed((*answer.sentences, closing), answer.citations)


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
    opens, closes = facts.policy.service.opens, facts.policy.service.closes
    # Midnight at the end of the day reads 24:00.
    until = "24:00" if closes.hour == 0 and closes.minute == 0 else f"{closes:%H:%M}"
    return Composed(
        (
            say(
                understood.language,
                "好的，已为您转接人工客服。",
                "Of course, I am passing you to a colleague.",
            ),
            say(
                understood.language,
                f"人工客服时间：{opens:%H:%M}–{until}（{facts.tenant.zone}），您可以先补充问题和订单号。",
                f"Colleagues are there {opens:%H:%M}–{until} ({facts.tenant.zone}); you can add details meanwhile.",
            ),
        ),
        hands_off=True,
    )
