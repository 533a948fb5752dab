"""What has nothing to hold against the facts passes only where it is kind, asks, or speaks of what they speak of."""

import pytest

from routing.grounding.check import check
from routing.grounding.fact import Fact

FACTS = {
    "en": [Fact("1", "Goods can be returned within 7 days of delivery.")],
    "zh": [Fact("1", "签收次日起7天内可以无理由退货。")],
}


@pytest.mark.parametrize(
    "sentence",
    [
        "It seems that the amounts were rounded.",
        "The plant removes impurities from water by electrolysis.",
        "LOL!",
        "朋友家的猫睡着了。",
        "猫猫雪雨狂。",
        "The customer's words are true.",
        "The facts have been updated.",
        "这位顾客想要知道。",
        "以上事实回答了问题。",
    ],
)
def test_what_nobody_spoke_of_is_kept_back(sentence: str) -> None:
    language = "en" if sentence.isascii() else "zh"
    finding = check(sentence, FACTS[language], language, "hi" if language == "en" else "在吗")
    assert finding is not None and finding.kind == "subject"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Happy to help, and feel free to ask if something else comes up.", ""),
        ("That's a fair question, thank you for raising it.", ""),
        ("That's more than I can tell from what I have in front of me, sorry.", ""),
        ("Which one is it?", ""),
        ("Sure.", ""),
        ("Of course.", ""),
        ("Just pack the goods as you got them.", ""),
        ("A rounding issue, then.", "is this a rounding issue?"),
        ("应该做的，回头有事再喊我就好。", ""),
        ("麻烦把单号发我看一下好吗？", ""),
        ("好的。", ""),
        ("签收以后再说也行。", ""),
        ("咖啡机的事。", "咖啡机"),
    ],
)
def test_courtesies_questions_and_what_was_spoken_of_pass(sentence: str, said: str) -> None:
    language = "en" if sentence.isascii() else "zh"
    assert check(sentence, FACTS[language], language, said) is None


def test_a_customer_of_whom_the_facts_speak_may_be_spoken_of() -> None:
    rule = [Fact("1", "For a change of mind the customer pays the postage.")]
    assert check("The customer pays the postage for a change of mind.", rule, "en") is None
