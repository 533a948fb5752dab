"""`kefu status`: what runs, asked of the cluster itself."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from rich.console import Console
from rich.live import Live

from cluster import ray_local, ray_nodes
from cluster.colocation import Replica, split_groups
from cluster.config import ClusterConfig, load
from cluster.prometheus import sums
from cluster.ray_local import DeploymentState
from cluster.status_view import node_table, tables
from cluster.up import HomePaths, running
from cluster.versions import Versions

_READ_S: Final = 10.0
_REFRESH_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """One deployment: Serve's word, and the requests that its replicas work on and that wait for one of them.

    `version` is the content hash of its identity: another one has replaced its replicas.
    """

    name: str
    status: str
    message: str
    replicas: dict[str, int]
    version: str
    ongoing: int
    queued: int


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node. `versions` are None where there is one node alone, which runs this command's code, and of dead ones."""

    node_id: str
    address: str
    is_alive: bool
    gpus_used: float
    gpus_total: float
    cpus_used: float
    cpus_total: float
    accelerators: tuple[str, ...]
    versions: Versions | None


@dataclass(frozen=True, slots=True)
class Status:
    """The state of one cluster. `config` is what it was given, or the asked one when none runs.

    `rungs` are the turns that each rung of the ladder answered since the replicas started.
    """

    config: ClusterConfig
    is_running: bool
    is_ready: bool = False
    deployments: tuple[DeploymentStatus, ...] = ()
    replicas: tuple[Replica, ...] = ()
    nodes: tuple[NodeStatus, ...] = ()
    rungs: dict[str, int] = field(default_factory=dict)
    split: tuple[str, ...] = ()
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def replica_pids(self) -> dict[str, list[int]]:
        """The running replicas of each deployment."""
        return {
            d.name: [
                r.pid for r in self.replicas if r.deployment == d.name and r.pid and r.state == "RUNNING"
            ]
            for d in self.deployments
        }

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "home": str(self.config.home),
            "profile": self.config.profile,
            "is_running": self.is_running,
            "is_ready": self.is_ready,
            "deployments": [asdict(d) for d in self.deployments],
            "replicas": [asdict(r) for r in self.replicas],
            "replica_pids": self.replica_pids,
            "nodes": [asdict(n) for n in self.nodes],
            "turns_by_rung": self.rungs,
            "split_gpu_groups": list(self.split),
            "parts": self.parts,
            "ladder": self.config.identity.ladder.model_dump(mode="json"),
        }


def read(config: ClusterConfig) -> Status:
    """Ask once. UpError when a cluster can't be joined."""
    with _joined(config) as given:
        if given is not None:
            return _Reader(given).read()
        is_cluster = config.identity.nodes.kind == "cluster"
        return Status(config, is_running=False, nodes=_Reader(config).nodes() if is_cluster else ())


def watch(config: ClusterConfig, console: Console) -> Status:
    """Show it afresh every second until Ctrl-C, or until nothing runs any more; returns the last one."""
    with _joined(config) as given:
        if given is None:
            return Status(config, is_running=False)
        reader = _Reader(given)
        current = reader.read()
        try:
            with Live(tables(current), console=console, auto_refresh=False) as live:
                while _is_there(given):
                    current = reader.read()
                    live.update(tables(current), refresh=True)
                    time.sleep(_REFRESH_S)  # a live view has nothing to wait for but the clock
        except KeyboardInterrupt:
            return current
        return Status(given, is_running=False)


def show(status: Status, console: Console) -> None:
    """Print it as tables."""
    if not status.is_running:
        nodes = status.config.identity.nodes
        where = (
            f"on the cluster at {nodes.address}" if nodes.kind == "cluster" else f"in {status.config.home}"
        )
        command = f"kefu up --profile {status.config.profile}"
        console.print(f"nothing runs {where}; start it with: {command}", soft_wrap=True)
        if status.nodes:
            console.print(node_table(status))
        return
    console.print(tables(status))


@contextmanager
def _joined(config: ClusterConfig) -> Iterator[ClusterConfig | None]:
    """Join Ray for the time of a `with`; gives the configuration that runs there, None when there is none."""
    paths = HomePaths(config.home)
    is_cluster = config.identity.nodes.kind == "cluster"
    if not is_cluster and not running(paths):
        yield None
        return
    if is_cluster:
        ray_local.join_cluster(config)
    else:
        state = yaml.safe_load(paths.run_state.read_text())
        ray_local.join(state["address"], Path(state["folder"]) / "ray_token")
    try:
        if is_cluster and ray_local.state() is None:
            yield None
        else:
            yield load(paths.effective) if paths.effective.exists() else config
    finally:
        ray_local.stop()


def _is_there(config: ClusterConfig) -> bool:
    if config.identity.nodes.kind == "cluster":
        return ray_local.state() is not None
    return running(HomePaths(config.home))


class _Reader:
    """Reads again and again within one join; what a node runs is asked once per node."""

    def __init__(self, config: ClusterConfig) -> None:
        self._config = config
        self._versions: dict[str, Versions] = {}

    def read(self) -> Status:
        """Everything, as it is now."""
        from deployments import metrics

        application = ray_local.state()
        text = asyncio.run(metrics.scrape())
        replicas = ray_nodes.replicas()
        is_ready, parts = _readiness(self._config)
        return Status(
            self._config,
            True,
            is_ready,
            _deployments(application.deployments if application else (), text),
            replicas,
            self.nodes(),
            {rung: int(count) for rung, count in sums(text, "ray_kefu_turns_total", "rung").items()},
            split_groups(self._config.stages(), replicas),
            parts,
        )

    def nodes(self) -> tuple[NodeStatus, ...]:
        """Every node, dead ones included."""
        available = ray_nodes.available()
        members = ray_nodes.members()
        alive = [m for m in members if m.is_alive]
        if len(alive) > 1 and any(m.node_id not in self._versions for m in alive):
            self._versions = ray_nodes.versions()
        return tuple(
            NodeStatus(
                m.node_id,
                m.address,
                m.is_alive,
                *_used(m.total, available.get(m.node_id), "GPU"),
                *_used(m.total, available.get(m.node_id), "CPU"),
                m.accelerators,
                self._versions.get(m.node_id),
            )
            for m in members
        )


def _used(total: dict[str, float], available: dict[str, float] | None, name: str) -> tuple[float, float]:
    has = total.get(name, 0.0)
    return (round(has - available.get(name, 0.0), 3) if available is not None else 0.0), has


def _deployments(states: tuple[DeploymentState, ...], scrape: str) -> tuple[DeploymentStatus, ...]:
    ongoing = sums(scrape, "ray_serve_replica_processing_queries", "deployment")
    queued = sums(scrape, "ray_serve_deployment_queued_queries", "deployment")
    return tuple(
        DeploymentStatus(
            d.name,
            d.status,
            d.message,
            d.replicas,
            d.version,
            int(ongoing.get(d.name, 0)),
            int(queued.get(d.name, 0)),
        )
        for d in states
    )


def _readiness(config: ClusterConfig) -> tuple[bool, dict[str, dict[str, Any]]]:
    http = config.identity.http
    host = ray_local.proxy_address() if http.host == "0.0.0.0" else http.host
    try:
        answer = httpx.get(f"http://{host}:{http.port}/readyz", timeout=_READ_S).json()
    except (httpx.TransportError, ValueError) as error:
        return False, {"gateway": {"is_ready": False, "problem": type(error).__name__}}
    return bool(answer.get("is_ready")), answer.get("parts", {})
