"""The judge of answers, on answers written by hand."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.answers.errors import QuestionInvalid
from benchmarks.answers.judging.judge import declines, evades, states
from benchmarks.answers.judging.scene import Scene
from benchmarks.answers.specs import fact

FRIDAY = Scene(date(2026, 11, 20))
ROWS: Mapping[str, list[tuple[dict[str, Any], bool, str]]] = yaml.safe_load(
    Path(__file__).with_name("answer_facts.yaml").read_text(encoding="utf-8")
)


def no_rows(reference: str) -> object:
    raise AssertionError(f"{reference} needs rows")


@pytest.mark.parametrize(
    ("spec", "expected", "answer"),
    [row for name, rows in ROWS.items() if name != "strict" for row in rows],
    ids=lambda value: str(value)[:60],
)
def test_a_fact_is_found_where_it_is_stated_and_nowhere_else(
    spec: dict[str, Any], expected: bool, answer: str
) -> None:
    assert states(answer, fact(spec, no_rows, "Asia/Shanghai"), FRIDAY) is expected


@pytest.mark.parametrize(("spec", "expected", "answer"), ROWS["strict"], ids=lambda value: str(value)[:60])
def test_what_is_said_of_special_goods_is_not_said_of_others(
    spec: dict[str, Any], expected: bool, answer: str
) -> None:
    assert states(answer, fact(spec, no_rows, "Asia/Shanghai"), FRIDAY, is_strict=True) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("抱歉，没有查到这个订单，请核对一下订单号。", True),
        ("这一点商品页没有写明，我为您转人工客服确认。", True),
        ("I cannot find that order in your account.", True),
        ("We have no information about that.", True),
        ("A colleague will answer you.", True),
        ("这款不含酒精，可以放心使用。", False),
        ("Yes, it is dishwasher safe.", False),
        ("订单已发货。", False),
        ("您的订单还没有发货，订单状态是已付款。", False),
        ("Your order has not shipped yet.", False),
    ],
)
def test_an_answer_that_does_not_know_says_so(answer: str, expected: bool) -> None:
    assert declines(answer) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("请在商品页查看。", True),
        ("请问您说的是哪个订单？", True),
        ("Please contact customer service.", True),
        ("Which order do you mean?", True),
        ("付款后15天内可以申请价保。", False),
        ("包裹已签收，签收时间是5月11日。如果没有收到请告诉我。取件码在短信里。", False),
        ("It costs 20 yuan.", False),
    ],
)
def test_sending_the_shopper_elsewhere_is_evasion(answer: str, expected: bool) -> None:
    assert evades(answer) is expected


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"moneys": 3}, "write one of money"),
        ({"number": 3, "unit": "fortnight"}, "fortnight"),
        ({"can": "fly"}, "fly"),
        ({"money": 3}, "3 is no money"),
        ({"number": "保修很久", "unit": "year", "after": "保修"}, "no number"),
    ],
)
def test_a_fact_that_cannot_be_read_says_which(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(QuestionInvalid, match=said):
        fact(spec, no_rows, "Asia/Shanghai")


def test_a_number_within_a_text_is_the_first_of_its_unit_after_the_words() -> None:
    found = fact(
        {"number": "整机包修8年，内胆十年，加热管3年", "unit": "year", "after": "加热管"},
        no_rows,
        "Asia/Shanghai",
    )
    assert states("加热管保修三年", found, FRIDAY)
    assert not states("整机保修8年", found, FRIDAY)


ORDER = Scene(FRIDAY.today, ("直筒牛仔裤", "straight jeans"), ("皮面笔记本", "leather notebook"))


@pytest.mark.parametrize(
    ("spec", "expected", "answer"),
    [
        ({"cannot": "exchange"}, False, "皮面笔记本（粉色）×1不能换货。直筒牛仔裤（黑色，S）×1可以换货。"),
        ({"can": "exchange"}, True, "皮面笔记本（粉色）×1不能换货。直筒牛仔裤（黑色，S）×1可以换货。"),
        (
            {"can": "return"},
            False,
            "The leather notebook can be returned. The straight jeans can't be returned.",
        ),
        (
            {"in_stock": True},
            False,
            "Here are 2 products in stock:\n· leather notebook, in stock\n· flared jeans, in stock",
        ),
        ({"in_stock": True}, True, "Here are 2 products in stock:\n· leather notebook\n· straight jeans"),
        ({"in_stock": True}, True, "· straight jeans, in stock\n· flared jeans, sold out"),
        ({"in_stock": False}, False, "· straight jeans, in stock\n· flared jeans, sold out"),
        ({"in_stock": True}, True, "Yes, it is in stock."),
    ],
)
def test_what_is_said_of_other_goods_is_not_said_of_these(
    spec: dict[str, Any], expected: bool, answer: str
) -> None:
    assert states(answer, fact(spec, no_rows, "Asia/Shanghai"), ORDER) is expected
