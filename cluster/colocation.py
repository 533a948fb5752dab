"""Which GPUs the replicas really got, and whether stages of one `gpu_group` share theirs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cluster.stage import Stage


@dataclass(frozen=True, slots=True)
class Replica:
    """One running replica. `gpus` are (node id, GPU index) of its actor or of its engine's workers."""

    deployment: str
    replica_id: str
    state: str
    pid: int | None
    node_id: str | None
    gpus: tuple[tuple[str, int], ...] = ()


def split_groups(stages: Iterable[Stage], replicas: Sequence[Replica]) -> tuple[str, ...]:
    """One line for each `gpu_group` whose stages do not lie together: which replica is on which GPU."""
    groups: dict[str, list[Stage]] = {}
    for stage in stages:
        if group := stage.placement.gpu_group:
            groups.setdefault(group, []).append(stage)
    lines = []
    for group, members in groups.items():
        of_stage = {m.name: [r for r in replicas if r.deployment == m.name] for m in members}
        gpus = [sorted(gpu for r in found for gpu in r.gpus) for found in of_stage.values()]
        if any(other != gpus[0] for other in gpus) or len(set(gpus[0])) != len(gpus[0]) or not gpus[0]:
            told = "; ".join(f"{name} on {_where(found)}" for name, found in of_stage.items())
            lines.append(
                f"gpu_group {group!r} is split: {told}; work outside Kefu uses a share of a GPU on such a node, or a node "
                "was added: end that work, then kefu down and kefu up"
            )
    return tuple(lines)


def _where(replicas: Sequence[Replica]) -> str:
    places = [f"GPU {index} of node {node[:8]}" for r in replicas for node, index in r.gpus]
    return ", ".join(places) or "no GPU that Ray knows of"
