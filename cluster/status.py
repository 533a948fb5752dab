"""`kefu status`: what runs in this home, asked of the cluster itself."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from rich.console import Console
from rich.table import Table

from cluster import ray_local
from cluster.config import ClusterConfig, load
from cluster.ray_local import DeploymentState
from cluster.up import HomePaths, running

_READ_S = 10.0


@dataclass(frozen=True, slots=True)
class Status:
    """The state of one home. `config` is what the running cluster was given, or the asked one when none runs."""

    config: ClusterConfig
    is_running: bool
    is_ready: bool = False
    deployments: tuple[DeploymentState, ...] = ()
    replica_pids: dict[str, list[int]] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "home": str(self.config.home),
            "profile": self.config.profile,
            "is_running": self.is_running,
            "is_ready": self.is_ready,
            "deployments": [asdict(d) for d in self.deployments],
            "replica_pids": self.replica_pids,
            "parts": self.parts,
            "ladder": self.config.identity.ladder.model_dump(mode="json"),
        }


def read(config: ClusterConfig) -> Status:
    """Ask Serve for the replicas and the gateway for its readiness."""
    paths = HomePaths(config.home)
    if not running(paths):
        return Status(config, is_running=False)
    given = load(paths.effective)
    state = yaml.safe_load(paths.run_state.read_text())
    ray_local.join(state["address"], Path(state["folder"]) / "ray_token")
    try:
        application = ray_local.state()
        deployments = application.deployments if application else ()
        pids = ray_local.replica_pids()
    finally:
        ray_local.stop()
    is_ready, parts = _readiness(given)
    return Status(given, True, is_ready, deployments, pids, parts)


def _readiness(config: ClusterConfig) -> tuple[bool, dict[str, dict[str, Any]]]:
    http = config.identity.http
    try:
        answer = httpx.get(f"http://{http.host}:{http.port}/readyz", timeout=_READ_S).json()
    except (httpx.TransportError, ValueError) as error:
        return False, {"gateway": {"is_ready": False, "problem": type(error).__name__}}
    return bool(answer.get("is_ready")), answer.get("parts", {})


def show(status: Status, console: Console) -> None:
    """Print it as tables."""
    if not status.is_running:
        command = f"kefu up --profile {status.config.profile}"
        console.print(f"nothing runs in {status.config.home}; start it with: {command}", soft_wrap=True)
        return
    table = Table("deployment", "state", "replicas", "pids", title="deployments")
    for deployment in status.deployments:
        replicas = ", ".join(f"{count} {name.lower()}" for name, count in deployment.replicas.items())
        pids = " ".join(map(str, status.replica_pids.get(deployment.name, [])))
        table.add_row(deployment.name, deployment.status, replicas, pids)
    console.print(table)
    table = Table("part", "ready", "detail", title="readiness")
    for name, part in status.parts.items():
        detail = ", ".join(f"{key} {value}" for key, value in part.items() if key != "is_ready")
        table.add_row(name, "yes" if part["is_ready"] else "[red]no[/red]", detail)
    console.print(table)
    _show_ladder(status.config, console)


def _show_ladder(config: ClusterConfig, console: Console) -> None:
    ladder = config.identity.ladder
    title = f"ladder: a rung is on from {ladder.bound:.2f}"
    table = Table("rung", "intent", "language", "quality", "items", "on", title=title)
    for entry in ladder.measured:
        is_on = "yes" if entry.quality >= ladder.bound else "no"
        row = (entry.rung, entry.intent, entry.language, f"{entry.quality:.2f}", str(entry.items), is_on)
        table.add_row(*row)
    console.print(table)
    is_any_on = any(entry.quality >= ladder.bound for entry in ladder.measured)
    rest = "Every other intent" if is_any_on else "No chat model's rung is on: every intent"
    console.print(f"{rest} is answered by the composed rung.")
