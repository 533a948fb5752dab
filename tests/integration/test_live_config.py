"""A changed scale applies live; a changed chat model restarts Generation alone. Proved by pid."""

import pytest

from tests.polling import eventually
from tests.serving import Kefu, reconfigured

pytestmark = pytest.mark.cluster
OTHERS = ("Gateway", "Understanding", "Retrieval", "Segmentation", "Recommendation")


def pids(kefu: Kefu) -> dict[str, list[int]]:
    found: dict[str, list[int]] = kefu.status()["replica_pids"]
    return found


def test_a_changed_scale_applies_live_and_keeps_every_replica(kefu: Kefu) -> None:
    before = pids(kefu)
    kefu.command("up", "--set", "scale.understanding.replicas=2")
    eventually(lambda: len(kefu.pids("Understanding")) == 2, within_s=90)
    after = pids(kefu)
    assert set(before["Understanding"]) < set(after["Understanding"])
    assert all(before[name] == after[name] for name in after if name != "Understanding")
    kefu.command("up")
    eventually(lambda: len(kefu.pids("Understanding")) == 1, within_s=90)


@pytest.mark.thorough
def test_a_changed_chat_model_restarts_generation_alone(kefu: Kefu) -> None:
    before = pids(kefu)
    with reconfigured(kefu, "identity.generation.small.model=another-model"):
        after = pids(kefu)
        assert all(before[name] == after[name] for name in OTHERS)
        assert kefu.status()["parts"]["generation.small"]["model"] == "another-model"
        assert kefu.chat("Hello")["rung"] == "small"


def test_a_configuration_with_a_fault_changes_nothing(kefu: Kefu) -> None:
    before = pids(kefu)
    refused = kefu.command("up", "--set", "scale.understanding.replcas=3", check=False)
    assert refused.returncode == 1
    assert "did you mean 'replicas'" in refused.stderr and "Traceback" not in refused.stderr
    assert pids(kefu) == before


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["segmentation", "recommendation"])
def test_a_newly_trained_model_is_served_without_a_restart(kefu: Kefu, kind: str) -> None:
    before = kefu.status()
    printed = kefu.command("train", kind, "--tenant", "demo", "--seed", "1").stdout
    version = printed.split("promoted ")[1].split(" ")[0]
    assert version[:12] not in before["parts"][kind]["model"]
    eventually(lambda: version[:12] in kefu.status()["parts"][kind]["model"], within_s=30, every_s=0.5)
    assert kefu.status()["replica_pids"] == before["replica_pids"]
    assert kefu.chat("Recommend me a gift under 200")["missing"] == []


def test_training_a_shop_that_does_not_exist_says_so(kefu: Kefu) -> None:
    refused = kefu.command("train", "segmentation", "--tenant", "nobody", check=False)
    assert refused.returncode == 1 and "no tenant 'nobody'" in refused.stderr
    assert "Traceback" not in refused.stderr
