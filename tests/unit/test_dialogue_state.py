"""What a conversation carries: written and read, by this version and by others."""

from datetime import UTC, datetime
from typing import Any

import pytest

from routing.dialogue.state import DialogueState, Offer, Option, Question, Topic

OFFER = Offer(
    {"action": "cancel"},
    "token",
    datetime(2026, 11, 22, 4, 0, tzinfo=UTC),
    {"zh": ("订单将关闭",), "en": ("it is closed",)},
)
QUESTION = Question("lines", (Option("L1", "羽绒服", "jacket"),))
FULL = DialogueState(
    language="zh",
    topics=(
        Topic("return", "return_request", {"order": "A"}, {"lines": 1}, QUESTION),
        Topic("cancel", "cancel_order", offer=OFFER),
    ),
    unclear_turns=1,
    stalled_turns=2,
    mood=-0.5,
    order_id="A",
    last=Topic("answer", "order_status"),
)


def test_what_is_written_is_read() -> None:
    assert DialogueState.read(FULL.write()) == FULL


def test_nothing_stored_is_a_new_conversation() -> None:
    assert DialogueState.read({}) == DialogueState()


def test_the_first_version_is_read() -> None:
    assert DialogueState.read({"version": 1, "unclear_turns": 1}) == DialogueState(unclear_turns=1)


@pytest.mark.parametrize("version", [3, None, "2"])
def test_another_version_is_refused_by_name(version: Any) -> None:
    with pytest.raises(ValueError, match="version"):
        DialogueState.read({**FULL.write(), "version": version})


@pytest.mark.parametrize("wrong", [{"wishes": 1}, {"topics": [{"goal": "cancel"}]}, {"mood": "bad"}])
def test_what_this_version_does_not_know_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="can't be read"):
        DialogueState.read({**FULL.write(), **wrong})


def test_an_interrupted_topic_comes_back() -> None:
    state = DialogueState().pushed(Topic("cancel", "cancel_order")).pushed(Topic("return", "return_request"))
    assert state.topic is not None and state.topic.goal == "return"
    after = state.ended()
    assert after.topic is not None and after.topic.goal == "cancel"
    assert after.last == Topic("return", "return_request")


def test_three_topics_wait_at_most_and_none_twice() -> None:
    state = DialogueState()
    for goal in ("a", "b", "c", "a", "d"):
        state = state.pushed(Topic(goal, goal))
    assert [topic.goal for topic in state.topics] == ["c", "a", "d"]


def test_the_newest_turn_weighs_as_much_as_all_before() -> None:
    assert DialogueState().felt(-1.0).felt(-1.0).mood == -0.75
    assert DialogueState().felt(-1.0).felt(1.0).mood == 0.25


def test_what_is_found_ends_question_and_offer() -> None:
    asked = Topic("return", "x").asking(QUESTION)
    assert (asked.asked, asked.is_waiting) == ({"lines": 1}, True)
    found = asked.with_slots(lines=[1])
    assert (found.slots, found.is_waiting) == ({"lines": [1]}, False)
    assert found.offering(OFFER).without("lines").offer is None


def test_nothing_ends_where_nothing_began() -> None:
    assert DialogueState().ended() == DialogueState()
