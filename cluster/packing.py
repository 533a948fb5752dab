"""Bin packing of replicas onto nodes: is there an arrangement in which all fit?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

Bundle = dict[str, float]
_STEPS: Final = 20_000
_SMALLEST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Unit:
    """One replica: its bundles, whether each needs a node of its own, and how many of the stage a node may hold."""

    stage: str
    bundles: tuple[Bundle, ...]
    is_spread: bool = False
    most_per_node: int | None = None


@dataclass(slots=True)
class _Bin:
    left: Bundle
    stages: list[str]

    def holds(self, bundle: Bundle) -> bool:
        return all(self.left.get(name, 0.0) + _SMALLEST >= amount for name, amount in bundle.items())

    def add(self, bundle: Bundle, sign: int) -> None:
        for name, amount in bundle.items():
            self.left[name] = self.left.get(name, 0.0) - sign * amount

    def tightness(self) -> tuple[float, float]:
        return self.left.get("GPU", 0.0), self.left.get("CPU", 0.0)

    def state(self) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
        return tuple(sorted((k, round(v, 4)) for k, v in self.left.items())), tuple(sorted(self.stages))


def fits(nodes: Sequence[Bundle], units: Sequence[Unit]) -> bool | None:
    """True: an arrangement was found. False: there is none. None: too many to try, so nothing is known."""
    ordered = sorted(
        units, key=lambda u: (_sum(u, "GPU"), len(u.bundles), _sum(u, "CPU"), u.stage), reverse=True
    )
    parts = [(number, bundle) for number, unit in enumerate(ordered) for bundle in unit.bundles]
    names = {name for _, bundle in parts for name in bundle}
    if any(
        sum(b.get(n, 0.0) for _, b in parts) > sum(node.get(n, 0.0) for node in nodes) + _SMALLEST
        for n in names
    ):
        return False
    bins = [_Bin({name: node.get(name, 0.0) for name in names}, []) for node in nodes]
    return _search(bins, ordered, parts)


def _search(bins: list[_Bin], units: Sequence[Unit], parts: Sequence[tuple[int, Bundle]]) -> bool | None:
    """Depth first, best fit first, without trying two nodes that are in the same state. A stack, not recursion."""
    choices: list[Iterator[_Bin]] = []
    taken: list[_Bin] = []
    for _ in range(_STEPS):
        if len(taken) == len(parts):
            return True
        number, bundle = parts[len(taken)]
        if len(choices) == len(taken):
            own = [taken[i] for i in range(len(taken)) if parts[i][0] == number]
            choices.append(iter(_candidates(bins, units[number], bundle, own)))
        chosen = next(choices[-1], None)
        if chosen is not None:
            chosen.add(bundle, 1)
            chosen.stages.append(units[number].stage)
            taken.append(chosen)
            continue
        choices.pop()
        if not taken:
            return False
        number, bundle = parts[len(taken) - 1]
        last = taken.pop()
        last.add(bundle, -1)
        last.stages.remove(units[number].stage)
    return None


def _candidates(bins: list[_Bin], unit: Unit, bundle: Bundle, own: list[_Bin]) -> list[_Bin]:
    able: dict[object, _Bin] = {}
    for node in bins:
        is_used = any(node is other for other in own)
        is_full = unit.most_per_node is not None and node.stages.count(unit.stage) >= unit.most_per_node
        if node.holds(bundle) and not is_full and not (unit.is_spread and is_used):
            able.setdefault((node.state(), is_used), node)
    return sorted(able.values(), key=_Bin.tightness)


def _sum(unit: Unit, resource: str) -> float:
    return sum(bundle.get(resource, 0.0) for bundle in unit.bundles)
