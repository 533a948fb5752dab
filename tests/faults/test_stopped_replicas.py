"""A replica that hangs (SIGSTOP) instead of dying: chats still answer within their deadline, and say what is left out."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.polling import eventually
from tests.serving import Kefu, serving

pytestmark = pytest.mark.cluster
DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kefu]:
    with serving("fake", tmp_path_factory.mktemp("stopped")) as running:
        yield running


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
def test_a_stopped_stage_is_left_out_and_named(cluster: Kefu, deployment: str, stage: str) -> None:
    question = "Recommend me a gift under 200"
    eventually(lambda: cluster.chat(question)["missing"] == [], within_s=120, every_s=0.5)
    with stopped(cluster, deployment):
        started = time.monotonic()
        answer = cluster.chat(question)
        assert time.monotonic() - started < DEADLINE_S
        assert [m.split(":")[0] for m in answer["missing"]] == [stage]
        assert answer["outcome"] == "degraded" and answer["recommendations"]
        # Whoever does not need the stage is not touched by it.
        other = cluster.chat("Hello")
        assert other["missing"] == [] and other["timings_ms"]["total"] < 1000 * DEADLINE_S
    eventually(lambda: cluster.chat(question)["missing"] == [], within_s=120, every_s=0.5)


def test_without_understanding_the_message_is_acknowledged_within_the_deadline(cluster: Kefu) -> None:
    eventually(lambda: cluster.chat("我想退货")["rung"] == "composed", within_s=120, every_s=0.5)
    with stopped(cluster, "Understanding"):
        started = time.monotonic()
        answer = cluster.chat("我想退货")
        assert time.monotonic() - started < DEADLINE_S
        assert (answer["rung"], answer["handed_off"]) == ("acknowledgement", True)
    eventually(lambda: cluster.chat("我想退货")["intent"] == "return_request", within_s=120, every_s=0.5)
