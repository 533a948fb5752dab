"""`kefu up` and `kefu down` on a running Ray cluster: the application comes and goes, the cluster stays."""

import asyncio
import ipaddress
import threading
from pathlib import Path

from cluster import ray_local, ray_nodes, shop
from cluster.config import ClusterConfig
from cluster.console import Progress, Task
from cluster.errors import UpError
from cluster.up import (
    HomePaths,
    hand_over,
    not_ready,
    prepare,
    require_health,
    require_placement,
    tell_split_groups,
)
from cluster.versions import disagreements, own_versions


def up(config: ClusterConfig, progress: Progress, from_wheel: Path | None) -> None:
    """Join, check, hand over, wait until it serves, and return. With the application there already: apply it live."""
    require_health(config)
    with progress.task("cluster") as task:
        task(f"joining {config.identity.nodes.address}", None)
        ray_local.join_cluster(config)
    try:
        with progress.task("nodes") as task:
            _check(config, task)
        prepare(config, progress, from_wheel)
        with progress.task("serve") as task:
            final = hand_over(config, task, threading.Event().wait)
        if final.status != "RUNNING":
            raise UpError(
                f"{not_ready(final)}\nthe application is left as it is; take it away with kefu down"
            )
        tell_split_groups(config, progress)
        _open(config, progress)
    finally:
        ray_local.stop()


def _check(config: ClusterConfig, task: Task) -> None:
    """Everything that would keep the application from ever serving here, before anything is built or changed."""
    nodes = config.identity.nodes
    ray_nodes.wait_for(nodes.count, nodes.wait_s, lambda text: task(text, None))
    there = ray_nodes.nodes()
    if nodes.is_one_machine and (far := [n.address for n in there if not _is_loopback(n.address)]):
        raise UpError(
            f"identity.nodes.is_one_machine is set, but a node is at {far[0]}; remove the setting, or start Ray with "
            "--node-ip-address=127.0.0.1"
        )
    task(f"{len(there)} nodes: comparing versions", None)
    addresses = {node.node_id: node.address for node in there}
    on_nodes = [(addresses.get(node_id, node_id), v) for node_id, v in ray_nodes.versions().items()]
    if lines := disagreements([("this command", own_versions()), *on_nodes]):
        raise UpError("the nodes do not run the same code:\n" + "\n".join(f"  {line}" for line in lines))
    if others := ray_local.other_applications():
        raise UpError(
            f"Serve runs {', '.join(others)} on this cluster, and a hand-over would remove it; use a cluster without it"
        )
    require_placement(config, there)
    task(f"{len(there)} nodes, one version, everything can be placed", None)


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def _open(config: ClusterConfig, progress: Progress) -> None:
    http = config.identity.http
    where = "the head node" if config.proxy_on == "head_node" else "every node that holds replicas"
    if config.identity.demo.is_enabled:
        path = HomePaths(config.home).serve_file
        if not path.exists():
            asyncio.run(shop.open_doors(config, asyncio.run(shop.seed(config)))).write(path)
        progress.say(f"keys and tokens of the demonstration shop: {path}")
    progress.say(
        f"serving on http://{http.host}:{http.port} of {where}; kefu down takes the application away"
    )


def down(config: ClusterConfig) -> bool:
    """Delete the application, and leave the cluster as it is. False when it was not there."""
    paths = HomePaths(config.home)
    ray_local.join_cluster(config)
    try:
        was_there = ray_local.delete()
    finally:
        ray_local.stop()
    asyncio.run(shop.close_doors(config, paths.serve_file))
    paths.effective.unlink(missing_ok=True)
    return was_there
