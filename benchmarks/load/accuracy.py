"""How far the load driver can be believed: against a server of known service times, and against queueing theory.

    python -m benchmarks.load.accuracy --out docs/results

Twenty minutes, all on loopback; driver and server share the machine, as they do when a laptop measures itself.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.load import queue_theory
from benchmarks.load.driver import DriverResult, run
from benchmarks.load.records import Planned, Record
from benchmarks.load.reference_server import serving
from benchmarks.load.target import Target
from benchmarks.load.watch import dispatch_delays_s, verdict
from benchmarks.machine import describe

_ROOT: Final = Path(__file__).parent.parent.parent
_COMMAND: Final = "python -m benchmarks.load.accuracy --out docs/results"
_QUANTILES: Final = (0.5, 0.9)
_SEED: Final = 1
_OTHER_SEEDS: Final = 1000
_PART: Final = 2000
_SLO_S: Final = 0.5
_RATES: Final = (1000, 2000, 3000, 4000, 5000, 6000, 7000)


@dataclass(frozen=True, slots=True)
class System:
    """A queueing system, `copies` of it side by side so that there are enough requests in a short time."""

    name: str
    servers: int
    service_s: float
    is_exponential: bool
    copies: int

    def rate_per_s(self, rho: float) -> float:
        """The arrivals of one copy."""
        return rho * self.servers / self.service_s

    def quantile_s(self, rho: float, share: float) -> float:
        """The time in the system that theory says."""
        rate, service_s = self.rate_per_s(rho), self.service_s

        def within(t: float) -> float:
            if self.is_exponential:
                return queue_theory.mmc_within(t, rate, service_s, self.servers)
            return queue_theory.md1_within(t, rate, service_s)

        return queue_theory.quantile(within, share, service_s)


_SYSTEMS: Final = (System("M/D/1", 1, 0.1, False, 80), System("M/M/4", 4, 0.2, True, 40))
# So that the ideal queue's own quantiles scatter by about 1 %: the busier, the longer.
_SECONDS: Final = {0.3: 120.0, 0.5: 150.0, 0.7: 240.0}


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn for one system and load: by copy the arrivals and service times, in seconds."""

    seed: int
    queues: list[tuple[list[float], list[float]]]
    ideal_s: list[float]


def draw(system: System, rho: float, seconds: float, seed: int) -> Draw:
    """Poisson arrivals and their service times in whole microseconds, and what an ideal queue makes of them."""
    dice = np.random.default_rng(seed)
    queues, ideal = [], []
    for _ in range(system.copies):
        count = int(2 * system.rate_per_s(rho) * seconds) + 50
        arrivals = np.cumsum(dice.exponential(1 / system.rate_per_s(rho), count))
        arrivals = arrivals[arrivals < seconds]
        drawn = dice.exponential(system.service_s, len(arrivals))
        services = drawn if system.is_exponential else np.full(len(arrivals), system.service_s)
        queue = arrivals.tolist(), (np.round(services, 6)).tolist()
        queues.append(queue)
        ideal += queue_theory.sojourns(*queue, system.servers)
    return Draw(seed, queues, ideal)


def scatter_percent(system: System, rho: float, seconds: float, share: float) -> float:
    """How far, by chance alone, an ideal queue's quantile lies from theory: the standard deviation over ten other draws."""
    wanted = system.quantile_s(rho, share)
    draws = (draw(system, rho, seconds, _OTHER_SEEDS + number) for number in range(10))
    return 100 * float(np.std([float(np.quantile(drawn.ideal_s, share)) / wanted - 1 for drawn in draws]))


def plan_of(moments: Sequence[tuple[float, str]]) -> tuple[Planned, ...]:
    """A plan of plain requests from moments and paths."""
    return tuple(
        Planned(number, at_s, "chat", path, b'{"message":"hello"}', "shop", "none", "en", 1, number, 0)
        for number, (at_s, path) in enumerate(sorted(moments))
    )


def poisson(rate_per_s: float, seconds: float, path: Callable[[int], str]) -> tuple[Planned, ...]:
    """Poisson arrivals of a fixed seed, the last of them at `seconds`, so that their rate is the one that is named."""
    dice = np.random.default_rng(7)
    arrivals = np.cumsum(dice.exponential(1 / rate_per_s, int(rate_per_s * seconds)))
    arrivals *= seconds / arrivals[-1]
    return plan_of([(float(at_s), path(number)) for number, at_s in enumerate(arrivals)])


def drive(plan: tuple[Planned, ...], url: str) -> DriverResult:
    """One run, whole or RuntimeError."""
    with tempfile.TemporaryDirectory(prefix="kefu-accuracy-") as folder:
        result = run(plan, Target(url, {"shop": {}}), Path(folder) / "spool", patience_s=30.0)
    if not result.is_complete:
        raise RuntimeError(result.problem)
    return result


def _latencies_s(records: Sequence[Record]) -> list[float]:
    return [record.end_s - record.at_s for record in records if record.end_s is not None]


def _server_s(records: Sequence[Record]) -> list[float]:
    return [record.server_s[1] - record.server_s[0] for record in records if record.server_s is not None]


def _ms(values: Sequence[float], *shares: float) -> dict[str, float]:
    return {f"p{100 * share:g}": round(1000 * float(np.quantile(values, share)), 3) for share in shares}


def _watched(result: DriverResult) -> dict[str, Any]:
    judged = verdict(result.watches, result.records, _SLO_S)
    return {
        "dispatch_delay_ms": _ms(dispatch_delays_s(result.records), 0.5, 0.99, 1.0),
        "loop_lag_ms": _ms([lag for watch in result.watches for lag in watch.lag_s], 0.5, 0.99, 1.0),
        "cpu_share": round(max(watch.cpu_share for watch in result.watches), 3),
        "driver_is_limit": judged.is_limit,
        "reasons": list(judged.reasons),
    }


def paired(seconds: float) -> dict[str, Any]:
    """Each request's latency from its intended moment, less what the server's own clock says it took."""
    rate = 200.0
    with serving() as url:
        result = drive(poisson(rate, seconds, lambda number: f"/queue/{number % 16}/10000"), url)
    pairs = zip(_latencies_s(result.records), _server_s(result.records), strict=True)
    off = [abs(ours - theirs) for ours, theirs in pairs]
    parts = [off[place : place + _PART] for place in range(0, len(off), _PART)]
    return {
        "requests": len(off),
        "requests_per_s": rate,
        "difference_ms": _ms(off, 0.5, 0.9, 0.99, 1.0),
        "p99_ms_of_each_2000": [_ms(part, 0.99)["p99"] for part in parts],
        "is_reached": float(np.quantile(off, 0.99)) <= 0.001,
        "wanted": "<= 1 ms at p99",
        **_watched(result),
    }


def queue_check(system: System, rho: float, seconds: float) -> dict[str, Any]:
    """Measured time in the system against theory, and against the ideal queue for the very same arrivals.

    One draw, with a seed that no result had a part in.
    """
    drawn = draw(system, rho, seconds, _SEED)
    moments = [
        (at_s, f"/queue/{copy}/{round(1e6 * service_s)}")
        for copy, (arrivals, services) in enumerate(drawn.queues)
        for at_s, service_s in zip(arrivals, services, strict=True)
    ]
    with serving(system.servers) as url:
        result = drive(plan_of(moments), url)
    measured = _latencies_s(result.records)
    rows = {}
    for share in _QUANTILES:
        theory, ideal = system.quantile_s(rho, share), float(np.quantile(drawn.ideal_s, share))
        found = float(np.quantile(measured, share))
        rows[f"p{100 * share:g}"] = {
            "theory_ms": round(1000 * theory, 3),
            "ideal_queue_ms": round(1000 * ideal, 3),
            "measured_ms": round(1000 * found, 3),
            "off_theory_percent": round(100 * (found / theory - 1), 2),
            "off_ideal_queue_percent": round(100 * (found / ideal - 1), 2),
            "scatter_of_ideal_queues_percent": round(scatter_percent(system, rho, seconds, share), 2),
        }
    return {
        "system": system.name,
        "rho": rho,
        "requests": len(measured),
        "seed": drawn.seed,
        **rows,
        "is_reached": all(abs(row["off_theory_percent"]) <= 3.0 for row in rows.values()),
        **_watched(result),
    }


def stall(seconds: float) -> dict[str, Any]:
    """The server stands still for 2 s in the middle of a steady load: a fifth of a 10 s run meets it."""
    rate, stalls_s = 100.0, 2.0
    moments = [(number / rate, "/at-once") for number in range(int(rate * seconds))]
    moments.append((0.4 * seconds - 0.5 / rate, f"/stall/{1000 * stalls_s:.0f}"))
    with serving() as url:
        result = drive(plan_of(moments), url)
    wanted = stalls_s - (1 - 0.9) * seconds
    found = float(np.quantile(_latencies_s(result.records), 0.9))
    return {
        "stall_s": stalls_s,
        "latency_ms": _ms(_latencies_s(result.records), 0.5, 0.9, 0.99, 1.0),
        "seen_by_server_ms": _ms(_server_s(result.records), 0.5, 0.9, 0.99, 1.0),
        "p90_wanted_ms": 1000 * wanted,
        "is_reached": abs(found - wanted) <= 0.03 * wanted,
        **_watched(result),
    }


def throughput(seconds: float) -> dict[str, Any]:
    """One driver process against answers at once, faster at each step until the driver says that it is the limit."""
    rows: list[dict[str, Any]] = []
    for rate in _RATES:
        with serving() as url:
            result = drive(poisson(rate, seconds, lambda _: "/at-once"), url)
        ended = max(record.end_s or 0.0 for record in result.records)
        answered = sum(record.outcome == "answered" for record in result.records)
        watched = _watched(result)
        cpu_s = watched["cpu_share"] * ended
        rows.append(
            {
                "planned_per_s": rate,
                "answered_per_s": round(answered / ended),
                "answered_per_cpu_s": round(answered / cpu_s),
                "latency_ms": _ms(_latencies_s(result.records), 0.5, 0.99),
                **watched,
            }
        )
        if watched["driver_is_limit"]:
            break
    best = max((row["planned_per_s"] for row in rows if _kept_up(row)), default=0)
    return {"steps": rows, "requests_per_s_per_core": best, "is_reached": best >= 2000, "wanted": ">= 2,000"}


def _kept_up(row: dict[str, Any]) -> bool:
    return not row["driver_is_limit"] and row["answered_per_s"] >= 0.98 * row["planned_per_s"]


def burn(seconds: float) -> None:
    """Take a core for a time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


@contextmanager
def starved(busy: int, seconds: float) -> Iterator[None]:
    """This thread, and what it starts, on one core with `busy` processes that want all of it; they end by themselves."""
    allowed = os.sched_getaffinity(0)
    context = multiprocessing.get_context("spawn")
    os.sched_setaffinity(0, {min(allowed)})
    burners = [context.Process(target=burn, args=(seconds,), daemon=True) for _ in range(busy)]
    try:
        for burner in burners:
            burner.start()
        yield
    finally:
        os.sched_setaffinity(0, allowed)
        for burner in burners:
            burner.kill()
            burner.join()


def starvation(seconds: float) -> dict[str, Any]:
    """The driver on one core with eight busy processes, at a rate for which it needs a third of the core."""
    with serving() as url, starved(busy=8, seconds=seconds + 30):
        result = drive(poisson(1500, seconds, lambda _: "/at-once"), url)
    watched = _watched(result)
    return {**watched, "is_reached": watched["driver_is_limit"]}


def measure() -> dict[str, Any]:
    """Every check, in its order of the page."""
    return {
        # A minute, since one moment of another process's work is 1 % of ten seconds.
        "paired_with_server": paired(60.0),
        "queueing_theory": [
            queue_check(system, rho, seconds) for system in _SYSTEMS for rho, seconds in _SECONDS.items()
        ],
        "stall": stall(10.0),
        "throughput": throughput(4.0),
        "starved_driver": starvation(4.0),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder for load-driver.json")
    arguments = parser.parse_args()
    used = {name: version(name) for name in ("aiohttp", "uvloop", "orjson")}
    result = (
        describe(_ROOT)
        | {"command": _COMMAND, "driver_versions": used, "load_average": os.getloadavg()}
        | measure()
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (arguments.out / "load-driver.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
