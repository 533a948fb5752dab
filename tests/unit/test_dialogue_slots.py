"""What each slot is filled from: what is said, and what need not be asked."""

from dataclasses import replace
from typing import Any

import pytest

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.orders import OrderState
from commerce.domain.policy import CategoryReturnRule
from routing.dialogue import slots_goods, slots_people, slots_why
from routing.dialogue.state import Question
from routing.dialogue.working import Working
from tests.builders import line
from tests.dialogue_values import (
    COUPON,
    CUSTOMER,
    MUG,
    OFFICE,
    SmallShop,
    an_order,
    entity,
    heard,
    method,
    variant,
)

JACKET = line(product_type="down_jacket")
ONE = SmallShop()
TWO = SmallShop(orders=(an_order(lines=(JACKET, MUG)),))
THREE_PIECES = SmallShop(orders=(an_order(lines=(replace(JACKET, quantity=3),)),))
JACKETS = SmallShop(
    orders=(an_order(lines=(JACKET, replace(JACKET, line_id="L8", colour="black", size="L"))),)
)


def working(
    message: str, *entities: Any, shop: SmallShop = ONE, goal: str = "return", **slots: Any
) -> Working:
    return shop.working(goal, heard(message, "return_request", *entities), **slots)


def ids(items: list[dict[str, Any]] | None) -> list[tuple[str, int]] | None:
    return None if items is None else [(item["line_id"], item["quantity"]) for item in items]


# --- lines


def test_the_only_line_need_not_be_asked_for() -> None:
    assert ids(slots_goods.only_line(working("退货"))) == [("L1", 1)]
    assert slots_goods.only_line(working("退货", shop=TWO)) is None


def test_a_line_by_its_name_in_both_languages() -> None:
    assert ids(slots_goods.lines_said(working("马克杯", shop=TWO))) == [("L2", 1)]
    assert ids(slots_goods.lines_said(working("the mug please", shop=TWO))) == [("L2", 1)]
    assert slots_goods.lines_said(working("退货", shop=TWO)) is None


def test_all_of_it() -> None:
    assert ids(slots_goods.lines_said(working("全部退", shop=TWO))) == [("L1", 1), ("L2", 1)]
    assert ids(slots_goods.lines_said(working("all of it", shop=TWO))) == [("L1", 1), ("L2", 1)]


def test_fewer_pieces_of_what_was_chosen() -> None:
    said = working(
        "只退2件",
        entity("quantity", "2件", "只退2件", "2"),
        shop=THREE_PIECES,
        lines=[{"line_id": "L1", "quantity": 3}],
    )
    assert ids(slots_goods.lines_said(said)) == [("L1", 2)]


def test_no_more_pieces_than_there_are() -> None:
    said = working("羽绒服退9件", entity("quantity", "9件", "羽绒服退9件", "9"), shop=THREE_PIECES)
    assert ids(slots_goods.lines_said(said)) == [("L1", 3)]


def test_a_colour_tells_two_of_a_kind_apart() -> None:
    named = "黑色羽绒服"
    assert ids(
        slots_goods.lines_said(working(named, entity("colour", "黑色", named, "black"), shop=JACKETS))
    ) == [("L8", 1)]
    assert slots_goods.lines_said(working("羽绒服", shop=JACKETS)) is None


def test_the_other_of_two_lines() -> None:
    said = working("另一件", shop=TWO, lines=[{"line_id": "L1", "quantity": 1}])
    assert ids(slots_goods.lines_said(said)) == [("L2", 1)]


def test_what_went_back_is_not_offered() -> None:
    back = SmallShop(orders=(an_order(lines=(replace(JACKET, returned_quantity=1), MUG)),))
    assert [option.value for option in slots_goods.line_options(working("退", shop=back))] == ["L2"]


# --- variants

CHOSEN = [{"line_id": "L1", "quantity": 1}]


def exchanging(message: str, *entities: Any, shop: SmallShop = ONE, **slots: Any) -> Working:
    return working(message, *entities, shop=shop, goal="exchange", lines=CHOSEN, **slots)


def test_another_size_of_the_same_colour() -> None:
    assert slots_goods.variants_said(exchanging("换L码", entity("size", "L", "换L码"))) == {"L1": "V2"}


def test_another_colour_of_the_same_size() -> None:
    said = exchanging("换成黑色", entity("colour", "黑色", "换成黑色", "black"))
    assert slots_goods.variants_said(said) == {"L1": "V3"}


def test_what_it_was_is_not_what_is_wanted() -> None:
    message = "红色换成黑色"
    said = exchanging(
        message, entity("colour", "红色", message, "red"), entity("colour", "黑色", message, "black")
    )
    assert slots_goods.variants_said(said) == {"L1": "V3"}


@pytest.mark.parametrize(
    ("message", "found"),
    [("换大一码", "V2"), ("a size up please", "V2"), ("next size up", "V2"), ("小一码", None)],
)
def test_the_next_size(message: str, found: str | None) -> None:
    assert slots_goods.variants_said(exchanging(message)) == ({"L1": found} if found else None)


def test_what_is_sold_out_is_not_taken() -> None:
    shop = SmallShop(variants=(variant("V1", "red", "M"), variant("V2", "red", "L", stock=0)))
    assert slots_goods.variants_said(exchanging("换L码", entity("size", "L", "换L码"), shop=shop)) is None
    assert slots_goods.variant_options(exchanging("换", shop=shop)) == ()


def test_the_only_other_variant_need_not_be_asked_for() -> None:
    shop = SmallShop(variants=(variant("V1", "red", "M"), variant("V2", "red", "L")))
    assert slots_goods.only_other(exchanging("换", shop=shop)) == {"L1": "V2"}
    assert slots_goods.only_other(exchanging("换")) is None


def test_options_say_what_a_variant_costs() -> None:
    assert [o.zh for o in slots_goods.variant_options(exchanging("换"))] == [
        "红色 L ¥599.00",
        "黑色 M ¥629.00",
    ]
    assert slots_goods.pick_variant(exchanging("换"), "V3") == {"L1": "V3"}


# --- why


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("买错了", CancelReason.ORDERED_BY_MISTAKE),
        ("ordered by mistake", CancelReason.ORDERED_BY_MISTAKE),
        ("别家更便宜", CancelReason.FOUND_CHEAPER),
        ("too expensive", CancelReason.FOUND_CHEAPER),
        ("发货太慢", CancelReason.TOO_SLOW),
        ("不想要了", CancelReason.NO_LONGER_NEEDED),
        ("I don't need it", CancelReason.NO_LONGER_NEEDED),
        ("取消", None),
    ],
)
def test_why_it_is_cancelled(message: str, reason: str | None) -> None:
    assert slots_why.cancel_reason_said(working(message, goal="cancel")) == reason


def test_a_shop_that_takes_any_reason_is_told_none() -> None:
    strict = replace(DEMO_POLICY, orders=replace(DEMO_POLICY.orders, cancel_reasons=(CancelReason.TOO_SLOW,)))
    assert slots_why.any_reason(working("取消")) == CancelReason.OTHER
    assert slots_why.any_reason(working("取消", shop=SmallShop(policy=strict))) is None
    assert slots_why.cancel_reason_said(working("买错了", shop=SmallShop(policy=strict))) is None
    assert [
        o.value for o in slots_why.cancel_reason_options(working("取消", shop=SmallShop(policy=strict)))
    ] == ["too_slow"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("发错货了", "wrong_item"),
        ("you sent the wrong one", "wrong_item"),
        ("杯子碎了", "damaged"),
        ("it arrived broken", "damaged"),
        ("质量有问题", "fault"),
        ("it doesn't work", "fault"),
        ("不喜欢", None),
    ],
)
def test_why_it_goes_back(message: str, reason: str | None) -> None:
    assert slots_why.return_reason_said(working(message)) == reason
    assert slots_why.change_of_mind(working(message)) == "no_reason"


FEE = replace(
    DEMO_POLICY,
    returns=replace(
        DEMO_POLICY.returns,
        categories={
            "womens_clothing": CategoryReturnRule(no_reason_days=7, fault_days=7, opened_fee_percent=10)
        },
    ),
)


def test_opened_goods_are_asked_about_only_where_that_costs_something() -> None:
    charging = SmallShop(policy=FEE)
    assert slots_why.unopened_matters(working("退", lines=CHOSEN, reason="no_reason")) == "unsaid"
    assert slots_why.unopened_matters(working("退", shop=charging, lines=CHOSEN, reason="no_reason")) is None
    assert slots_why.unopened_matters(working("退", shop=charging, lines=CHOSEN, reason="fault")) == "unsaid"
    rule = replace(FEE.returns.categories["womens_clothing"], opened_fee_percent=0)
    free = SmallShop(policy=replace(FEE, returns=replace(FEE.returns, categories={"womens_clothing": rule})))
    assert slots_why.unopened_matters(working("退", shop=free, lines=CHOSEN, reason="no_reason")) == "unsaid"


@pytest.mark.parametrize(
    ("message", "said"),
    [("没拆封", "yes"), ("拆开了", "no"), ("never opened", "yes"), ("I used it", "no"), ("嗯", None)],
)
def test_whether_it_was_opened(message: str, said: str | None) -> None:
    assert slots_why.unopened_said(working(message)) == said


def test_a_bare_no_to_whether_it_was_opened_says_that_it_was_not() -> None:
    """The question is whether it was opened or used."""
    now = working("没有", lines=CHOSEN)
    asked = replace(now, topic=now.topic.asking(Question("unopened", slots_why.unopened_options(now))))
    assert slots_why.unopened_said(asked) == "yes"
    yes = replace(asked, heard=heard("是的"))
    assert slots_why.unopened_said(yes) == "no"


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("少发了一件", "missing"),
        ("a part is missing", "missing"),
        ("发错颜色了", "wrong_item"),
        ("the wrong colour", "wrong_item"),
        ("碎了", "damaged"),
        ("it is cracked", "damaged"),
        ("开不了机", "fault"),
        ("it won't turn on", "fault"),
        ("有问题", None),
    ],
)
def test_what_is_wrong(message: str, problem: str | None) -> None:
    assert slots_why.problem_said(working(message)) == problem


@pytest.mark.parametrize(
    ("message", "wants"),
    [
        ("退款", "refund"),
        ("money back", "refund"),
        ("补发", "replacement"),
        ("a new one", "replacement"),
        ("怎么办", None),
    ],
)
def test_what_is_wanted(message: str, wants: str | None) -> None:
    assert slots_why.wants_said(working(message)) == wants


def test_words_are_kept_masked() -> None:
    said = replace(
        working("我的电话是13800000000"),
        heard=replace(heard("我的电话是13800000000"), masked="我的电话是[phone]"),
    )
    assert slots_why.words_of_the_beginning(said) == "我的电话是[phone]"


# --- people


def test_a_street_stays_in_its_city() -> None:
    message = "改到江南大道300号"
    said = slots_people.address_said(working(message, entity("address_street", "江南大道300号", message)))
    assert said is not None
    assert (said["city"], said["street"], said["district"]) == ("杭州市", "江南大道300号", "西湖区")


def test_a_new_city_has_streets_of_its_own() -> None:
    message = "改到上海市"
    said = working(message, entity("address_city", "上海市", message))
    found = slots_people.address_said(said)
    assert found is not None and (found["region"], found["street"]) == ("上海市", "")
    assert not slots_people.is_whole_address(replace(said, topic=said.topic.with_slots(address=found)))


def test_a_telephone_alone_changes_nothing_else() -> None:
    message = "电话改成13912345678"
    said = slots_people.address_said(working(message, entity("phone", "13912345678", message)))
    assert said is not None and (said["phone"], said["street"], said["recipient"]) == (
        "13912345678",
        "文三路1号",
        "王芳",
    )


def test_no_word_of_an_address_is_none() -> None:
    assert slots_people.address_said(working("改地址")) is None


def test_saved_addresses_are_offered_but_the_present_one() -> None:
    shop = SmallShop(customer=replace(CUSTOMER, addresses=(*CUSTOMER.addresses, OFFICE)))
    options = slots_people.address_options(working("改地址", shop=shop))
    assert [option.value for option in options] == ["A2"]
    assert slots_people.pick_address(working("改", shop=shop), "A2")["street"] == "世纪大道88号"
    assert slots_people.address_options(working("改", shop=SmallShop(customer=None))) == ()


METHODS = SmallShop(methods=(method("alipay"), method("wechat_pay"), method("gift_card", 500_00)))


def test_a_method_by_its_name() -> None:
    assert slots_people.method_said(working("微信", shop=METHODS)) == "wechat_pay-C1"
    assert slots_people.method_said(working("use my gift card", shop=METHODS)) == "gift_card-C1"
    assert slots_people.method_said(working("paypal", shop=METHODS)) is None


def test_a_difference_goes_by_what_paid() -> None:
    assert slots_people.method_that_paid(working("换", shop=METHODS)) == "alipay-C1"
    unpaid = SmallShop(orders=(an_order(state=OrderState.PENDING_PAYMENT),), methods=METHODS.methods)
    assert slots_people.method_that_paid(working("换", shop=unpaid)) is None
    assert (
        slots_people.method_that_paid(working("换", shop=replace(unpaid, methods=(method("alipay"),))))
        == "alipay-C1"
    )


def test_another_method_is_not_the_one_that_paid() -> None:
    assert slots_people.only_other_method(working("换", shop=METHODS)) is None
    assert slots_people.only_other_method(working("换")) == "wechat_pay-C1"
    assert [o.value for o in slots_people.other_method_options(working("换", shop=METHODS))] == [
        "wechat_pay-C1",
        "gift_card-C1",
    ]


@pytest.mark.parametrize(
    ("message", "title", "tax_id"),
    [
        ("抬头是杭州青禾科技有限公司，税号91330100MA27XW5R0B", "杭州青禾科技有限公司", "91330100MA27XW5R0B"),
        ("开给杭州青禾科技有限公司", "杭州青禾科技有限公司", None),
        ("个人", "王芳", None),
        ("personal please", "王芳", None),
        ("抬头改成李雷", "李雷", None),
        (
            "to Green Field Trading Ltd, tax id 91330100MA27XW5R0B",
            "Green Field Trading Ltd",
            "91330100MA27XW5R0B",
        ),
        ("the title should be Jane Roe", "Jane Roe", None),
        ("帮我开发票", None, None),
    ],
)
def test_whom_an_invoice_is_for(message: str, title: str | None, tax_id: str | None) -> None:
    said = slots_people.invoice_said(working(message)) or {}
    assert (said.get("title"), said.get("tax_id")) == (title, tax_id)


def test_a_paper_invoice_without_a_title_is_not_enough() -> None:
    said = slots_people.invoice_said(working("开纸质发票"))
    assert said == {"kind": "paper"}
    more = slots_people.invoice_said(working("个人", invoice=said))
    assert more == {"kind": "paper", "title": "王芳"}
    assert slots_people.has_title(working("个人", invoice=more)) and not slots_people.has_title(
        working("x", invoice=said)
    )


def test_a_person_has_no_tax_number_of_a_company() -> None:
    before = {"title": "青禾科技有限公司", "tax_id": "91330100MA27XW5R0B"}
    assert slots_people.invoice_said(working("改成个人", invoice=before)) == {"title": "王芳"}


def test_a_coupon_by_its_code_or_the_only_one() -> None:
    other = replace(COUPON, coupon_id="CP20")
    both = SmallShop(coupons=(COUPON, other))
    assert slots_people.only_coupon(working("用券", shop=SmallShop(coupons=(COUPON,)))) == "CP10"
    assert slots_people.only_coupon(working("用券", shop=both)) is None
    assert slots_people.coupon_said(working("用cp20", shop=both)) == "CP20"
    assert [o.zh for o in slots_people.coupon_options(working("用券", shop=both))] == [
        "CP10 减 ¥10.00",
        "CP20 减 ¥10.00",
    ]
