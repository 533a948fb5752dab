"""Whether stages fit on nodes, and what is said when they don't."""

import pytest

from cluster.config import load, profile_path
from cluster.config_error import ConfigError
from cluster.packing import Unit, fits
from cluster.placement import Demand, Node, demand, problems
from cluster.render import serve_config


def node(
    name: str,
    gpus: float = 0,
    kind: str | None = None,
    cpus: float = 16,
    group: str | None = None,
    **free: float,
) -> Node:
    total = {"CPU": cpus}
    if gpus:
        total["GPU"] = gpus
    if kind:
        total[f"accelerator_type:{kind}"] = 1
    if group:
        total[f"gpu_group_{group}"] = 1
    return Node(name, name, total, total | free)


def asked(profile: str = "production", *overrides: str) -> list[Demand]:
    return [demand(stage) for stage in load(profile_path(profile), overrides).stages()]


LARGE = "identity.generation.large"
THREE_OF_LARGE = "scale.generation.large={replicas: 3, max_ongoing_requests: 1, max_queued_requests: 1}"
TENSOR_PARALLEL_4 = (f"{LARGE}.tensor_parallel=4", f"{LARGE}.placement={{cpus: 4, gpus: 4}}")


def test_what_fits_has_no_problem() -> None:
    assert problems([node("a", 2, "H100"), node("b", 1, "L4")], asked()) == ()


@pytest.mark.parametrize(
    ("nodes", "overrides", "path", "told"),
    [
        ([node("a", 1, "L4")], (), LARGE, "2 bundles of 1 GPU and 2 CPUs on one node (STRICT_PACK) asked, "
         "the largest node has 1 GPU (L4); lower tensor_parallel or write strategy: PACK, or add a node with 2 GPUs"),
        ([node("a", 1, "L4"), node("b", 1), node("c", 1)], TENSOR_PARALLEL_4, LARGE,
         "the nodes have 3 GPUs and 48 CPUs in all"),
        ([node("a", 1, "L4"), node("b", 1, "L4")], TENSOR_PARALLEL_4, LARGE,
         "4 bundles of 1 GPU and 1 CPU asked, the nodes have 2 GPUs and 32 CPUs in all; lower tensor_parallel or add nodes"),
        ([node("a", 1, "L4"), node("b")],
         (f"{LARGE}.placement={{cpus: 8, gpus: 2}}", f"{LARGE}.bundles=[{{CPU: 8, GPU: 2}}]", f"{LARGE}.engine=fake"), LARGE,
         "the largest node has 1 GPU (L4); lower its gpus or add a node with 2 GPUs"),
        ([node("a", 4, "A100-80G")], (f"{LARGE}.placement.accelerator=H100",), f"{LARGE}.placement.accelerator",
         "H100 asked, the nodes have A100-80G; write one of these"),
        ([node("a", 4)], (f"{LARGE}.placement.accelerator=H100",), f"{LARGE}.placement.accelerator",
         "the nodes have no accelerator type"),
        ([node("a", 2, "H100"), node("b", 4, "L4")], (f"{LARGE}.placement={{cpus: 4, gpus: 2, strategy: STRICT_SPREAD}}",
          f"{LARGE}.placement.accelerator=H100"), LARGE, "on 2 different nodes asked (STRICT_SPREAD), 1 nodes can hold one"),
        ([node("a", 4, "H100", cpus=4)], ("identity.understanding.placement.cpus=8",), "identity.understanding.placement",
         "8 CPUs asked, the largest node has 4 CPUs; lower its cpus or add a node with 8 CPUs"),
        ([node("a", 4, cpus=2), node("b", cpus=16)], (f"{LARGE}.placement.cpus=6", f"{LARGE}.placement.strategy=PACK"), LARGE,
         "1 GPU and 3 CPUs asked on one node, no node has all of it"),
        ([node("a", 2), node("b")], (), LARGE, "3 GPUs asked by all stages"),
        ([node("a", 2)], (), LARGE, "lower scale.generation.large, or add nodes"),
        ([node("a", 3), node("b", 3)], (THREE_OF_LARGE,), LARGE,
         "7 GPUs asked by all stages (identity.generation.large.placement 3 × 2, identity.generation.small"),
        ([node("a", 3, GPU=0)], (), LARGE, "other work holds 3 GPUs of 3 on node a"),
        ([node("a", 3, cpus=64, CPU=4)], (), LARGE, "other work holds 60 CPUs of 64 on node a; end that work"),
        ([], (), "", "no node is alive"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_path_and_what_to_do(
    nodes: list[Node], overrides: tuple[str, ...], path: str, told: str
) -> None:
    found = "\n".join(problems(nodes, asked("production", *overrides)))
    assert found.startswith(path)
    assert told in found


def test_what_is_there_in_sum_but_not_in_pieces_is_told() -> None:
    pair = Demand("identity.generation.large.placement", 3, ({"GPU": 1}, {"GPU": 1}), "STRICT_PACK")
    (line,) = problems([node("a", 3), node("b", 3)], [pair])
    assert "not in pieces that fit: node a has 3 GPUs" in line and "scale.generation.large" in line


def groups(replicas: int) -> list[Demand]:
    share = Demand(
        "identity.understanding.placement",
        replicas,
        ({"GPU": 0.1, "gpu_group_first": 0.1},),
        None,
        1,
        ("first",),
    )
    engine = Demand("identity.generation.small.placement", replicas, ({"GPU": 0.9, "gpu_group_first": 0.9},), "PACK",
                    None, ("first",))  # fmt: skip
    return [share, engine]


def test_a_gpu_group_needs_as_many_nodes_with_such_a_gpu_as_replicas() -> None:
    one, two = node("a", 1, group="first"), node("b", 4, group="first")
    assert problems([one, node("c", 8)], groups(1)) == ()
    assert problems([one, two], groups(2)) == ()
    (line,) = problems([one, two], groups(1))
    assert "2 nodes offer gpu_group_first" in line and "write replicas: 2" in line
    (line,) = problems([node("a", 1)], groups(1))
    assert "no node offers gpu_group_first" in line and "--resources='{\"gpu_group_first\": 1}'" in line


def test_a_node_offers_one_gpu_to_share() -> None:
    two_groups = Node("a", "a", {"CPU": 4, "GPU": 4, "gpu_group_first": 1, "gpu_group_other": 1}, {})
    assert "a node offers one gpu_group" in problems([two_groups], groups(1))[0]
    twice = Node("a", "a", {"CPU": 4, "GPU": 4, "gpu_group_first": 2}, {})
    assert "gpu_group_first 2; a node offers one gpu_group, and 1 of it" in problems([twice], groups(1))[0]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("identity.generation.small.placement={gpus: 0.5}",), "name that GPU with gpu_group"),
        (("identity.generation.small.placement={gpus: 1, gpu_group: first}",), "write a share below 1"),
        (("identity.understanding.placement.gpus=0.2",), "gpus add up to 1.10, above the one GPU"),
        (("identity.understanding.placement={gpus: 0.1, gpu_group: first}",), "gpu_memory_share is needed"),
        (
            ("scale.understanding.replicas=2",),
            "must be fixed and equal, not identity.understanding.placement 2",
        ),
        (
            ("scale.understanding.replicas=2", "scale.generation.small.replicas=2"),
            "kind local is one node; write replicas: 1",
        ),
        (("identity.understanding.placement.gpu_group=other",), "a node offers one GPU to share"),
        (("identity.generation.small.tensor_parallel=2",), "needs whole GPUs but placement.gpus is 0.9"),
        (("identity.understanding.placement={accelerator: L4}",), "accelerator need gpus above 0"),
    ],
)
def test_a_gpu_that_could_not_be_shared_is_refused_at_load(overrides: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(profile_path("gpu"), overrides)
    assert told in str(caught.value)


def test_small_engines_of_several_replicas_are_refused_in_a_group() -> None:
    settings = (
        "identity.nodes={kind: cluster, address: auto, is_one_machine: true}",
        "scale.understanding.replicas=2",
        "scale.generation.small.replicas=2",
        "identity.generation.small.placement.gpus=0.5",
    )
    with pytest.raises(
        ConfigError, match=r"identity\.generation\.small\.placement\.gpus is 0\.5: two engines"
    ):
        load(profile_path("gpu"), settings)


def entries(profile: str, *overrides: str) -> dict[str, dict[str, object]]:
    document = serve_config(load(profile_path(profile), overrides))
    return {entry["name"]: entry for entry in document["applications"][0]["deployments"]}


def test_every_engine_is_placed_by_the_same_rule() -> None:
    bundles = ("identity.generation.small.bundles=[{CPU: 1, GPU: 1}, {CPU: 1, GPU: 1}]",
               "identity.generation.small.placement={cpus: 2, gpus: 2, strategy: SPREAD, accelerator: L4}")  # fmt: skip
    fake = entries("fake", *bundles)["Generation-small"]
    real = entries("laptop", *bundles, "identity.generation.small.tensor_parallel=2")["Generation-small"]
    bundle = {"CPU": 1, "GPU": 1, "accelerator_type:L4": 0.001}
    assert fake["placement_group_bundles"] == real["placement_group_bundles"] == [bundle, bundle]
    assert fake["placement_group_strategy"] == real["placement_group_strategy"] == "SPREAD"
    # A fake engine is its own first worker; vLLM's workers take the bundles and the replica nothing.
    assert fake["ray_actor_options"]["num_gpus"] == 1  # type: ignore[index]
    assert real["ray_actor_options"]["num_cpus"] == 0 and "num_gpus" not in real["ray_actor_options"]  # type: ignore[index,operator]


def test_a_shared_gpu_is_rendered_as_a_resource_and_one_replica_a_node() -> None:
    rendered = entries("gpu")
    share, engine = rendered["Understanding"], rendered["Generation-small"]
    assert share["ray_actor_options"]["resources"] == {"gpu_group_first": 0.1}  # type: ignore[index]
    assert share["max_replicas_per_node"] == 1
    assert engine["placement_group_bundles"] == [{"CPU": 1, "GPU": 0.9, "gpu_group_first": 0.9}]


def test_packing_finds_an_arrangement_that_first_fit_misses() -> None:
    """5+3 and 4+4: taking the largest first onto the tightest node works only with a step back."""
    sizes = [Unit(str(n), ({"CPU": n},)) for n in (6.0, 5.0, 5.0, 4.0, 4.0, 3.0, 3.0)]
    assert fits([{"CPU": 10.0}, {"CPU": 10.0}, {"CPU": 10.0}], sizes) is True
    assert fits([{"CPU": 10.0}, {"CPU": 10.0}, {"CPU": 9.0}], sizes) is False
    assert fits([{"CPU": 8.0}, {"CPU": 8.0}], [Unit("a", ({"CPU": 5.0},)) for _ in range(3)]) is False


def test_packing_of_very_many_gives_up_without_a_claim() -> None:
    units = [Unit(str(i), ({"CPU": 1.0 + i / 1000},)) for i in range(60)]
    assert fits([{"CPU": 1.9 + i / 1000} for i in range(61)], units) is True
    assert fits([{"CPU": 2.05 + i / 1e6} for i in range(31)], units) in (None, True, False)
