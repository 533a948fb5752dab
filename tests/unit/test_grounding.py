import pytest

from routing.grounding import check, numbers_in

FACTS_EN = (
    "Qinghe Mall\nYour order KF260000000001 is shipped and on its way.\nIt is expected on 24 Nov 2026.\n"
    "Returns are accepted within 7 days.\nThe price is CNY 1,299.00."
)
FACTS_ZH = "青禾商城\n您的订单 KF260000000001 已发货。\n签收次日起7天内可以退货。\n运费 ¥12.00。"


@pytest.mark.parametrize(
    "sentence",
    [
        "Hello, and welcome!",
        "Returns are accepted within seven days.",
        "Your order KF260000000001 was dispatched.",
        "The price is 1299 CNY.",
        "One of our colleagues can help you.",
    ],
)
def test_what_the_facts_hold_may_be_said(sentence: str) -> None:
    assert check(sentence, FACTS_EN, "en") is None


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Returns are accepted within 30 days.", "number"),
        ("Returns are accepted within thirty days.", "number"),
        ("Your order KF260000000002 is on its way.", "identifier"),
        ("You will get it for free.", "claim"),
        ("We guarantee it.", "claim"),
        ("Your order was delivered.", "claim"),
        ("Please write to our partner Amazon for help.", "name"),
        ("It comes tomorrow.", "claim"),
        ("您的订单正在路上。", "language"),
    ],
)
def test_what_the_facts_do_not_hold_is_found(sentence: str, kind: str) -> None:
    finding = check(sentence, FACTS_EN, "en")
    assert finding is not None
    assert finding.kind == kind


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("签收后七天内可以退货。", None),
        ("签收后十五天内可以退货。", "number"),
        ("我们保证全额补偿。", "claim"),
        ("运费是12元。", None),
        ("运费是二十元。", "number"),
        ("请购买《会员大礼包》。", "name"),
        ("Your parcel is coming.", "language"),
    ],
)
def test_chinese_is_held_against_the_facts_too(sentence: str, kind: str | None) -> None:
    finding = check(sentence, FACTS_ZH, "zh")
    assert (finding.kind if finding else None) == kind


def test_numbers_of_every_writing_have_one_form() -> None:
    assert numbers_in("1,299.00 元") == numbers_in("1299")
    assert numbers_in("二十一天") == {"21"}
    assert numbers_in("半年") == {"0.5"}
    assert numbers_in("within fifteen days") == {"15"}
