"""Entities and language by exact patterns."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.types import Entity
from models.understanding.entities import extract
from models.understanding.language import language
from models.understanding.numerals import parse_number


def found(text: str) -> list[tuple[str, str]]:
    return [(entity.type, entity.value) for entity in extract(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("订单KF20250318007721什么时候发货", [("order_number", "KF20250318007721")]),
        ("where is order #W1234567?", [("order_number", "W1234567")]),
        ("my order number is 78812, thanks", [("order_number", "78812")]),
        ("订单号：88213409 改一下", [("order_number", "88213409")]),
        ("QH20250402-1187", [("order_number", "QH202504021187")]),
        ("SF1439902217365到哪了", [("tracking_number", "SF1439902217365")]),
        ("yt8877665544332 stuck", [("tracking_number", "YT8877665544332")]),
        ("打13800001234找我", [("phone", "13800001234")]),
        ("+86 138-0000-1234", [("phone", "13800001234")]),
        ("send it to Li.Na@Example.com.cn please", [("email", "li.na@example.com.cn")]),
    ],
)
def test_numbers_that_name_something(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("卖¥199的那件", [("price", "199")]),
        ("199元", [("price", "199")]),
        ("两百块", [("price", "200")]),
        ("一千二百元的", [("price", "1200")]),
        ("1.5万元", [("price", "15000")]),
        ("paid 1,299.50 yuan", [("price", "1299.5")]),
        ("$1,299", [("price", "1299")]),
        ("200以内", [("price_max", "200")]),
        ("三百块以内的蓝牙耳机", [("price_max", "300")]),
        ("不超过300的礼物", [("price_max", "300")]),
        ("预算500左右", [("price_max", "500")]),
        ("预算两千，想买平板", [("price_max", "2000")]),
        ("Recommend me a gift under 200", [("price_max", "200")]),
        ("anything less than $50?", [("price_max", "50")]),
        ("no more than 1,299 yuan", [("price_max", "1299")]),
        ("find me one under 100块", [("price_max", "100")]),
        ("五百以上的", [("price_min", "500")]),
        ("over $500", [("price_min", "500")]),
    ],
)
def test_prices(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "three days or less",
        "under 35 years old",
        "under 200g please",
        "arrives within 48 hours",
        "kids under three",
        "24小时以内发货",
        "三天内到吗",
        "不超过48小时",
        "500块拼图",
        "我们一块买",
        "满300减50",
        "打8折",
    ],
)
def test_what_is_no_price(text: str) -> None:
    assert not [value for kind, value in found(text) if kind.startswith("price")]


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("红色的羽绒服", "red"),
        ("大红的有吗", "red"),
        ("酒红色", "burgundy"),
        ("天蓝色的", "blue"),
        ("藏青", "navy"),
        ("换成黑的", "black"),
        ("a red dress", "red"),
        ("Navy  blue please", "navy"),
        ("in GREY", "grey"),
    ],
)
def test_colours(text: str, colour: str) -> None:
    assert [value for kind, value in found(text) if kind == "colour"] == [colour]


@pytest.mark.parametrize(
    "text",
    [
        "I ordered it",
        "红包怎么领",
        "送人白酒",
        "红酒杯",
        "a gold member",
        "Black Friday",
        "I hated it",
        "我明白",
        "银行卡",
        "tailored",
    ],
)
def test_what_is_no_colour(text: str) -> None:
    assert not [value for kind, value in found(text) if kind == "colour"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42码有吗", [("size", "42")]),
        ("我要XXL", [("size", "2XL")]),
        ("换成L号", [("size", "L")]),
        ("size 8 please", [("size", "8")]),
        ("size m", [("size", "M")]),
        ("it's mine, I'M sure", []),
        ("两双袜子三件衬衫", [("quantity", "2"), ("quantity", "3")]),
        ("5 pairs", [("quantity", "5")]),
        ("第二件半价", []),
        ("两个月了", []),
    ],
)
def test_sizes_and_quantities(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-03到的", "2026-11-03"),
        ("2026年11月3日", "2026-11-03"),
        ("11月3号买的", "--11-03"),
        ("on Nov 3", "--11-03"),
        ("the 3rd of November 2025", "2025-11-03"),
        ("昨天到的", "昨天"),
        ("It came Yesterday", "yesterday"),
        ("last Monday", "last monday"),
    ],
)
def test_dates(text: str, value: str) -> None:
    assert [v for kind, v in found(text) if kind == "date"] == [value]


@pytest.mark.parametrize("text", ["13月3号", "it may 3 times fail", "2026-13-41"])
def test_what_is_no_date(text: str) -> None:
    assert not [v for kind, v in found(text) if kind == "date"]


def test_offsets_are_code_points() -> None:
    entity = extract("😀亲，想要红色的")[0]
    assert entity == Entity("colour", "红色", "red", 5, 7)


@given(
    st.text(alphabet="KFSFab 红色大白包酒两百十元块以内下订单号码LXM0123456789¥#.,-月日@under ", max_size=60)
)
def test_spans_are_words_of_the_text_in_order_and_never_overlap(text: str) -> None:
    entities = extract(text)
    assert all(text[e.start : e.end] == e.text and e.text for e in entities)
    assert all(left.end <= right.start for left, right in pairwise(entities))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("两百", "200"),
        ("三百五", "350"),
        ("三百零五", "305"),
        ("一千二", "1200"),
        ("十五", "15"),
        ("二十", "20"),
        ("两万三千", "23000"),
        ("一九九", "199"),
        ("1,299.50", "1299.5"),
        ("2k", "2000"),
        ("1.5万", "15000"),
        ("", None),
        ("abc", None),
    ],
)
def test_numerals(text: str, number: str | None) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我想退货", "zh"),
        ("How can I return a product?", "en"),
        ("我要return这件dress", "zh"),
        ("refund什么时候到", "zh"),
        ("looking for 猫砂盆 with a lid", "en"),
        ("do you have 冲锋衣 for men?", "en"),
        ("羽绒服", "zh"),
        ("KF20250318007721", "en"),
        ("？？？", "zh"),
        ("", "en"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected
