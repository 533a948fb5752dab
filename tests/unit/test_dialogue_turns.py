"""Whole turns of a flow, over a small shop: what is said, asked, proposed, done; and what happens where the shop says no."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from commerce.domain.orders import Order, OrderLine, OrderState, PaymentStatus
from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText
from routing.compose import outcomes
from routing.dialogue.flows import FLOWS
from routing.dialogue.forbidden import forbidden
from routing.dialogue.instead import possible_instead
from routing.dialogue.state import DialogueState, Topic
from routing.effects import Committed, DetailEach, Effect, Lapsed, Propose, Refused, Unavailable
from tests.builders import NOW, line
from tests.dialogue_values import COUPON, MUG, SmallShop, an_order, entity, heard, unsure

CANCEL = heard("取消订单")
NO = Refused(
    (
        RuleStep(
            "order.cancel_cutoff", None, RuleOutcome.FAILED, LocalText("订单已打包", "the order is packed")
        ),
    )
)
DELIVERED = an_order(state=OrderState.DELIVERED, lines=(line(product_type="down_jacket"), MUG))


def offered(shop: SmallShop) -> DialogueState:
    """After a proposal."""
    _, carried = shop.turn(DialogueState(), CANCEL)
    assert carried.move == "propose"
    return carried.state


def text(carried: object) -> str:
    return carried.composed.text("zh")  # type: ignore[attr-defined, no-any-return]


def test_the_only_order_is_proposed_with_what_it_does() -> None:
    _, carried = SmallShop().turn(DialogueState(), CANCEL)
    assert carried.move == "propose"
    assert "KF260000000001" in text(carried) and "¥599.00" in text(carried)
    assert carried.state.order_id == "KF260000000001"


def test_a_yes_commits_exactly_what_was_offered() -> None:
    shop = SmallShop(commits=[Committed(({"kind": "CaseOpened", "id": "S77"},))])
    state = offered(shop)
    _, carried = shop.turn(state, unsure("确认"))
    assert (carried.move, shop.committed) == ("act", [state.topic.offer])  # type: ignore[union-attr]
    assert "已取消" in text(carried) and "S77" in text(carried)
    assert carried.state.topics == ()


def test_a_no_commits_nothing() -> None:
    shop = SmallShop()
    _, carried = shop.turn(offered(shop), unsure("不用了"))
    assert (carried.move, shop.committed, carried.state.topics) == ("drop", [], ())


def test_an_offer_that_lapsed_is_made_anew() -> None:
    shop = SmallShop(commits=[Lapsed()])
    _, carried = shop.turn(offered(shop), unsure("确认"))
    assert carried.move == "propose"
    assert "失效" in text(carried) and "¥599.00" in text(carried)
    assert carried.state.topic is not None and carried.state.topic.offer is not None


def test_what_is_refused_at_the_commit_is_refused_with_its_reason() -> None:
    shop = SmallShop(commits=[NO], proposals=[])
    state = offered(shop)
    shop.proposals.append(NO)
    _, carried = shop.turn(state, unsure("确认"))
    assert carried.move == "answer"
    assert "订单已打包" in text(carried)
    assert carried.state.topics == ()


def test_a_commit_that_is_not_known_of_leaves_the_same_offer() -> None:
    shop = SmallShop(commits=[Unavailable("deadline")])
    state = offered(shop)
    _, carried = shop.turn(state, unsure("确认"))
    assert (carried.move, carried.missing) == ("propose", ("commerce: deadline",))
    assert "还不能确定" in text(carried)
    assert carried.state.topic == state.topic
    shop.turn(carried.state, unsure("确认"))
    assert [offer.token for offer in shop.committed] == ["token", "token"]


def test_a_shop_that_can_not_be_reached_is_said_so() -> None:
    shop = SmallShop(proposals=[Unavailable("unavailable")])
    _, carried = shop.turn(DialogueState(), CANCEL)
    assert (carried.move, carried.missing) == ("answer", ("commerce: unavailable",))
    assert "没有做任何改动" in text(carried)


def test_what_the_rules_forbid_is_not_asked_about_first() -> None:
    shop = SmallShop(orders=(an_order(state=OrderState.PACKED),))
    _, carried = shop.turn(DialogueState(), heard("改地址", "change_address"))
    assert carried.move == "answer"
    assert "已打包" in text(carried)


def test_several_items_are_asked_about_and_one_is_proposed() -> None:
    shop = SmallShop(orders=(replace(DELIVERED, delivered_at=DELIVERED.shipped_at),))
    _, asked = shop.turn(DialogueState(), heard("我要退货", "return_request"))
    assert asked.move == "ask"
    _, proposed = shop.turn(asked.state, unsure("第二个"))
    assert proposed.move == "propose"
    assert "手绘马克杯" in text(proposed)


def test_a_question_is_asked_twice_and_then_a_person_takes_over() -> None:
    shop = SmallShop(orders=(DELIVERED,))
    state, moves = DialogueState(), []
    said = heard("我要退货", "return_request")
    for _ in range(3):
        _, carried = shop.turn(state, said)
        moves.append(carried.move)
        state, said = carried.state, unsure("这个嘛")
    assert moves == ["ask", "ask", "hand_off"]
    assert state.topics == ()


def test_a_proposal_is_not_shown_for_ever() -> None:
    shop = SmallShop()
    state, moves = offered(shop), []
    for _ in range(4):
        _, carried = shop.turn(state, unsure("这个嘛"))
        moves.append(carried.move)
        state = carried.state
        if carried.move == "hand_off":
            break
    assert moves[-1] == "hand_off"
    assert moves.count("propose") <= 2


@pytest.mark.parametrize(
    ("shop", "told"),
    [
        (SmallShop(is_signed_in=False, orders=()), "请先登录"),
        (SmallShop(orders=()), "还没有订单"),
    ],
)
def test_without_an_order_it_is_said_why(shop: SmallShop, told: str) -> None:
    _, carried = shop.turn(DialogueState(), CANCEL)
    assert told in text(carried)
    assert carried.state.topics == ()


def test_an_order_of_nobody_is_said_so() -> None:
    message = "取消KF999999999999"
    _, carried = SmallShop().turn(
        DialogueState(), heard(message, "cancel_order", entity("order_number", "KF999999999999", message))
    )
    assert "没有找到订单 KF999999999999" in text(carried)


def test_another_order_forgets_the_lines_of_the_one_before() -> None:
    other = an_order("KF260000000002", OrderState.DELIVERED, (replace(MUG, line_id="L7"),))
    shop = SmallShop(orders=(DELIVERED, other))
    message = "KF260000000001退货"
    _, asked = shop.turn(
        DialogueState(), heard(message, "return_request", entity("order_number", "KF260000000001", message))
    )
    assert asked.move == "ask"
    said = "KF260000000002"
    _, proposed = shop.turn(
        asked.state, heard(said, "return_request", entity("order_number", said, said), decision="clarify")
    )
    assert proposed.move == "propose"
    assert proposed.state.topic is not None and proposed.state.topic.slots["lines"] == [
        {"line_id": "L7", "quantity": 1}
    ]


RETURN = heard("我要退货", "return_request")


def delivered(number: int, days: int, *lines: OrderLine) -> Order:
    """That many days ago, of several orders the one of that number."""
    kept = lines or (line(line_id=f"L{number}", name=LocalText(f"外套{number}", f"coat {number}")),)
    own = tuple(replace(each, line_id=f"{each.line_id}.{number}") for each in kept)
    at = NOW - timedelta(days=days)
    return an_order(f"KF26000000001{number}", OrderState.DELIVERED, own, delivered_at=at)


@dataclass
class Watched(SmallShop):
    """Notes for which orders something is proposed."""

    proposed: list[str] = field(default_factory=list)

    def answer(self, effect: Effect) -> Any:
        if isinstance(effect, Propose):
            self.proposed.append(effect.arguments.order_id)
        return super().answer(effect)


class Away(SmallShop):
    """Does not answer in time."""

    def answer(self, effect: Effect) -> Any:
        return Unavailable("deadline") if isinstance(effect, DetailEach) else super().answer(effect)


def test_the_only_order_that_can_be_returned_is_taken_and_named() -> None:
    shop = SmallShop(orders=(delivered(1, 40), delivered(2, 3), delivered(3, 30)))
    _, carried = shop.turn(DialogueState(), RETURN)
    assert carried.move == "propose"
    assert "您说的应该是订单 KF260000000012（外套2" in text(
        carried
    ) and "您最近的订单里目前只有这一单可以退货" in text(carried)
    assert carried.state.order_id == "KF260000000012"
    _, again = shop.turn(carried.state, unsure("这个嘛"))
    assert "只有这一单" not in text(again)


def test_where_none_can_be_the_newest_tells_why() -> None:
    shop = SmallShop(orders=(delivered(1, 30), delivered(2, 40)))
    _, carried = shop.turn(DialogueState(), RETURN)
    assert carried.move == "answer" and carried.state.topics == ()
    assert "KF260000000011" in text(carried) and "已过期限" in text(carried)
    assert "您最近的其他订单也不能退货" in text(carried) and "KF260000000012" not in text(carried)


@pytest.mark.parametrize("goal", FLOWS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_of_every_deed_it_can_be_said_which_order_it_is_possible_for(goal: str, language: str) -> None:
    order = an_order()
    assert order.order_id in outcomes.only_one(goal, order, language)
    assert outcomes.nor_others(goal, language)
    assert order.lines[0].name.in_language(language) in outcomes.only_line(
        goal, order, order.lines[0], language
    )


def test_of_orders_that_were_not_tried_nothing_is_said() -> None:
    mug = line(line_id="L9", product_id="P9", name=LocalText("马克杯", "mug"))
    shop = SmallShop(orders=(delivered(3, 1, mug), delivered(1, 30), delivered(2, 40)))
    _, carried = shop.turn(DialogueState(), heard("我要退外套", "return_request"))
    assert "KF260000000011" in text(carried) and "不能退货" in text(carried)
    assert "其他订单" not in text(carried)
    shop = SmallShop(orders=(delivered(3, 1, mug), delivered(1, 3), delivered(2, 40)))
    _, carried = shop.turn(DialogueState(), heard("我要退外套", "return_request"))
    assert carried.move == "propose" and "KF260000000011" in text(carried)
    assert "只有这一单" not in text(carried)


EXCHANGE = heard("我要换货", "exchange_request")


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.PENDING_PAYMENT])
def test_an_order_that_a_twin_of_the_deed_could_help_is_not_said_to_be_refused(state: OrderState) -> None:
    past = (delivered(1, 30), delivered(2, 40))
    _, carried = SmallShop(orders=past).turn(DialogueState(), EXCHANGE)
    assert "您最近的其他订单也不能换货" in text(carried)
    to_send = an_order("KF260000000013", state, (line(line_id="L3"),))
    _, carried = SmallShop(orders=(*past, to_send)).turn(DialogueState(), EXCHANGE)
    assert "不能换货" in text(carried) and "其他订单" not in text(carried)


def test_the_order_that_is_not_meant_is_not_said_to_be_refused() -> None:
    shop = SmallShop(orders=(delivered(1, 3), delivered(2, 3), delivered(3, 40)))
    number = "KF260000000011"
    _, offered = shop.turn(
        DialogueState(), heard(number, "return_request", entity("order_number", number, number))
    )
    assert offered.move == "propose" and number in text(offered)
    _, carried = shop.turn(offered.state, unsure("不是这单，是另一单"))
    assert carried.move == "propose" and "KF260000000012" in text(carried)
    assert "只有这一单" not in text(carried)


def test_those_that_can_be_are_offered_and_no_others() -> None:
    shop = SmallShop(orders=(delivered(1, 3), delivered(2, 40), delivered(3, 3)))
    _, carried = shop.turn(DialogueState(), RETURN)
    question = carried.state.topic.question if carried.state.topic else None
    assert question is not None and question.slot == "order"
    assert [option.value for option in question.options] == ["KF260000000011", "KF260000000013"]


def test_an_offer_is_made_for_the_order_that_is_taken_and_for_no_other() -> None:
    shop = Watched(orders=(delivered(1, 40), delivered(2, 3), delivered(3, 40)))
    shop.turn(DialogueState(), RETURN)
    assert shop.proposed == ["KF260000000012"]
    shop = Watched(orders=tuple(delivered(number, 3) for number in range(8)))
    _, carried = shop.turn(DialogueState(), RETURN)
    assert carried.state.topic is not None and carried.state.topic.question is not None
    assert (shop.proposed, len(carried.state.topic.question.options)) == ([], 5)


def test_the_coupon_that_is_asked_for_tells_which_order_can_take_it() -> None:
    cheap, dear = (
        an_order(f"KF26000000002{n}", OrderState.PENDING_PAYMENT, (line(unit_price_minor=n * 100_00),))
        for n in (1, 2)
    )
    shop = SmallShop(orders=(cheap, dear), coupons=(replace(COUPON, min_goods_minor=150_00),))
    _, carried = shop.turn(DialogueState(), heard("帮我用优惠券", "coupon"))
    assert carried.move == "propose"
    assert "KF260000000022" in text(carried) and "只有这一单可以用这张优惠券" in text(carried)


def test_orders_that_can_not_be_looked_into_now_are_not_said_to_be_refused() -> None:
    shop = Away(orders=(delivered(1, 3), delivered(2, 40)))
    _, carried = shop.turn(DialogueState(), RETURN)
    assert (carried.move, carried.missing) == ("answer", ("commerce: deadline",))
    assert "暂时查不到" in text(carried) and "不能退货" not in text(carried)


def test_an_order_of_which_no_line_can_be_returned_is_none_to_ask_lines_of() -> None:
    food = (line("food", line_id="L8"), line("food", line_id="L9"))
    _, carried = SmallShop(orders=(delivered(1, 3, *food),)).turn(DialogueState(), RETURN)
    assert carried.move == "answer"
    assert "不能退货" in text(carried) and "哪件商品" not in text(carried)


COAT = line(line_id="L7", name=LocalText("外套", "coat"))
FOOD = line("food", line_id="L8", name=LocalText("坚果", "nuts"))


def test_the_only_item_of_an_order_that_can_be_returned_is_taken_and_named() -> None:
    shop = SmallShop(orders=(delivered(1, 3, FOOD, MUG),))
    _, carried = shop.turn(DialogueState(), RETURN)
    assert carried.move == "propose" and "哪件商品" not in text(carried)
    assert "您说的应该是手绘马克杯" in text(carried) and "目前只有这件可以退货" in text(carried)
    assert carried.state.topic is not None
    assert [each["line_id"] for each in carried.state.topic.slots["lines"]] == ["L2.1"]
    _, again = shop.turn(carried.state, unsure("这个嘛"))
    assert "只有这件" not in text(again)
    _, refused = shop.turn(carried.state, heard("不是这个，我要退坚果", "return_request"))
    assert refused.move == "answer" and "坚果" in text(refused) and "不能退货" in text(refused)


def test_of_items_that_are_named_the_only_one_that_can_be_returned_is_taken() -> None:
    """And none that is not named, nor one with fewer pieces than are said."""
    gift, nuts = replace(FOOD, line_id="L6", name=LocalText("坚果礼盒", "nuts in a box")), FOOD
    kept = replace(nuts, category="home")
    _, taken = SmallShop(orders=(delivered(1, 3, gift, kept, MUG),)).turn(
        DialogueState(), heard("坚果我要退货", "return_request")
    )
    assert taken.move == "propose" and "您说的应该是坚果（" in text(taken)
    for said, lines in (
        ("坚果我要退货", (gift, nuts, MUG)),
        ("只退两件", (nuts, MUG)),
        ("我要退货", (COAT, MUG)),
    ):
        _, asked = SmallShop(orders=(delivered(1, 3, *lines),)).turn(
            DialogueState(), heard(said, "return_request")
        )
        assert asked.move == "ask" and "只有这件" not in text(asked), said


def test_a_repair_of_several_lines_is_of_the_one_that_has_a_warranty() -> None:
    wanted = heard("我要报修", "warranty_repair")
    lines = line("home", line_id="L8"), line("home", line_id="L9")
    _, refused = SmallShop(orders=(delivered(1, 60, *lines),)).turn(DialogueState(), wanted)
    assert refused.move == "answer" and "没有保修" in text(refused)
    under_warranty = lines[0], line("appliances", line_id="L9")
    _, taken = SmallShop(orders=(delivered(1, 60, *under_warranty),)).turn(DialogueState(), wanted)
    assert taken.move == "propose" and "只有这件可以免费维修" in text(taken)
    two = tuple(line("appliances", line_id=each) for each in ("L8", "L9"))
    _, asked = SmallShop(orders=(delivered(1, 60, *two),)).turn(DialogueState(), wanted)
    assert asked.move == "ask"


def test_other_items_are_no_way_out_while_a_payment_is_under_way() -> None:
    settled = an_order()
    under_way = replace(settled, payments=(replace(settled.payments[0], status=PaymentStatus.PENDING),))

    def possible(of: Order) -> tuple[str, ...]:
        shop, topic = SmallShop((of,)), Topic("exchange", "exchange_request")
        found = shop.facts(heard("想换一件").understood)
        return possible_instead(("change_items", "cancel"), topic, shop.details(of.order_id), found)

    assert possible(settled) == ("change_items", "cancel")
    assert possible(under_way) == ()


def test_goods_in_two_orders_are_asked_about_among_these_two() -> None:
    mugs = delivered(1, 3, MUG), delivered(2, 3, MUG)
    shop = SmallShop(orders=(delivered(3, 3), *mugs))
    _, carried = shop.turn(DialogueState(), heard("马克杯我要退货", "return_request"))
    question = carried.state.topic.question if carried.state.topic else None
    assert question is not None
    assert [option.value for option in question.options] == [each.order_id for each in mugs]


REFUSED_AT_ONCE = [
    ("cancel", an_order(state=OrderState.PACKED)),
    ("change_address", an_order(item_changes=1)),
    ("change_items", an_order(item_changes=1)),
    ("change_payment", an_order(state=OrderState.PENDING_PAYMENT)),
    ("apply_coupon", an_order()),
    ("reissue_invoice", an_order(state=OrderState.PENDING_PAYMENT)),
]
SLOTS: dict[str, dict[str, Any]] = {
    "cancel": {"reason": "other"},
    "change_address": {"address": {"recipient": "王芳", "phone": "13800000000", "region": "浙江省", "city": "杭州市",
                                   "district": "西湖区", "street": "文三路2号", "postcode": "", "country": "CN"}},
    "change_items": {"lines": [{"line_id": "L1", "quantity": 1}], "variants": {"L1": "V2"}, "method": "alipay-C1"},
    "change_payment": {"method": "wechat_pay-C1"},
    "apply_coupon": {"coupon": "CP10"},
    "reissue_invoice": {"invoice": {"title": "王芳"}},
}  # fmt: skip


@pytest.mark.parametrize(("goal", "order"), REFUSED_AT_ONCE, ids=[goal for goal, _ in REFUSED_AT_ONCE])
def test_what_is_refused_before_anything_is_asked_the_proposal_refuses_by_the_same_rules(
    goal: str, order: Order
) -> None:
    shop = SmallShop(orders=(order,), coupons=(COUPON,))
    working = shop.working(goal, heard("x"))
    told = forbidden(goal, working)
    assert told is not None
    answered = shop.answer(Propose(FLOWS[goal].build(order.order_id, SLOTS[goal])))
    assert isinstance(answered, Refused)
    assert set(told) <= set(answered.rule_trace)


@pytest.mark.parametrize("goal", SLOTS)
def test_what_can_be_done_is_not_refused_before_it_is_asked_for(goal: str) -> None:
    order = an_order(state=OrderState.PENDING_PAYMENT) if goal == "apply_coupon" else an_order()
    shop = SmallShop(orders=(order,), coupons=(COUPON,))
    assert forbidden(goal, shop.working(goal, heard("x"))) is None
