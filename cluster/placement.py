"""Whether the stages can be placed on the nodes at all, and why not: values in, values out, no Ray.

How stages of one `gpu_group` come to lie on the same GPU is told in docs/decisions/0008-placement.md: each takes a share of
the resource `gpu_group_NAME`, of which a node with such a GPU offers 1, and a node holds one replica of each.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cluster.packing import Bundle, Unit, fits
from cluster.stage import Stage

# CUDA itself needs the rest of a GPU's memory.
MEMORY_SHARE_BOUND: Final = 0.95
_ACCELERATOR: Final = "accelerator_type:"
_GROUP: Final = "gpu_group_"
# What Ray asks of a node's accelerator type: enough to be there, too little to be used up.
_A_TRACE: Final = 0.001
_SMALLEST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Node:
    """One alive node: what it has, and what work other than ours leaves of it."""

    node_id: str
    address: str
    total: Mapping[str, float]
    free: Mapping[str, float]

    @property
    def accelerators(self) -> tuple[str, ...]:
        """Its kinds of GPU, as Ray names them."""
        return accelerators(self.total)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a stage asks for: `replicas` times `bundles`. `strategy` is None where a replica is one actor."""

    path: str
    replicas: int
    bundles: tuple[Bundle, ...]
    strategy: str | None = None
    most_per_node: int | None = None
    groups: tuple[str, ...] = field(default=())

    @property
    def scale_path(self) -> str:
        """The key path of its number of replicas."""
        return self.path.removesuffix(".placement").replace("identity.", "scale.", 1)

    def sum(self, resource: str) -> float:
        """What one replica asks of a resource in all."""
        return sum(bundle.get(resource, 0.0) for bundle in self.bundles)

    def units(self) -> Iterator[Unit]:
        """Its replicas, for packing."""
        for _ in range(self.replicas):
            if self.strategy == "STRICT_PACK":
                names = {name for bundle in self.bundles for name in bundle}
                yield Unit(self.path, ({name: self.sum(name) for name in names},), False, self.most_per_node)
            else:
                yield Unit(self.path, self.bundles, self.strategy == "STRICT_SPREAD", self.most_per_node)


def group_resource(group: str) -> str:
    """The resource that a node with the GPU of that group offers once."""
    return _GROUP + group


def accelerators(total: Mapping[str, float]) -> tuple[str, ...]:
    """The kinds of GPU among a node's resources."""
    return tuple(sorted(r.removeprefix(_ACCELERATOR) for r in total if r.startswith(_ACCELERATOR)))


def accelerator_resource(kind: str) -> str:
    """The resource of nodes with that kind of GPU, which Ray finds out by itself."""
    return _ACCELERATOR + kind


def demand(stage: Stage) -> Demand:
    """What a start of that stage asks of Ray."""
    placement = stage.placement
    extra: Bundle = {}
    if placement.accelerator:
        extra[accelerator_resource(placement.accelerator)] = _A_TRACE
    if placement.gpu_group:
        extra[group_resource(placement.gpu_group)] = placement.gpus
    actor = {
        name: amount for name, amount in (("CPU", placement.cpus), ("GPU", placement.gpus)) if amount
    } | extra
    bundles = tuple({**bundle, **(extra if bundle.get("GPU") else {})} for bundle in stage.bundles)
    return Demand(
        stage.path,
        stage.scale.first_replicas,
        bundles or (actor,),
        placement.strategy if bundles else None,
        1 if placement.gpu_group and not bundles else None,
        (placement.gpu_group,) if placement.gpu_group else (),
    )


def check_gpu_groups(stages: Iterable[Stage], is_one_node: bool) -> None:
    """Refuse groups whose stages could not share one GPU. ValueError, with the key path and what to write."""
    groups: dict[str, list[Stage]] = {}
    for stage in stages:
        if group := stage.placement.gpu_group:
            groups.setdefault(group, []).append(stage)
    if is_one_node and len(groups) > 1:
        raise ValueError(
            f"gpu_group {' and '.join(map(repr, sorted(groups)))}: a node offers one GPU to share, and kind local is one "
            "node; use one group, or give the others whole GPUs"
        )
    for group, members in groups.items():
        _check_shares(group, members)
        _check_replicas(group, members, is_one_node)


def _check_shares(group: str, members: Sequence[Stage]) -> None:
    for stage in members:
        if stage.placement.gpu_memory_share is None:
            raise ValueError(f"{stage.path}.gpu_memory_share is needed with gpu_group {group!r}")
    gpus = sum(stage.placement.gpus for stage in members)
    if gpus > 1 + _SMALLEST:
        raise ValueError(f"gpu_group {group!r}: gpus add up to {gpus:.2f}, above the one GPU; lower gpus")
    share = sum(stage.placement.gpu_memory_share or 0 for stage in members)
    if share > MEMORY_SHARE_BOUND + _SMALLEST:
        raise ValueError(
            f"gpu_group {group!r}: memory shares add up to {share:.2f}, above {MEMORY_SHARE_BOUND}; "
            "the rest is needed by CUDA itself: lower gpu_memory_share"
        )


def _check_replicas(group: str, members: Sequence[Stage], is_one_node: bool) -> None:
    counts = {stage.path: (stage.scale.first_replicas, stage.scale.most_replicas) for stage in members}
    first = next(iter(counts.values()))
    if any(low != high or (low, high) != first for low, high in counts.values()):
        told = ", ".join(
            f"{path} {low}" + (f"–{high}" if high != low else "") for path, (low, high) in counts.items()
        )
        raise ValueError(
            f"gpu_group {group!r}: each of its GPUs holds one replica of each of its stages, so their numbers of replicas "
            f"must be fixed and equal, not {told}; write the same replicas for each"
        )
    replicas = first[0]
    if is_one_node and replicas > 1:
        raise ValueError(
            f"gpu_group {group!r}: {replicas} replicas need {replicas} nodes with such a GPU, and kind local is one node; "
            "write replicas: 1"
        )
    for stage in members:
        if stage.bundles and replicas > 1 and stage.placement.gpus <= 0.5:
            raise ValueError(
                f"{stage.path}.gpus is {stage.placement.gpus:g}: two engines of that size could land on one GPU and leave "
                "another without; with several replicas write more than 0.5"
            )


def problems(nodes: Sequence[Node], demands: Sequence[Demand]) -> tuple[str, ...]:
    """Why the stages can't be placed, as lines of "key path: what is asked, what there is; what to do"; empty: they can."""
    if not nodes:
        return ("no node is alive; start Ray on the machines of the cluster",)
    found = [*_group_problems(nodes, demands)]
    # Without the GPU to share, that its stages do not fit is no news.
    found += [line for d in demands if not (found and d.groups) and (line := _alone(nodes, d))]
    if found:
        return tuple(found)
    return _together(nodes, demands)


def _group_problems(nodes: Sequence[Node], demands: Sequence[Demand]) -> Iterator[str]:
    for group in sorted({group for d in demands for group in d.groups}):
        resource = group_resource(group)
        offers = [node for node in nodes if node.total.get(resource)]
        member = next(d for d in demands if group in d.groups)
        start = f"start Ray with --resources='{{\"{resource}\": 1}}' on each node whose GPU is to be shared"
        if not offers:
            yield f"{member.path}: gpu_group {group!r} is asked, but no node offers {resource}; {start}"
        elif len(offers) != member.replicas:
            yield (
                f"{member.path}: gpu_group {group!r} has {member.replicas} replicas of each stage, but {len(offers)} nodes "
                f"offer {resource}, so that they could lie on different GPUs; write replicas: {len(offers)}, or offer it on "
                f"{member.replicas} nodes"
            )
        for node in offers:
            others = [r for r in node.total if r.startswith(_GROUP) and r != resource]
            if node.total[resource] != 1 or others:
                offered = ", ".join(f"{r} {node.total[r]:g}" for r in sorted([resource, *others]))
                yield f"{member.path}: node {node.address} offers {offered}; a node offers one gpu_group, and 1 of it"


def _alone(nodes: Sequence[Node], wanted: Demand) -> str | None:
    """Why not even one replica fits on the nodes when nothing else runs there."""
    unit = next(wanted.units())
    totals = [dict(node.total) for node in nodes]
    if fits(totals, [unit]) is not False:
        return None
    for bundle in unit.bundles:
        if fits(totals, [Unit(wanted.path, (bundle,))]) is False:
            return _too_large(nodes, wanted, bundle)
    asked = _ask(wanted)
    if unit.is_spread:
        able = sum(fits([node], [Unit(wanted.path, (unit.bundles[0],))]) is True for node in totals)
        return (
            f"{wanted.path}: {asked} on {len(unit.bundles)} different nodes asked (STRICT_SPREAD), {able} nodes can hold "
            "one; write strategy: SPREAD, or add nodes"
        )
    there = " and ".join(_offers(nodes, r) for r in ("GPU", "CPU") if wanted.sum(r))
    return f"{wanted.path}: {asked} asked, the nodes have {there} in all; {_lower(wanted)} or add nodes"


def _too_large(nodes: Sequence[Node], wanted: Demand, bundle: Bundle) -> str:
    asked = _ask(wanted)
    for resource, amount in bundle.items():
        if max(node.total.get(resource, 0.0) for node in nodes) + _SMALLEST >= amount:
            continue
        if resource.startswith(_ACCELERATOR):
            kinds = sorted({kind for node in nodes for kind in node.accelerators})
            return (
                f"{wanted.path}.accelerator: {resource.removeprefix(_ACCELERATOR)} asked, the nodes have "
                f"{', '.join(kinds) or 'no accelerator type'}; write one of these, or add such a node"
            )
        largest = max(nodes, key=lambda node: node.total.get(resource, 0.0))
        has = _amount(largest.total.get(resource, 0.0), resource)
        kind = f" ({', '.join(largest.accelerators)})" if resource == "GPU" and largest.accelerators else ""
        advice = f"add a node with {_amount(amount, resource)}"
        if wanted.strategy == "STRICT_PACK":
            advice = f"write strategy: PACK, or {advice}"
        return f"{wanted.path}: {asked} asked, the largest node has {has}{kind}; {_lower(wanted)} or {advice}"
    together = " and ".join(_amount(amount, r) for r, amount in sorted(bundle.items(), reverse=True))
    return f"{wanted.path}: {together} asked on one node, no node has all of it; change placement, or add such a node"


def _together(nodes: Sequence[Node], demands: Sequence[Demand]) -> tuple[str, ...]:
    units = [unit for d in demands for unit in d.units()]
    if fits([dict(node.total) for node in nodes], units) is False:
        return (_overcommitted(nodes, demands),)
    if fits([dict(node.free) for node in nodes], units) is False:
        return (_held_by_others(nodes, demands),)
    return ()


def _overcommitted(nodes: Sequence[Node], demands: Sequence[Demand]) -> str:
    for resource in _resources(demands):
        asked = sum(d.sum(resource) * d.replicas for d in demands)
        there = sum(node.total.get(resource, 0.0) for node in nodes)
        if asked > there + _SMALLEST and not resource.startswith(_ACCELERATOR):
            stages = [d for d in demands if d.sum(resource)]
            parts = ", ".join(f"{d.path} {d.replicas} × {d.sum(resource):g}" for d in stages)
            largest = max(stages, key=lambda d: d.sum(resource) * d.replicas)
            return (
                f"{largest.path}: {_amount(asked, resource)} asked by all stages ({parts}), the nodes have {there:g}; "
                f"lower {largest.scale_path}, or add nodes"
            )
    largest = max(demands, key=lambda d: (d.sum("GPU"), d.sum("CPU")))
    return (
        f"{largest.path}: {largest.replicas} × {_ask(largest)} beside the other stages asked, which is there in sum but not "
        f"in pieces that fit: {_each_has(nodes)}; lower {largest.scale_path}, or add a node"
    )


def _held_by_others(nodes: Sequence[Node], demands: Sequence[Demand]) -> str:
    held = [
        f"{_amount(round(used, 3), resource)} of {node.total[resource]:g} on node {node.address}"
        for resource in _resources(demands)
        for node in nodes
        if (used := node.total.get(resource, 0.0) - node.free.get(resource, 0.0)) > _A_TRACE
        and resource in {"CPU", "GPU"}
    ]
    largest = max(demands, key=lambda d: (d.sum("GPU"), d.sum("CPU")))
    return (
        f"{largest.path}: {largest.replicas} × {_ask(largest)} beside the other stages would fit the nodes, but other work "
        f"holds {', '.join(held) or 'a part of them'}; end that work, lower {largest.scale_path}, or add nodes"
    )


def _resources(demands: Sequence[Demand]) -> list[str]:
    names = {name for d in demands for bundle in d.bundles for name in bundle}
    return sorted(names, key=lambda name: (name != "GPU", name != "CPU", name))


def _ask(wanted: Demand) -> str:
    sizes = [
        " and ".join(_amount(b[r], r) for r in ("GPU", "CPU", "memory") if b.get(r)) or "nothing"
        for b in wanted.bundles
    ]
    if wanted.strategy is None:
        return sizes[0]
    count = "1 bundle" if len(sizes) == 1 else f"{len(sizes)} bundles"
    where = " on one node (STRICT_PACK)" if wanted.strategy == "STRICT_PACK" and len(sizes) > 1 else ""
    return f"{count} of {' / '.join(dict.fromkeys(sizes))}{where}"


def _lower(wanted: Demand) -> str:
    if len(wanted.bundles) > 1:
        return "lower tensor_parallel"
    return "lower its gpus" if wanted.sum("GPU") else "lower its cpus"


def _amount(amount: float, resource: str) -> str:
    if resource == "memory":
        return f"{amount / (1 << 30):.1f} GiB memory"
    plural = "" if amount == 1 or resource not in {"GPU", "CPU"} else "s"
    return f"{amount:g} {resource}{plural}"


def _offers(nodes: Sequence[Node], resource: str) -> str:
    return _amount(sum(node.total.get(resource, 0.0) for node in nodes), resource)


def _each_has(nodes: Sequence[Node]) -> str:
    has = [" and ".join(_amount(n.total.get(r, 0.0), r) for r in ("GPU", "CPU")) for n in nodes]
    return "; ".join(f"node {node.address} has {what}" for node, what in zip(nodes, has, strict=True))
