"""Comparing what nodes run, where replicas lie, and what a scrape says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from cluster.colocation import Replica, split_groups
from cluster.config import load, profile_path
from cluster.prometheus import samples, sums
from cluster.ray_nodes import replica_from
from cluster.versions import ABSENT, Versions, digest, disagreements, own_versions

ONE = Versions("0.1.0", "abc", "2.60.0", "3.11.9")


def test_nodes_that_agree_have_nothing_to_tell() -> None:
    assert disagreements([("here", ONE), ("10.0.0.1", ONE), ("10.0.0.2", ONE)]) == ()


def test_a_disagreement_names_nodes_and_versions() -> None:
    other = replace(ONE, sources="def", ray="2.59.0")
    sources, ray = disagreements([("here", ONE), ("10.0.0.1", ONE), ("10.0.0.2", other), ("10.0.0.2", other)])
    assert sources.startswith("sources differs: abc on here, 10.0.0.1; def on 10.0.0.2 (2 nodes);")
    assert "2.60.0 on here, 10.0.0.1; 2.59.0 on 10.0.0.2" in ray and "one version of Ray" in ray


def test_a_node_without_kefu_is_named() -> None:
    found = disagreements([("here", ONE), ("10.0.0.1", Versions(ABSENT, ABSENT, "2.60.0", "3.11.9"))])
    assert "not installed on 10.0.0.1" in found[0]


def test_a_replica_that_starts_is_told_without_what_serve_does_not_know_yet() -> None:
    row: dict[str, Any] = {"replica_id": "r1", "state": "STARTING", "start_time_s": 1.0}
    assert replica_from("Retrieval", row, {}) == Replica("Retrieval", "r1", "STARTING", None, None)
    known = row | {"state": "RUNNING", "pid": 7, "node_id": "n", "actor_id": "a"}
    gpus: dict[str, tuple[tuple[str, int], ...]] = {"a": (("n", 0),)}
    assert replica_from("Retrieval", known, gpus) == Replica(
        "Retrieval", "r1", "RUNNING", 7, "n", (("n", 0),)
    )


def test_a_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "routing").mkdir()
    (tmp_path / "routing" / "a.py").write_text("x = 1\n")
    first = digest(tmp_path)
    (tmp_path / "routing" / "a.log").write_text("not a source")
    assert digest(tmp_path) == first
    (tmp_path / "routing" / "a.py").write_text("x = 2\n")
    second = digest(tmp_path)
    (tmp_path / "routing" / "a.py").rename(tmp_path / "routing" / "b.py")
    assert len({first, second, digest(tmp_path)}) == 3
    assert own_versions().sources == own_versions().sources


def pair(understanding: tuple[tuple[str, int], ...], small: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    stages = list(load(profile_path("gpu")).stages())
    found = [
        *(
            Replica("Understanding", str(i), "RUNNING", i, gpu[0], (gpu,))
            for i, gpu in enumerate(understanding)
        ),
        *(Replica("Generation-small", str(i), "RUNNING", i, gpu[0], (gpu,)) for i, gpu in enumerate(small)),
    ]
    return split_groups(stages, found)


def test_a_pair_on_one_gpu_is_no_news_and_a_split_one_is_told() -> None:
    assert pair((("n1", 0),), (("n1", 0),)) == ()
    assert pair((("n1", 0), ("n2", 3)), (("n2", 3), ("n1", 0))) == ()
    (other_gpu,) = pair((("n1", 0),), (("n1", 1),))
    assert "Understanding on GPU 0 of node n1; Generation-small on GPU 1 of node n1" in other_gpu
    assert pair((("n1", 0),), (("n2", 0),))
    assert pair((("n1", 0), ("n1", 0)), (("n1", 0), ("n2", 0)))
    assert pair((), ())


def test_a_scrape_is_read_by_series_and_label() -> None:
    text = (
        "# HELP ray_serve_x help\n"
        'ray_serve_x{deployment="A",note="a \\"b\\" {c}"} 2.0\n'
        'ray_serve_x{deployment="B"} 1\nray_serve_x{deployment="A"} 3\nray_serve_x_total{deployment="A"} 9\nplain 4\n'
    )
    assert sums(text, "ray_serve_x", "deployment") == {"A": 5, "B": 1}
    assert list(samples(text, "plain")) == [({}, 4.0)]
