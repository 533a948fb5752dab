"""A changed scale applies live; a changed chat model restarts Generation alone. Proved by pid."""

from collections.abc import Iterator

import pytest

from tests.polling import eventually
from tests.serving import Kefu, serving

pytestmark = pytest.mark.cluster
OTHERS = ("Gateway", "Understanding", "Retrieval", "Segmentation", "Recommendation")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kefu]:
    with serving("fake", tmp_path_factory.mktemp("live")) as running:
        yield running


def pids(kefu: Kefu) -> dict[str, list[int]]:
    found: dict[str, list[int]] = kefu.status()["replica_pids"]
    return found


def test_a_changed_scale_applies_live_and_keeps_every_replica(cluster: Kefu) -> None:
    before = pids(cluster)
    cluster.command("up", "--set", "scale.understanding.replicas=2")
    eventually(lambda: len(cluster.pids("Understanding")) == 2, within_s=90)
    after = pids(cluster)
    assert set(before["Understanding"]) < set(after["Understanding"])
    assert all(before[name] == after[name] for name in after if name != "Understanding")


def test_a_changed_chat_model_restarts_generation_alone(cluster: Kefu) -> None:
    change = (
        "--set",
        "scale.understanding.replicas=2",
        "--set",
        "identity.generation.small.model=another-model",
    )
    before = pids(cluster)
    cluster.command("up", *change)
    eventually(lambda: cluster.pids("Generation-small") not in ([], before["Generation-small"]), within_s=90)
    after = pids(cluster)
    assert all(before[name] == after[name] for name in OTHERS)
    assert cluster.status()["parts"]["generation.small"]["model"] == "another-model"
    assert cluster.chat("Hello")["rung"] == "small"


def test_a_configuration_with_a_fault_changes_nothing(cluster: Kefu) -> None:
    before = pids(cluster)
    refused = cluster.command("up", "--set", "scale.understanding.replcas=3", check=False)
    assert refused.returncode == 1
    assert "did you mean 'replicas'" in refused.stderr and "Traceback" not in refused.stderr
    assert pids(cluster) == before


@pytest.mark.parametrize("kind", ["segmentation", "recommendation"])
def test_a_newly_trained_model_is_served_without_a_restart(cluster: Kefu, kind: str) -> None:
    before = cluster.status()
    printed = cluster.command("train", kind, "--tenant", "demo", "--seed", "1").stdout
    version = printed.split("promoted ")[1].split(" ")[0]
    assert version[:12] not in before["parts"][kind]["model"]
    eventually(lambda: version[:12] in cluster.status()["parts"][kind]["model"], within_s=30, every_s=0.5)
    assert cluster.status()["replica_pids"] == before["replica_pids"]
    assert cluster.chat("Recommend me a gift under 200")["missing"] == []


def test_training_a_shop_that_does_not_exist_says_so(cluster: Kefu) -> None:
    refused = cluster.command("train", "segmentation", "--tenant", "nobody", check=False)
    assert refused.returncode == 1 and "no tenant 'nobody'" in refused.stderr
    assert "Traceback" not in refused.stderr
