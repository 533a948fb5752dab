"""Persons told to a real cluster in every way are found nowhere in what it keeps, and erased customers nowhere at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.leak_scan import doors
from benchmarks.leaks.run import CUSTOMERS, Run, measure
from tests.serving import Kefu, serving

pytestmark = [pytest.mark.cluster, pytest.mark.thorough]
PEOPLE = 200


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kefu]:
    """One whose customers may be erased."""
    with serving("fake", tmp_path_factory.mktemp("leaks")) as running:
        yield running


def test_nobody_is_found_and_the_erased_are_gone(own_cluster: Kefu) -> None:
    kefu = own_cluster

    def mint(customer_id: str) -> str:
        return kefu.command("token", "customer", "--tenant", "demo", "--customer", customer_id).stdout.strip()

    run = Run(doors(kefu.served), kefu.home, kefu.run_folder(), lambda: "".join(kefu.output), mint)
    found = measure(run, PEOPLE, seed=1)
    leaks = [place for place in found["places"] if place["found"]]
    assert not leaks, leaks
    told = {place["place"]: place["bytes"] for place in found["places"]}
    # What was looked at was not empty.
    for place in (
        "turns.message",
        "turns.answer",
        "feedback.text",
        "tickets.words",
        "/metrics",
        "output of kefu up",
    ):
        assert told[place] > 1_000, place
    assert told["files of the run: logs of Ray, Serve, HAProxy"] > 10_000
    assert told["database: bytes of the file and of its log"] > 1_000_000
    assert found["sent"]["chat"] > PEOPLE * 6 and found["sent"]["action"] == PEOPLE
    erasure = found["erasure"]
    assert erasure["held_before"] >= CUSTOMERS * 4 and erasure["found_after"] == 0
    assert erasure["tokens_refused"] == CUSTOMERS
    assert Path(run.database).exists()
