"""What a turn does: each rule by a message and a state in which it is the first that applies."""

from dataclasses import replace
from typing import Any

import pytest

from routing.dialogue.heard import Heard, hear
from routing.dialogue.rules import RULES, decide
from routing.dialogue.state import DialogueState, Offer, Option, Question, Topic
from tests.builders import NOW
from tests.dialogue_values import entity, heard, unsure

OFFER = Offer({}, "token", NOW)
ORDERS = Question(
    "order", (Option("KF1", "KF1（羽绒服）", "KF1 (jacket)"), Option("KF2", "KF2（马克杯）", "KF2 (mug)"))
)
OFFERED = DialogueState().pushed(
    Topic("cancel", "cancel_order", {"order": "KF1", "lines": [1]}).offering(OFFER)
)
RETURN_OFFERED = DialogueState().pushed(
    Topic("return", "return_request", {"order": "KF1", "lines": [1]}).offering(OFFER)
)
ASKED = DialogueState().pushed(Topic("return", "return_request").asking(ORDERS))
ADDRESS = DialogueState().pushed(Topic("change_address", "change_address").asking(Question("address")))
ANSWERED = DialogueState(last=Topic("answer", "order_status"))
BELOW = OFFERED.pushed(Topic("return", "return_request").asking(ORDERS))
NUMBER = "KF260000000001"


def plain(message: str, intent: str, *entities: Any, **changes: Any) -> Heard:
    return heard(message, intent, *entities, **changes)


CASES = [
    ("one of those offered", ASKED, plain("第二个", "order_status"), "work"),
    ("a person was asked for", OFFERED, plain("转人工", "human_agent"), "hand_off"),
    (
        "upset, and nothing came about",
        replace(ASKED, mood=-0.9, stalled_turns=2),
        plain("气死了", "complaint", mood=-1.0),
        "calm",
    ),
    ("the proposal is agreed to", OFFERED, unsure("确认"), "commit"),
    ("the proposal is agreed to", OFFERED, unsure("yes, cancel it"), "commit"),
    ("the proposal is declined", OFFERED, unsure("不用"), "drop"),
    ("given up", ASKED, unsure("算了"), "drop"),
    ("to be said again", ASKED, unsure("再说一遍"), "repeat"),
    ("to be said again", ANSWERED, unsure("再说一遍"), "repeat"),
    ("put right", OFFERED, unsure("不是这个"), "work"),
    (
        "the question is answered",
        ADDRESS,
        plain("文三路1号", "change_address", entity("address_street", "文三路1号", "文三路1号")),
        "work",
    ),
    ("more of the same", OFFERED, plain("取消订单", "cancel_order"), "work"),
    (
        "the proposal is changed",
        OFFERED,
        plain("2件", "order_status", entity("quantity", "2件", "2件"), decision="clarify"),
        "work",
    ),
    ("back to what was interrupted", BELOW, plain("取消订单", "cancel_order"), "work"),
    ("a yes or no that answers nothing", ASKED, unsure("好的"), "work"),
    ("yes or no to nothing", DialogueState(), unsure("好的"), "small_talk"),
    ("thanks or a goodbye", DialogueState(), plain("谢谢", "greeting_thanks"), "small_talk"),
    ("what the proposal comes to", OFFERED, plain("能退多少钱", "return_request"), "repeat"),
    ("something is to be done", DialogueState(), plain("取消订单", "cancel_order"), "work"),
    (
        "something is to be done",
        RETURN_OFFERED,
        plain(f"取消订单{NUMBER}", "cancel_order", entity("order_number", NUMBER, f"取消订单{NUMBER}")),
        "work",
    ),
    (
        "something is to be done",
        ASKED,
        plain(f"取消{NUMBER}", "cancel_order", entity("order_number", NUMBER, f"取消{NUMBER}")),
        "work",
    ),
    ("recognised", OFFERED, plain("配送范围", "delivery_policy"), "answer"),
    ("its words ask for a fact", DialogueState(), unsure("我付了多少钱"), "answer"),
    ("its words ask for a fact", DialogueState(), plain("这单花了多少钱", "price_promotion"), "answer"),
    (
        "its words ask for a fact",
        DialogueState(),
        plain("国补能补多少", "out_of_scope", decision="out_of_scope"),
        "answer",
    ),
    (
        "goods of this shop are named",
        DialogueState(),
        plain(
            "短款羽绒服能飞吗？",
            "out_of_scope",
            entity("product", "短款羽绒服", "短款羽绒服能飞吗？"),
            decision="out_of_scope",
        ),
        "answer",
    ),
    *(
        (
            "goods of this shop are named",
            DialogueState(),
            plain(
                f"{model}一天开三次",
                "out_of_scope",
                entity("product", model, f"{model}一天开三次"),
                decision="out_of_scope",
            ),
            "answer",
        )
        for model in ("JSQ30-HWA", "jsq30-hwa")
    ),
    *(
        (
            "not about this shop's service",
            DialogueState(),
            plain(message, "x", decision="out_of_scope"),
            "refuse",
        )
        for message in ("航班CA1831几点起飞", "GPT4o是什么", "SF1234567890", "COVID19")
    ),
    (
        "the same of another order",
        ANSWERED,
        plain(NUMBER, "x", entity("order_number", NUMBER, NUMBER), decision="clarify"),
        "answer",
    ),
    ("the same of another order", ANSWERED, unsure("那另一个呢"), "answer"),
    ("not understood while something waits", OFFERED, unsure("嗯啊这个"), "work"),
    (
        "not about this shop's service",
        DialogueState(),
        plain("天气", "out_of_scope", decision="out_of_scope"),
        "refuse",
    ),
    ("unrecognised twice in a row", DialogueState(unclear_turns=1), unsure("那个"), "give_up"),
    ("not sure enough", DialogueState(), unsure("那个"), "clarify"),
]


@pytest.mark.parametrize(("rule", "state", "said", "step"), CASES)
def test_rule(rule: str, state: DialogueState, said: Heard, step: str) -> None:
    plan = decide(said, state)
    assert (plan.rule, plan.step) == (rule, step)


def test_every_rule_has_a_case() -> None:
    assert {rule.name for rule in RULES} == {case[0] for case in CASES}


@pytest.mark.parametrize("message", ["确认退货", "yes, return it", "好的，不过换成黑色", "你好", "可以吗？"])
def test_what_is_no_plain_yes_to_this_is_no_commit(message: str) -> None:
    assert decide(unsure(message), OFFERED).step != "commit"


def test_a_yes_to_a_question_commits_nothing() -> None:
    assert decide(unsure("确认"), ASKED).step == "work"


def test_a_person_takes_over_everything_that_waits() -> None:
    assert decide(plain("转人工", "human_agent"), BELOW).state.topics == ()


def test_an_interrupted_wish_waits_below_the_new_one() -> None:
    plan = decide(plain("我要退货", "return_request"), OFFERED)
    assert [topic.goal for topic in plan.state.topics] == ["cancel", "return"]
    assert plan.topic is not None and plan.topic.slots == {}


def test_putting_a_wish_right_means_the_same_goods() -> None:
    plan = decide(plain("不对，我是说退货", "return_request"), OFFERED)
    assert plan.topic is not None and plan.topic.slots == {"order": "KF1", "lines": [1]}


def test_going_back_takes_up_what_was_known() -> None:
    plan = decide(plain("还是取消订单吧", "cancel_order"), BELOW)
    assert plan.topic == OFFERED.topic
    assert [topic.goal for topic in plan.state.topics] == ["return", "cancel"]


def test_a_recognised_turn_begins_the_count_anew() -> None:
    assert (
        decide(plain("物流", "logistics_tracking"), DialogueState(unclear_turns=1)).state.unclear_turns == 0
    )


def test_a_refusal_leaves_the_count_as_it_was() -> None:
    refused = decide(plain("天气", "x", decision="out_of_scope"), DialogueState(unclear_turns=1))
    assert refused.state.unclear_turns == 1


def test_what_is_asked_about_does_not_end_what_waits() -> None:
    plan = decide(plain("运费多少", "delivery_policy"), OFFERED)
    assert plan.state.topic == OFFERED.topic


def test_a_reply_without_words_is_in_the_language_that_was_spoken() -> None:
    english = DialogueState(language="en")
    said = heard(NUMBER)
    assert hear("OK", "OK", said.understood, english, NOW).language == "en"
    assert hear("好的", "好的", said.understood, english, NOW).language == "zh"
