"""Replicas that die by kill -9, on a real cluster with fake engines. Victims are the test's own, by pid."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.polling import eventually
from tests.serving import Kefu, reconfigured

pytestmark = [pytest.mark.cluster, pytest.mark.thorough]


@pytest.fixture(scope="module")
def cluster(kefu: Kefu) -> Iterator[Kefu]:
    with reconfigured(
        kefu, "identity.generation.small.fake={delay_per_token_ms: 400, start_ms: 12000}"
    ) as slow:
        yield slow


def kill(kefu: Kefu, deployment: str) -> int:
    (victim,) = kefu.pids(deployment)
    assert victim in {p.pid for p in kefu.tree()}, "not one of this test's own processes"
    os.kill(victim, signal.SIGKILL)
    return victim


def test_without_its_chat_model_the_cluster_goes_on_composed_and_marked_until_it_is_back(
    cluster: Kefu,
) -> None:
    assert cluster.chat("Hello")["rung"] == "small"
    victim = kill(cluster, "Generation-small")
    answers = [cluster.chat("Hello") for _ in range(5)]
    assert all((a["rung"], a["outcome"]) == ("composed", "degraded") for a in answers)
    assert all(a["rung_reasons"][0].startswith("small: ") and "Qinghe Mall" in a["answer"] for a in answers)
    # Once it is known to be down, nobody waits for it.
    assert answers[-1]["timings_ms"]["total"] < 1000
    eventually(lambda: cluster.chat("Hello")["rung"] == "small", within_s=120, every_s=0.5)
    assert cluster.pids("Generation-small") != [victim]


def test_a_replica_that_starts_is_told_by_status(cluster: Kefu) -> None:
    kill(cluster, "Generation-small")

    def is_starting() -> bool:
        found = [r for r in cluster.status()["replicas"] if r["deployment"] == "Generation-small"]
        return [r["state"] for r in found] == ["STARTING"]

    eventually(is_starting, within_s=60)
    assert cluster.pids("Generation-small") == []
    eventually(lambda: cluster.chat("Hello")["rung"] == "small", within_s=120, every_s=0.5)


def test_no_message_is_lost_while_understanding_restarts(cluster: Kefu) -> None:
    kill(cluster, "Understanding")
    answers = [cluster.chat("我想退货怎么办") for _ in range(5)]
    for answer in answers:
        assert answer["intent"] == "return_request" or (answer["rung"], answer["handed_off"]) == (
            "acknowledgement",
            True,
        )
    eventually(
        lambda: cluster.chat("我想退货怎么办")["intent"] == "return_request", within_s=120, every_s=0.5
    )


def test_a_client_that_goes_away_stops_its_generation(cluster: Kefu) -> None:
    eventually(lambda: cluster.chat("Hello")["rung"] == "small", within_s=120, every_s=0.5)
    before = cluster.metric("ray_kefu_generation_streams_total", end="aborted")
    with (
        cluster.client() as client,
        client.stream("POST", "/v1/chat", json={"message": "Hello", "stream": True}) as response,
    ):
        # Leave in the middle: a sentence has come, and the engine is at work on the next.
        next(line for line in response.iter_lines() if line == "event: delta")
    eventually(
        lambda: cluster.metric("ray_kefu_generation_streams_total", end="aborted") > before,
        within_s=40,
        every_s=0.5,
    )
