"""Whole turns of a flow, over a small shop: what is said, asked, proposed, done; and what happens where the shop says no."""

from dataclasses import replace

import pytest

from commerce.domain.orders import OrderState
from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText
from routing.dialogue.state import DialogueState
from routing.effects import Committed, Lapsed, Refused, Unavailable
from tests.builders import line
from tests.dialogue_values import MUG, SmallShop, an_order, entity, heard, unsure

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
