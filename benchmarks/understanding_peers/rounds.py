"""The rounds: every server in turn, forwards and backwards, each alone on the machine."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from benchmarks.understanding_peers.climb import CONNECTIONS, bodies, climb, warm_up
from benchmarks.understanding_peers.figures import Rung
from benchmarks.understanding_peers.servers import ROOT, Place, serving
from benchmarks.understanding_peers.setups import DOCUMENTED, KEFU, OURS, WITH_OUR_RUNTIME, Setup

TEXTS_IN_BATCH: Final = 32
BATCH_CONNECTIONS: Final = (1, 2, 4, 8)
_ROUNDS_OF_OUR_RUNTIME: Final = 2


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of a rung, of one with many texts a request, which are fewer; and of the warm-up before a ladder."""

    rung_s: float
    batch_rung_s: float
    warm_up_s: float


@dataclass(slots=True)
class Measured:
    """Ladders of single texts by server, one a round; Kefu's of 32 texts a request; the engine's limits by batch size."""

    singles: dict[str, list[list[Rung]]] = field(default_factory=dict)
    batches: list[list[Rung]] = field(default_factory=list)
    offline: list[dict[str, float]] = field(default_factory=list)


def order(rounds: int) -> Iterator[tuple[int, Setup]]:
    """The visits: forwards, backwards, backwards, forwards. The peers with our runtime come in the first two rounds alone."""
    for number in range(rounds):
        setups = (OURS, *DOCUMENTED, *(WITH_OUR_RUNTIME if number < _ROUNDS_OF_OUR_RUNTIME else ()))
        for setup in setups if number % 4 in (0, 3) else reversed(setups):
            yield number, setup


def measure(texts: Sequence[str], place: Place, rounds: int, times: Times) -> Measured:
    """All of it. Raises NotServing."""
    measured = Measured()
    for number, setup in order(rounds):
        started = time.monotonic()
        if setup.name == KEFU:
            measured.offline.append(_offline(texts, place))
        _visit(setup, texts, place, times, measured)
        sys.stderr.write(f"round {number + 1}: {setup.name}, {time.monotonic() - started:.0f} s\n")
    return measured


def _visit(setup: Setup, texts: Sequence[str], place: Place, times: Times, measured: Measured) -> None:
    single = bodies(texts, 1)
    with serving(setup, place) as served:
        warm_up(served, single, 1, times.warm_up_s)
        rungs = climb(served, single, 1, CONNECTIONS, times.rung_s)
        measured.singles.setdefault(setup.name, []).append(rungs)
        if setup.name == KEFU:
            sent = bodies(texts, TEXTS_IN_BATCH)
            measured.batches.append(
                climb(served, sent, TEXTS_IN_BATCH, BATCH_CONNECTIONS, times.batch_rung_s)
            )


def _offline(texts: Sequence[str], place: Place) -> dict[str, float]:
    """The engine's limit with the runtime and the threads of Kefu's replica."""
    line = [sys.executable, "-m", "benchmarks.understanding_peers.offline"]
    line += ["--models-dir", str(place.models_dir), "--threads", str(OURS.threads)]
    done = subprocess.run(line, cwd=ROOT, input=orjson.dumps(list(texts)), stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = orjson.loads(done.stdout)
    return found
