"""The result's parts, out of what was measured."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.understanding_peers.figures import (
    BOUND_MS,
    LEAST_RATIO,
    LEAST_SHARE,
    Rung,
    best,
    quickest,
    ratio,
    spread,
    texts_per_s,
    verdict,
)
from benchmarks.understanding_peers.rounds import Measured
from benchmarks.understanding_peers.setups import DOCUMENTED, KEFU, OURS, WITH_OUR_RUNTIME, Setup


def result(measured: Measured) -> dict[str, Any]:
    """Every server's figures, the comparisons, and whether the bounds are met."""
    medians = {name: _median(ladders) for name, ladders in measured.singles.items()}
    documented = compare(medians, [setup.name for setup in DOCUMENTED])
    batches = share_of_limit(measured.batches, measured.offline)
    return {
        "servers": {setup.name: server(setup, measured.singles[setup.name]) for setup in _all(measured)},
        "documented": documented,
        "our_runtime_in_peers": compare(medians, [setup.name for setup in WITH_OUR_RUNTIME]),
        "batches": batches,
        "bounds": [
            verdict(
                f"texts a second at p99 ≤ {BOUND_MS:g} ms, times the best documented peer's",
                documented["times_the_best"],
                LEAST_RATIO,
            ),
            verdict(
                "texts a second in requests of 32, as a share of the engine's limit",
                batches["share"],
                LEAST_SHARE,
            ),
        ],
    }


def _all(measured: Measured) -> list[Setup]:
    return [setup for setup in (OURS, *DOCUMENTED, *WITH_OUR_RUNTIME) if setup.name in measured.singles]


def _median(ladders: Sequence[Sequence[Rung]]) -> float:
    return statistics.median(texts_per_s(rungs) for rungs in ladders)


def server(setup: Setup, ladders: Sequence[Sequence[Rung]]) -> dict[str, Any]:
    """One server's setup, its figure, and the ladder of each round."""
    return {
        "runtime": setup.runtime,
        "workers": setup.workers,
        "threads": setup.threads or "PyTorch's default",
        "documentation": list(setup.documentation),
        "texts_per_s": spread([texts_per_s(rungs) for rungs in ladders]),
        "errors": sum(sum(rung.errors.values()) for rungs in ladders for rung in rungs),
        "rounds": [
            {
                "best_connections": found.connections if (found := best(rungs)) else None,
                "rungs": _plain(rungs),
            }
            for rungs in ladders
        ],
    }


def _plain(rungs: Sequence[Rung]) -> list[dict[str, Any]]:
    """As JSON has it, which knows no infinity."""
    return [
        {name: None if value == math.inf else value for name, value in asdict(rung).items()} for rung in rungs
    ]


def compare(medians: Mapping[str, float], peers: Sequence[str]) -> dict[str, Any]:
    """Kefu's median beside the peers', and how many times the quickest's it is."""
    theirs = {name: medians[name] for name in peers if name in medians}
    first = quickest(theirs)
    return {
        "best_peer": first,
        "best_peer_texts_per_s": round(theirs[first], 2),
        "kefu_texts_per_s": round(medians[KEFU], 2),
        "times_the_best": ratio(medians[KEFU], theirs[first]),
        "times_each": {name: ratio(medians[KEFU], median) for name, median in theirs.items()},
    }


def share_of_limit(
    ladders: Sequence[Sequence[Rung]], offline: Sequence[Mapping[str, float]]
) -> dict[str, Any]:
    """Kefu's best rung without errors of each round, whatever its latency, over the engine's best batch size."""
    served = [max((r.texts_per_s for r in rungs if not r.errors), default=0.0) for rungs in ladders]
    by_size = {size: spread([found[size] for found in offline]) for size in offline[0]}
    size = quickest({size: figures["median"] for size, figures in by_size.items()})
    limit = by_size[size]["median"]
    return {
        "texts_in_request": 32,
        "texts_per_s": spread(served),
        "limit": {"batch_size": int(size), "texts_per_s": limit, "by_batch_size": by_size},
        "share": ratio(statistics.median(served), limit),
        "share_by_round": [
            ratio(ours, max(found.values())) for ours, found in zip(served, offline, strict=True)
        ],
        "rounds": [_plain(rungs) for rungs in ladders],
    }
