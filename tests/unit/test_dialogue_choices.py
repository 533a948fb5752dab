"""Which option a reply takes, and which order is meant."""

from dataclasses import replace

import pytest

from commerce.domain.orders import OPEN_STATES, Order, OrderState
from commerce.domain.text import LocalText
from routing.dialogue.picking import picked_option
from routing.dialogue.state import Option, Question, Topic
from routing.dialogue.which_order import (
    Choosing,
    choose_order,
    likely_orders,
    means_other_order,
    order_options,
)
from tests.builders import line
from tests.dialogue_values import MUG, SmallShop, an_order, entity, heard

REASONS = Question(
    "reason",
    (
        Option("no_longer_needed", "不需要了", "no longer needed"),
        Option("ordered_by_mistake", "买错了", "ordered by mistake"),
        Option("other", "其他原因", "another reason"),
    ),
)
WANTS = Question(
    "wants", (Option("refund", "退款", "a refund"), Option("replacement", "补发或换新", "a replacement"))
)
ONLY = Question("invoice", (Option("personal", "个人（王芳）", "personal (Emma Clark)"),))
VARIANTS = Question(
    "variants",
    (
        Option("V2", "红色 L ¥599.00", "red L CNY 599.00"),
        Option("V3", "黑色 M ¥629.00", "black M CNY 629.00"),
        Option("V4", "黑色 L ¥629.00", "black L CNY 629.00"),
    ),
)
HOMES = Question(
    "address", (Option("A2", "上海市浦东新区世纪大道88号", "88 Century Avenue, Pudong, Shanghai"),)
)

PICKED = [
    (REASONS, "第二个", "ordered_by_mistake"),
    (REASONS, "最后一个", "other"),
    (REASONS, "买错了", "ordered_by_mistake"),
    (REASONS, "by mistake", "ordered_by_mistake"),
    (WANTS, "退款吧", "refund"),
    (WANTS, "I'd like a refund please", "refund"),
    (WANTS, "replacement", "replacement"),
    (WANTS, "补发", "replacement"),
    (ONLY, "好的", "personal"),
    (ONLY, "personal", "personal"),
    (VARIANTS, "红色", "V2"),
    (VARIANTS, "黑色 M", "V3"),
    (VARIANTS, "the red one please", "V2"),
    (VARIANTS, "black L", "V4"),
    (VARIANTS, "v3", "V3"),
    (HOMES, "就用浦东那个", "A2"),
    (HOMES, "the Pudong one", "A2"),
]
NOT_PICKED = [
    (REASONS, "no"),
    (REASONS, "hi"),
    (REASONS, "yes"),
    (REASONS, "the other one"),
    (REASONS, "第四个"),
    (REASONS, "好的"),
    (WANTS, "what"),
    (WANTS, "嗯"),
    (VARIANTS, "黑色"),
    (VARIANTS, "the one"),
    (VARIANTS, "last week"),
    (HOMES, "北京"),
    (HOMES, "is my phone on"),
]


@pytest.mark.parametrize(("question", "reply", "value"), PICKED)
def test_picked(question: Question, reply: str, value: str) -> None:
    option = picked_option(question, heard(reply))
    assert option is not None and option.value == value


@pytest.mark.parametrize(("question", "reply"), NOT_PICKED)
def test_nothing_is_picked(question: Question, reply: str) -> None:
    assert picked_option(question, heard(reply)) is None


def test_without_options_nothing_is_picked() -> None:
    assert picked_option(Question("words"), heard("1")) is None


JACKET = line(product_type="down_jacket")
SHOES = line(
    "shoes",
    LocalText("缓震跑步鞋", "running shoes"),
    product_id="P3",
    colour="black",
    size="42",
    product_type="shoes",
)
A = an_order("KF260000000001", OrderState.PAID, (JACKET,))
B = an_order("KF260000000002", OrderState.PAID, (replace(SHOES, line_id="L3"),))
C = an_order("KF260000000003", OrderState.DELIVERED, (replace(SHOES, line_id="L4", colour="white"),))
SHOP = SmallShop(orders=(A, B, C))
OPEN = (frozenset({OrderState.PAID}),)


def chosen(
    message: str,
    *orders: Order,
    picked: str | None = None,
    spoken_of: str | None = None,
    number: str | None = None,
) -> str | None:
    said = heard(message, "cancel_order", *([entity("order_number", number, message)] if number else []))
    facts = SmallShop(orders=orders or (A, B, C)).facts(said.understood)
    found = choose_order(
        Choosing(said, facts, likely_orders(facts, OPEN), picked, spoken_of, said.acts.other)
    )
    return None if found is None else found.order.order_id


def test_by_its_number() -> None:
    assert chosen("取消KF260000000003", number="KF260000000003") == C.order_id


def test_by_its_goods() -> None:
    assert chosen("取消跑步鞋") == B.order_id
    assert chosen("cancel the running shoes") == B.order_id


def test_goods_outside_the_likely_are_found_too() -> None:
    assert chosen("跑步鞋", A, C) == C.order_id


def test_goods_in_two_orders_are_asked_about() -> None:
    both = replace(B, order_id="KF260000000009", lines=(replace(SHOES, line_id="L9"),))
    assert chosen("跑步鞋", A, B, both) is None


def test_the_topics_before_the_one_that_was_spoken_of() -> None:
    assert chosen("取消", picked=A.order_id, spoken_of=B.order_id) == A.order_id
    assert chosen("取消", spoken_of=B.order_id) == B.order_id


def test_what_was_spoken_of_must_be_likely() -> None:
    assert chosen("取消", spoken_of=C.order_id) is None


def test_the_only_likely_one() -> None:
    assert chosen("取消", A, C) == A.order_id


def test_two_likely_ones_are_asked_about() -> None:
    assert chosen("取消") is None


def test_where_none_can_be_meant_the_newest_tells_why() -> None:
    assert chosen("取消", C) == C.order_id


def test_the_other_one_of_two() -> None:
    assert chosen("不是这个，是另一个", picked=A.order_id) == B.order_id
    assert chosen("the other one", spoken_of=B.order_id) == A.order_id


def test_the_other_one_of_three_is_asked_about() -> None:
    more = replace(B, order_id="KF260000000008")
    assert chosen("另一个", A, B, more, picked=A.order_id) is None


def test_the_other_one_of_an_order_with_several_items_is_an_item() -> None:
    two = an_order("KF260000000001", lines=(JACKET, MUG))
    topic = Topic("return", "x", {"order": two.order_id})
    facts = SmallShop(orders=(two, B)).facts(heard("另一个").understood)
    assert not means_other_order(topic, heard("另一个"), facts)
    assert means_other_order(topic, heard("另一个订单"), facts)
    assert means_other_order(Topic("return", "x", {"order": B.order_id}), heard("另一个"), facts)


def test_the_first_group_of_states_that_there_is_any_of() -> None:
    facts = SHOP.facts(heard("x").understood)
    assert likely_orders(facts, (frozenset({OrderState.SHIPPED}), frozenset({OrderState.DELIVERED}))) == (C,)
    assert likely_orders(facts, (OPEN_STATES,)) == (A, B)
    assert likely_orders(facts, (frozenset({OrderState.RETURNED}),)) == ()


def test_five_orders_are_offered_at_most() -> None:
    many = tuple(replace(A, order_id=f"KF26000000001{n}") for n in range(7))
    options = order_options(many)
    assert len(options) == 5
    assert options[0].zh == "KF260000000010（短款羽绒服（红色，M） ×1，已付款，等待发货）"
