"""A replica that hangs (SIGSTOP) instead of dying: chats still answer within their deadline, and say what is left out."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.polling import eventually
from tests.serving import Kefu

pytestmark = [pytest.mark.cluster, pytest.mark.thorough]
DEADLINE_S = 20.0


@contextmanager
def stopped(kefu: Kefu, deployment: str) -> Iterator[None]:
    """The deployment's only replica, stopped for the time of a `with`. Serve may have replaced it by then."""
    (pid,) = kefu.pids(deployment)
    victim = next(p for p in kefu.tree() if p.pid == pid)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if victim.is_running() and victim.status() != psutil.STATUS_ZOMBIE:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("deployment", "stage"),
    [("Recommendation", "recommendation"), ("Segmentation", "segmentation"), ("Retrieval", "retrieval")],
)
def test_a_stopped_stage_is_left_out_and_named(kefu: Kefu, deployment: str, stage: str) -> None:
    question = "Recommend me a gift under 200"
    eventually(lambda: kefu.chat(question)["missing"] == [], within_s=120, every_s=0.5)
    with stopped(kefu, deployment):
        started = time.monotonic()
        answer = kefu.chat(question)
        assert time.monotonic() - started < DEADLINE_S
        assert [m.split(":")[0] for m in answer["missing"]] == [stage]
        assert answer["outcome"] == "degraded" and answer["recommendations"]
        # Whoever does not need the stage is not touched by it.
        other = kefu.chat("Hello")
        assert other["missing"] == [] and other["timings_ms"]["total"] < 1000 * DEADLINE_S
    eventually(lambda: kefu.chat(question)["missing"] == [], within_s=120, every_s=0.5)


def test_without_understanding_the_message_is_acknowledged_within_the_deadline(kefu: Kefu) -> None:
    eventually(lambda: kefu.chat("我想退货")["rung"] == "composed", within_s=120, every_s=0.5)
    with stopped(kefu, "Understanding"):
        started = time.monotonic()
        answer = kefu.chat("我想退货")
        assert time.monotonic() - started < DEADLINE_S
        assert (answer["rung"], answer["handed_off"]) == ("acknowledgement", True)
    eventually(lambda: kefu.chat("我想退货")["intent"] == "return_request", within_s=120, every_s=0.5)
