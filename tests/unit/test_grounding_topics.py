"""What facts and sentences say of a topic, what their values are of, and what is made of a value."""

import pytest

from routing.grounding.altered import is_altered
from routing.grounding.roles import roles_in
from routing.grounding.shape import shape_of
from routing.grounding.text import folded
from routing.grounding.topics import stances_in


def test_a_text_with_its_values_and_names_as_letters_is_as_long() -> None:
    text = folded("Order KF260001 for Tibet: CNY 99.00 until 5 May 2026, 10:30, 7 days, 10 % by Alipay.")
    assert shape_of(text) == (
        "order IIIIIIII for WWWWW: MMMMMMMMM until DDDDDDDDDD, TTTTT, LLLLLL, PPPP by YYYYYY."
    )
    assert len(shape_of(text)) == len(text)


@pytest.mark.parametrize(
    ("topic", "sign", "text"),
    [
        ("free_shipping", 1, "Delivery is free from CNY 99.00."),
        ("free_shipping", 1, "Below CNY 99.00 postage isn't free."),
        ("free_shipping", -1, "Even below CNY 99.00 postage is free."),
        ("free_shipping", -1, "满99元也不包邮。"),
        ("cutoff", 1, "Anything paid after 14:00 leaves the day after."),
        ("cutoff", -1, "Anything paid after 14:00 leaves the same day."),
        ("cutoff", 1, "14:00以后付款的，当天发不了。"),
        ("pickup_fee", 1, "For a fault the courier pick-up is on us."),
        ("pickup_fee", -1, "For a fault the courier pick-up costs CNY 12.00."),
        ("coupon_least", 1, "除非消费满200元，否则这张券没法用。"),
        ("coupon_least", -1, "不满200元，这张券也能用。"),
        ("coupon_until", -1, "Coupon SAVE2000 never expires."),
        ("return", -1, "The lamp is past its return window and can't be returned."),
        ("return", 1, "手机想退就退，不用说明原因。"),
        ("waterproof", 1, "The watch has no problem with rain."),
        ("cod", -1, "货到付款这种方式，本店还没开通。"),
        ("address", -1, "It's too late for a new address."),
        ("address", 1, "It's not too late for a new address."),
    ],
)
def test_what_is_turned_round_twice_is_so(topic: str, sign: int, text: str) -> None:
    assert {stance.sign for stance in stances_in(folded(text)) if stance.topic == topic} == {sign}


def test_what_somebody_believed_is_not_said() -> None:
    assert not [s for s in stances_in("You thought you could pay cash on delivery.") if s.topic == "cod"]


def test_a_value_is_of_what_its_piece_says() -> None:
    text = folded("If it is faulty you have 30 days, for a change of mind 7 days.")
    assert [of.roles for of in roles_in(text)] == [{("why", "fault")}, {("why", "mind")}]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("It takes twice the 5 working days.", True),
        ("It arrives the day after 5 May.", True),
        ("It arrives a week later than 5 May.", True),
        ("要等两倍的5个工作日。", True),
        ("比5月5日晚几天。", True),
        ("It takes no longer than 5 working days.", False),
        ("It arrives on 5 May.", False),
        ("不超过5个工作日。", False),
    ],
)
def test_more_or_less_is_made_of_a_value(text: str, is_found: bool) -> None:
    assert (is_altered(folded(text), "") is not None) == is_found
