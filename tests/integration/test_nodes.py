"""`kefu up` on a running Ray cluster of several nodes with logical GPUs: placement, versions, status, down."""

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from cluster.ray_local import free_port
from tests.many_nodes import many_nodes

pytestmark = [pytest.mark.cluster, pytest.mark.thorough]

# One node has three L4, one has four H100; of each, one GPU can be shared.
NODES: list[dict[str, Any]] = [
    {"num_cpus": 4, "num_gpus": 3, "resources": {"accelerator_type:L4": 1, "gpu_group_first": 1}},
    {"num_cpus": 4, "num_gpus": 4, "resources": {"accelerator_type:H100": 1, "gpu_group_first": 1}},
]
SHARE = "gpu_group: first, gpu_memory_share: 0.3"
PLACES = (
    f"identity.understanding.placement={{cpus: 0.25, gpus: 0.1, {SHARE}}}",
    f"identity.generation.small.placement={{cpus: 0.25, gpus: 0.8, {SHARE}}}",
    "identity.generation.small.bundles=[{CPU: 0.25, GPU: 0.8}]",
    "scale.understanding.replicas=2",
    "scale.generation.small.replicas=2",
    "identity.retrieval.placement={cpus: 0.25, gpus: 1, accelerator: L4}",
    "identity.generation.large={engine: fake, model: fake-large, bundles: [{CPU: 0.25, GPU: 1}, {CPU: 0.25, GPU: 1}], "
    "placement: {cpus: 0.5, gpus: 2, accelerator: H100, strategy: STRICT_PACK}}",
    "scale.generation.large={replicas: 1, max_ongoing_requests: 16, max_queued_requests: 32}",
)


@dataclass(frozen=True, slots=True)
class Remote:
    """A cluster on which `kefu up` has returned."""

    environment: dict[str, str]
    arguments: tuple[str, ...]
    home: Path
    port: int
    up: subprocess.CompletedProcess[str]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "cluster.cli", *words[:1], *self.arguments, *words[1:]]
        return subprocess.run(
            line, capture_output=True, text=True, timeout=120, env=self.environment, check=False
        )

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return found


def words(settings: tuple[str, ...]) -> tuple[str, ...]:
    return ("--profile", "fake", *(word for s in settings for word in ("--set", s)))


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    home, port = tmp_path_factory.mktemp("nodes"), free_port()
    # Short, since a socket's path has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="kefu-nodes-"))
    (folder / "token").write_text(secrets.token_hex(32))
    fixed = (
        f"identity.home={folder / 'home'}",
        f"identity.http={{port: {port}, proxy_on: head_node}}",
        *PLACES,
    )
    cluster = "identity.nodes={{kind: cluster, address: '{}', count: 2, wait_s: 30, is_one_machine: true, "
    cluster += f"socket_dir: {folder / 'p'}}}}}"
    rendered = subprocess.run(
        [sys.executable, "-m", "cluster.cli", "render", "--environment", *words((*fixed, cluster.format("auto")))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first = free_port()
    environment = dict(line.split("=", 1) for line in rendered.stdout.splitlines()) | {
        "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(free_port()),
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(first),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(first + 100),
    }
    try:
        with many_nodes(folder, NODES, environment) as nodes:
            arguments = words((*fixed, cluster.format(nodes.address)))
            line = [sys.executable, "-m", "cluster.cli", "up", *arguments]
            up = subprocess.run(
                line, capture_output=True, text=True, timeout=180, env=nodes.environment, check=False
            )
            yield Remote(nodes.environment, arguments, home, port, up)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def places(status: dict[str, Any], deployment: str) -> dict[str, set[int]]:
    """The GPUs that each replica of a deployment holds, by the kind of GPU of its node."""
    kinds = {n["node_id"]: n["accelerators"][0] for n in status["nodes"]}
    replicas = [r for r in status["replicas"] if r["deployment"] == deployment]
    assert len({r["node_id"] for r in replicas}) == len(replicas)
    return {kinds[r["node_id"]]: {index for _, index in r["gpus"]} for r in replicas}


def assert_shared(status: dict[str, Any]) -> None:
    """On each node a replica of understanding and one of the chat model hold the same GPU, and nothing else holds it."""
    understanding, small = places(status, "Understanding"), places(status, "Generation-small")
    assert understanding == small and set(small) == {"L4", "H100"}
    assert all(len(gpus) == 1 for gpus in small.values())
    assert not small["L4"] & places(status, "Retrieval")["L4"]
    assert status["split_gpu_groups"] == []


def test_up_returns_once_it_serves(remote: Remote) -> None:
    assert remote.up.returncode == 0, remote.up.stdout + remote.up.stderr
    assert f"http://127.0.0.1:{remote.port}" in remote.up.stdout.replace("\n", "")
    assert "warning" not in remote.up.stdout
    assert httpx.get(f"http://127.0.0.1:{remote.port}/readyz").json()["is_ready"]


def test_replicas_land_where_the_profile_says_and_pairs_share_a_gpu(remote: Remote) -> None:
    status = remote.status()
    assert len(places(status, "Retrieval")["L4"]) == 1
    assert set(places(status, "Generation-large")) == {"H100"}
    assert_shared(status)


def test_a_pair_goes_on_sharing_its_gpu_after_a_restart(remote: Remote) -> None:
    changed = remote.command("up", "--set", "identity.generation.small.model=another")
    assert changed.returncode == 0, changed.stderr
    assert "warning" not in changed.stdout
    status = remote.status()
    assert status["parts"]["generation.small"]["model"] == "another"
    assert_shared(status)


def test_an_impossible_request_is_told_within_seconds_and_changes_nothing(remote: Remote) -> None:
    before = remote.status()["replica_pids"]
    started = time.monotonic()
    refused = remote.command(
        "up",
        "--set", "identity.generation.large.placement={cpus: 1, gpus: 8, accelerator: H100}",
        "--set", "identity.generation.large.bundles=[]",
    )  # fmt: skip
    assert time.monotonic() - started < 20
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "identity.generation.large.placement: 8 GPUs and 1 CPU asked" in refused.stderr
    assert "the largest node has 4 GPUs (H100)" in refused.stderr
    assert remote.status()["replica_pids"] == before


def test_gpus_that_other_work_holds_are_told(remote: Remote) -> None:
    hold = (
        "import os, ray, sys; ray.init(address=sys.argv[1], _node_ip_address='127.0.0.1', log_to_driver=False); "
        "held = ray.remote(num_gpus=1, num_cpus=0, resources={'accelerator_type:H100': 0.001})(type('Hold', (), {'ping': "
        "lambda self: 1})).remote(); ray.get(held.ping.remote()); print('held', flush=True); sys.stdin.read()"
    )
    address = next(w for w in remote.arguments if "identity.nodes=" in w).split("address: '")[1].split("'")[0]
    with subprocess.Popen(
        [sys.executable, "-c", hold, address], env=remote.environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as other:  # fmt: skip
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline().strip() == "held"
        three = "{cpus: 0.75, gpus: 3, accelerator: H100, strategy: STRICT_PACK}"
        bundles = "[{CPU: 0.25, GPU: 1}, {CPU: 0.25, GPU: 1}, {CPU: 0.25, GPU: 1}]"
        refused = remote.command(
            "up",
            "--set", f"identity.generation.large.placement={three}",
            "--set", f"identity.generation.large.bundles={bundles}",
        )  # fmt: skip
        other.stdin.close()
    assert refused.returncode == 1
    assert "other work holds 1 GPU of 4 on node 127.0.0.1" in refused.stderr
    assert "lower scale.generation.large" in refused.stderr


def test_status_names_the_nodes_and_their_one_version(remote: Remote) -> None:
    nodes = remote.status()["nodes"]
    assert len(nodes) == 2 and all(n["is_alive"] for n in nodes)
    assert len({json.dumps(n["versions"]) for n in nodes}) == 1 and nodes[0]["versions"]["ray"] == "2.60.0"
    used = {tuple(n["accelerators"]): (n["gpus_used"], n["gpus_total"]) for n in nodes}
    assert used[("L4",)] == (1.9, 3) and used[("H100",)] == (2.9, 4)
    printed = remote.command("status").stdout
    assert all(n["node_id"][:6] in printed for n in nodes)


def test_a_wrong_token_or_address_is_told(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(secrets.token_hex(32))
    wrong = remote.environment | {"RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")}
    refused = subprocess.run(
        [sys.executable, "-m", "cluster.cli", "status", *remote.arguments],
        capture_output=True, text=True, timeout=120, env=wrong, check=False,
    )  # fmt: skip
    assert refused.returncode == 1 and "look first whether the token" in refused.stderr
    nowhere = remote.command("up", "--set", f"identity.nodes.address=127.0.0.1:{free_port()}")
    assert nowhere.returncode == 1 and "no Ray cluster answers at" in nowhere.stderr
    missing = remote.command("up", "--set", "identity.nodes.count=5", "--set", "identity.nodes.wait_s=1")
    assert missing.returncode == 1 and "2 of 5 nodes are there after 1 s" in missing.stderr


def test_down_removes_the_application_and_leaves_the_cluster(remote: Remote) -> None:
    assert "stopped" in remote.command("down").stdout
    status = remote.status()
    assert not status["is_running"]
    assert len(status["nodes"]) == 2 and all(n["is_alive"] and n["gpus_used"] == 0 for n in status["nodes"])
    assert "nothing was running" in remote.command("down").stdout
