"""Nodes and replicas of the cluster that this process has joined: what they have, what they run, who uses it.

Reads Ray's own tables (Ray 2.60), since the dashboard, which its public state API asks, does not run.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from cluster.colocation import Replica
from cluster.errors import UpError
from cluster.placement import Node, accelerators
from cluster.render import APPLICATION
from cluster.versions import ABSENT, Versions

# Serve names a replica's actor and its placement group alike.
_OURS: Final = f"SERVE_REPLICA::{APPLICATION}#"
_PROBE_S: Final = 60.0
_LOOK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Member:
    """One node as Ray knows it."""

    node_id: str
    address: str
    is_alive: bool
    total: dict[str, float]

    @property
    def accelerators(self) -> tuple[str, ...]:
        """Its kinds of GPU, as Ray names them."""
        return accelerators(self.total)


def members() -> tuple[Member, ...]:
    """Every node that ever joined, by address."""
    import ray

    found = [
        Member(n["NodeID"], n["NodeManagerAddress"], n["Alive"], dict(n.get("Resources", {})))
        for n in ray.nodes()
    ]
    return tuple(sorted(found, key=lambda m: (m.address, m.node_id)))


def wait_for(count: int, wait_s: float, report: Callable[[str], None]) -> None:
    """Return once that many nodes are alive. UpError when they are not within the time."""
    deadline = time.monotonic() + wait_s
    while (alive := sum(m.is_alive for m in members())) < count:
        report(f"waiting for nodes: {alive} of {count} are there")
        if time.monotonic() > deadline:
            raise UpError(
                f"{alive} of {count} nodes are there after {wait_s:g} s; start Ray on the others, or lower "
                "identity.nodes.count"
            )
        time.sleep(_LOOK_S)  # Ray tells of a new node to nobody: one has to look


def nodes() -> tuple[Node, ...]:
    """The alive nodes, with what work other than this application leaves of each."""
    free, ours = available(), _own_use()
    return tuple(
        Node(
            m.node_id,
            m.address,
            m.total,
            {
                name: min(
                    amount,
                    free.get(m.node_id, {}).get(name, 0.0) + ours.get(m.node_id, {}).get(name, 0.0),
                )
                for name, amount in m.total.items()
            },
        )
        for m in members()
        if m.is_alive
    )


def available() -> dict[str, dict[str, float]]:
    """What each alive node has left, by node id."""
    from ray._private.state import available_resources_per_node

    found: dict[str, dict[str, float]] = available_resources_per_node()
    return found


def _own_use() -> dict[str, dict[str, float]]:
    """What this application's replicas take, by node: of actors, or of their placement groups."""
    from ray.util import placement_group_table

    used: dict[str, dict[str, float]] = {}
    for actor in _actors():
        if actor.name.startswith(_OURS) and not actor.placement_group_id:
            _add(used.setdefault(actor.node_id.hex(), {}), dict(actor.required_resources))
    for group in placement_group_table().values():
        if group["name"].startswith(_OURS) and group["state"] == "CREATED":
            for index, node_id in group["bundles_to_node_id"].items():
                _add(used.setdefault(node_id, {}), group["bundles"][index])
    return used


def _add(total: dict[str, float], part: dict[str, float]) -> None:
    for name, amount in part.items():
        total[name] = total.get(name, 0.0) + amount


def _actors() -> Iterator[Any]:
    """The rows of Ray's table of living actors."""
    from ray._private.state import state
    from ray.core.generated import gcs_pb2

    accessor = state._connect_and_get_accessor()
    for row in accessor.get_actor_table(None, "ALIVE"):
        yield gcs_pb2.ActorTableData.FromString(row)


def replicas() -> tuple[Replica, ...]:
    """The application's replicas, each with the node and the GPUs that it, or its engine's workers, got."""
    from ray.serve._private.api import _get_global_client

    client = _get_global_client(raise_if_no_controller_running=False)
    if client is None:
        return ()
    details = client.get_serve_details()
    deployments = details["applications"].get(APPLICATION, {}).get("deployments", {})
    rows = [(name, row) for name, d in deployments.items() for row in d["replicas"]]
    gpus = _gpus_by_actor()
    found = [replica_from(name, row, gpus) for name, row in rows]
    return tuple(sorted(found, key=lambda r: (r.deployment, r.pid or 0)))


def replica_from(
    deployment: str, row: dict[str, Any], gpus: dict[str, tuple[tuple[str, int], ...]]
) -> Replica:
    """From Serve's row, which leaves out what is not known yet: a replica that starts has no pid, no node and no actor."""
    return Replica(
        deployment,
        row["replica_id"],
        str(getattr(row["state"], "value", row["state"])),
        row.get("pid"),
        row.get("node_id"),
        gpus.get(row.get("actor_id") or "", ()),
    )


def _gpus_by_actor() -> dict[str, tuple[tuple[str, int], ...]]:
    """(node id, GPU index) by actor id; a replica with a placement group has those of all actors in it."""
    own: dict[str, set[tuple[str, int]]] = {}
    group_of: dict[str, bytes] = {}
    of_group: dict[bytes, set[tuple[str, int]]] = {}
    for actor in _actors():
        actor_id, group = actor.actor_id.hex(), actor.placement_group_id
        held = {
            (actor.node_id.hex(), part.index)
            for mapping in actor.resource_mapping
            if mapping.name == "GPU" or mapping.name.startswith("GPU_group_")
            for part in mapping.resource_ids
            if part.quantity > 0
        }
        own[actor_id] = held
        if group:
            group_of[actor_id] = group
            of_group.setdefault(group, set()).update(held)
    return {
        actor_id: tuple(sorted(of_group[group_of[actor_id]] if actor_id in group_of else held))
        for actor_id, held in own.items()
    }


def versions() -> dict[str, Versions]:
    """What runs on each alive node, by node id: a small task on every one of them. UpError when one does not answer."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    absent = ABSENT

    def probe() -> tuple[str, str, str, str]:
        # A closure travels by value: a node without Kefu can still answer.
        import platform
        from importlib.metadata import version

        try:
            from cluster.versions import own_versions
        except ImportError:
            return absent, absent, version("ray"), platform.python_version()
        own = own_versions()
        return own.kefu, own.sources, own.ray, own.python

    alive = [m for m in members() if m.is_alive]
    task = ray.remote(num_cpus=0, max_retries=0)(probe)
    asked = {
        task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(m.node_id, soft=False)).remote(): m
        for m in alive
    }
    _, late = ray.wait(list(asked), num_returns=len(asked), timeout=_PROBE_S)
    if late:
        told = ", ".join(asked[ref].address for ref in late)
        raise UpError(f"no answer within {_PROBE_S:g} s from {told}; look at Ray's logs there")
    return {member.node_id: Versions(*ray.get(ref)) for ref, member in asked.items()}
