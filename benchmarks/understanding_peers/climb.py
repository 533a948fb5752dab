"""A ladder of connections against one server, rung by rung, until it is over the bound."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import orjson

from benchmarks.understanding_peers.client import Plan
from benchmarks.understanding_peers.figures import Rung, is_climbed, percentile
from benchmarks.understanding_peers.servers import ROOT, Served

CONNECTIONS: Final = (1, 4, 8, 16, 24, 32, 48, 64)
_WARM_UP_CONNECTIONS: Final = 8


def bodies(texts: Sequence[str], texts_each: int) -> list[str]:
    """The texts as request bodies, so many in each; all of the same number."""
    starts = range(0, len(texts) - texts_each + 1, texts_each)
    return [orjson.dumps({"texts": list(texts[s : s + texts_each])}).decode() for s in starts]


def warm_up(served: Served, sent: Sequence[str], texts_each: int, seconds: float) -> None:
    """Load whose figures are thrown away: allocators, thread pools, and what BentoML learns of its batches."""
    _rung(served, sent, texts_each, _WARM_UP_CONNECTIONS, seconds)


def climb(
    served: Served, sent: Sequence[str], texts_each: int, connections: Sequence[int], seconds: float
) -> list[Rung]:
    """The rungs of single texts, up to two in a row that are over the bound; of more texts a request, all of them."""
    rungs: list[Rung] = []
    for count in connections:
        rungs.append(_rung(served, sent, texts_each, count, seconds))
        if texts_each == 1 and is_climbed(rungs):
            break
    return rungs


def _rung(served: Served, sent: Sequence[str], texts_each: int, connections: int, seconds: float) -> Rung:
    plan = Plan(served.port, served.path, served.headers, list(sent), texts_each, connections, seconds)
    before = served.cpu_ms()
    line = [sys.executable, "-m", "benchmarks.understanding_peers.client"]
    done = subprocess.run(
        line, cwd=ROOT, input=orjson.dumps(asdict(plan)), stdout=subprocess.PIPE, check=True
    )
    after = served.cpu_ms()
    tally = orjson.loads(done.stdout)
    latencies, answered = tally["latencies_ms"], max(tally["answered"] * texts_each, 1)
    used = {name: (ms - before.get(name, 0.0)) / answered for name, ms in after.items()}
    return Rung(
        connections,
        tally["requests"],
        round(tally["requests"] * texts_each / seconds, 2),
        round(percentile(latencies, 0.5), 2),
        round(percentile(latencies, 0.99), 2),
        tally["errors"],
        {name: round(ms, 3) for name, ms in sorted(used.items(), key=lambda pair: -pair[1])},
    )
