"""The tables that `kefu status` prints."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Column, Table

from cluster.config import ClusterConfig

if TYPE_CHECKING:
    from cluster.status import Status


def tables(status: "Status") -> RenderableType:
    """Everything that is known of a running cluster."""
    shown: list[RenderableType] = [_deployments(status)]
    if len(status.nodes) > 1:
        shown.append(node_table(status))
    shown += [f"[red]{line}[/red]" for line in status.split]
    return Group(*shown, _readiness(status), _turns(status), *_ladder(status.config))


def _deployments(status: "Status") -> Table:
    # On a narrow terminal the other columns wrap: a name or a state in two lines is found by no eye and no grep.
    whole = (Column("deployment", no_wrap=True), Column("state", no_wrap=True))
    table = Table(*whole, "replicas", "nodes", "pids", "ongoing", "queued", "version", title="deployments")
    for deployment in status.deployments:
        own = [r for r in status.replicas if r.deployment == deployment.name]
        row = [
            deployment.name,
            deployment.status,
            ", ".join(f"{count} {name.lower()}" for name, count in deployment.replicas.items()),
            " ".join(dict.fromkeys(str(r.node_id)[:6] for r in own if r.node_id)),
            " ".join(map(str, status.replica_pids.get(deployment.name, []))),
            str(deployment.ongoing),
            str(deployment.queued),
            deployment.version[:6],
        ]
        table.add_row(*row)
    return table


def node_table(status: "Status") -> Table:
    """The nodes of a cluster: what each has, and what runs there."""
    names = ("address", "alive", "GPUs used", "CPUs used", "accelerator", "kefu", "ray", "python")
    table = Table(Column("node", no_wrap=True), *names, title="nodes")
    for node in status.nodes:
        v = node.versions
        table.add_row(
            node.node_id[:6],
            node.address,
            "yes" if node.is_alive else "[red]no[/red]",
            f"{node.gpus_used:g} of {node.gpus_total:g}",
            f"{node.cpus_used:g} of {node.cpus_total:g}",
            " ".join(node.accelerators),
            *((f"{v.kefu} {v.sources[:6]}", v.ray, v.python) if v else ()),
        )
    return table


def _readiness(status: "Status") -> Table:
    table = Table("part", "ready", "detail", title="readiness")
    for name, part in status.parts.items():
        detail = ", ".join(f"{key} {value}" for key, value in part.items() if key != "is_ready")
        table.add_row(name, "yes" if part["is_ready"] else "[red]no[/red]", detail)
    return table


def _turns(status: "Status") -> Table:
    table = Table("rung", "turns", "share", title="turns since the replicas started")
    whole = sum(status.rungs.values())
    for rung, count in sorted(status.rungs.items(), key=lambda item: -item[1]):
        table.add_row(rung or "none", str(count), f"{count / whole:.0%}" if whole else "")
    return table


def _ladder(config: ClusterConfig) -> list[RenderableType]:
    ladder = config.identity.ladder
    title = f"ladder: a rung is on from {ladder.bound:.2f}"
    table = Table("rung", "intent", "language", "quality", "items", "on", title=title)
    for entry in ladder.measured:
        is_on = "yes" if entry.quality >= ladder.bound else "no"
        row = (entry.rung, entry.intent, entry.language, f"{entry.quality:.2f}", str(entry.items), is_on)
        table.add_row(*row)
    is_any_on = any(entry.quality >= ladder.bound for entry in ladder.measured)
    rest = "Every other intent" if is_any_on else "No chat model's rung is on: every intent"
    return [table, f"{rest} is answered by the composed rung."]
