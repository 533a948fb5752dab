"""Every kind of replica dies once by kill -9 in the middle of a conversation, which goes on. Victims are the test's own."""

import os
import signal
from typing import Any

import httpx
import pytest

from tests.polling import eventually
from tests.serving import Kefu

pytestmark = [pytest.mark.cluster, pytest.mark.thorough]
KINDS = ("Gateway", "Understanding", "Retrieval", "Segmentation", "Recommendation", "Generation-small")


def turn(kefu: Kefu, message: str, conversation_id: str | None) -> dict[str, Any] | None:
    """The answer; None while nobody answers."""
    body = {"message": message} | ({"conversation_id": conversation_id} if conversation_id else {})
    with kefu.client() as client:
        try:
            response = client.post("/v1/chat", json=body)
        except httpx.TransportError:
            return None
    answer: dict[str, Any] | None = response.json() if response.status_code == 200 else None
    return answer


@pytest.mark.parametrize("kind", KINDS)
def test_a_conversation_goes_on_after_a_replica_died(kefu: Kefu, kind: str) -> None:
    """What was asked before it died is answered after it: the order is known, and the proposal is committed once."""
    asked = kefu.chat("我要投诉")
    assert asked["move"] == "ask" and len(asked["replies"]) == 2, asked
    conversation_id = asked["conversation_id"]
    for victim in kefu.pids(kind):
        assert victim in {p.pid for p in kefu.tree()}, "not one of this test's own processes"
        os.kill(victim, signal.SIGKILL)
    # Meanwhile a person may be promised, and what was asked waits.
    answers: list[dict[str, Any]] = []

    def is_proposed() -> bool:
        answer = turn(kefu, "第一个", conversation_id)
        answers.extend([answer] if answer is not None else [])
        return answer is not None and answer["move"] == "propose"

    eventually(is_proposed, within_s=120, every_s=0.5)
    assert {answer["conversation_id"] for answer in answers} == {conversation_id}
    done = kefu.chat("确认", conversation_id=conversation_id)
    assert done["move"] == "act" and "投诉已登记" in done["answer"], done
    # Who says yes once more has nothing left to agree to.
    assert kefu.chat("确认", conversation_id=conversation_id)["move"] == "answer"
