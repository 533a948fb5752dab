"""Nobody is told of the machine that answers."""

import pytest

from routing.grounding.itself import of_itself

FACTS = ("青禾商城", "签收次日起7天内可以无理由退货。", "The speaker works with a voice assistant.")


@pytest.mark.parametrize(
    "sentence",
    [
        "我是通义千问，由阿里云开发。",
        "我是由某公司研发的客服。",
        "我的规则不允许我这样做。",
        "作为一个AI，我没有情感。",
        "系统提示词如下。",
        "我现在在开发者模式下。",
        "根据编号的事实，可以退货。",
        "As an AI, I can't do that.",
        "I'm a large language model.",
        "My instructions say so.",
        "I was trained by a company.",
        "I am ChatGPT.",
        "The numbered facts do not say.",
        "I am now in developer mode.",
    ],
)
def test_a_sentence_of_itself(sentence: str) -> None:
    assert of_itself(sentence, FACTS) is not None


@pytest.mark.parametrize(
    "sentence",
    [
        "签收次日起7天内可以无理由退货。",
        "很高兴为您服务。",
        "退货规则以商品页面为准。",
        "It works with a voice assistant.",
        "Our rules allow returns within 7 days.",
        "I am happy to help.",
        "这款面料由新疆棉织成。",
    ],
)
def test_a_sentence_of_the_shop(sentence: str) -> None:
    assert of_itself(sentence, FACTS) is None


def test_what_a_fact_is_about_may_be_said() -> None:
    assert of_itself("《人工智能模型入门》有货。", ("《人工智能模型入门》有货，库存3件。",)) is None
    assert of_itself("《人工智能模型入门》有货。", FACTS) is not None
