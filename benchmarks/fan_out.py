"""What each hop of a request adds, and the whole fan-out: latency at p50 and p99, and CPU milliseconds by process.

    python -m benchmarks.fan_out --out docs/results

Serves the `fake` profile with the full demonstration shop in a temporary home: the engines of understanding, retrieval and
generation compute nothing there, so that their times are the hops' own; segmentation, recommendation and the store are the
real ones. One client, one request at a time, then 32 at once. All on loopback.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import psutil

from benchmarks.machine import describe
from benchmarks.process_groups import group

_ROOT: Final = Path(__file__).parent.parent
_WARM_UP: Final = 30
_START_S: Final = 300.0
_ROUTES: Final[dict[str, tuple[str, str, dict[str, Any] | None]]] = {
    "proxy and gateway alone": ("GET", "/healthz", None),
    "understanding": ("POST", "/v1/chat", {"message": "你好"}),
    "understanding, retrieval": ("POST", "/v1/chat", {"message": "退货政策是什么"}),
    "understanding, retrieval, orders": ("POST", "/v1/chat", {"message": "我的订单到哪了"}),
    "understanding, then products, retrieval, segmentation and recommendation": (
        "POST", "/v1/chat", {"message": "Recommend me a gift under 200"},
    ),
    "raw engine": (
        "POST", "/v1/chat/completions", {"model": "kefu/small", "messages": [{"role": "user", "content": "Hello"}]},
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Served:
    """A running cluster: its process and what its serve.json holds."""

    process: psutil.Popen
    file: dict[str, Any]


@contextmanager
def serving() -> Iterator[Served]:
    """`kefu up --profile fake` in a home of its own for the time of a `with`."""
    from cluster.ray_local import free_port

    with tempfile.TemporaryDirectory(prefix="kefu-fan-out-") as home:
        settings = (f"identity.home={home}", f"identity.http.port={free_port()}", "identity.demo={}")
        line = [sys.executable, "-m", "cluster.cli", "up", "--profile", "fake"]
        line += [word for setting in settings for word in ("--set", setting)]
        with (Path(home) / "up.log").open("w") as log:
            process = psutil.Popen(line, stdout=log, stderr=log, start_new_session=True)
            try:
                yield Served(process, _wait(Path(home), process))
            finally:
                process.terminate()
                process.wait(timeout=60)


def _wait(home: Path, process: psutil.Popen) -> dict[str, Any]:
    pause = threading.Event()
    deadline = time.monotonic() + _START_S
    while not (home / "serve.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("kefu up did not come up:\n" + (home / "up.log").read_text()[-4000:])
        pause.wait(0.2)
    served: dict[str, Any] = json.loads((home / "serve.json").read_text())
    return served


def cpu_ms(root: psutil.Process) -> dict[str, float]:
    """CPU milliseconds so far, by group of the process tree."""
    used: defaultdict[str, float] = defaultdict(float)
    for process in root.children(recursive=True):
        try:
            times = process.cpu_times()
            used[group(" ".join(process.cmdline()))] += 1000 * (times.user + times.system)
        except psutil.NoSuchProcess:
            continue
    return dict(used)


async def drive(
    client: httpx.AsyncClient, route: str, count: int, at_once: int
) -> tuple[list[float], list[dict[str, float]]]:
    """`count` requests, `at_once` under way: each one's milliseconds, and the gateway's own timings."""
    method, path, body = _ROUTES[route]
    elapsed: list[float] = []
    timings: list[dict[str, float]] = []
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            started = time.perf_counter()
            response = await client.request(method, path, json=body)
            elapsed.append(1000 * (time.perf_counter() - started))
            response.raise_for_status()
            timings.append(response.json().get("timings_ms", {}))

    await asyncio.gather(*(work() for _ in range(at_once)))
    return elapsed, timings


def _spread(values: list[float]) -> dict[str, float]:
    return {name: round(float(np.percentile(values, q)), 2) for name, q in (("p50", 50), ("p99", 99))}


async def measure(served: Served, count: int) -> list[dict[str, Any]]:
    """One row for each route and concurrency."""
    rows = []
    headers = {
        "Authorization": f"Bearer {served.file['operator_key']}",
        "X-Customer-Token": served.file["customer_token"],
    }
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(
        base_url=served.file["base_url"], headers=headers, timeout=60, limits=limits
    ) as client:
        for route in _ROUTES:
            await drive(client, route, _WARM_UP, 4)
            for at_once in (1, 32):
                before = cpu_ms(served.process)
                started = time.perf_counter()
                elapsed, timings = await drive(client, route, count, at_once)
                seconds = time.perf_counter() - started
                after = cpu_ms(served.process)
                rows.append(_row(route, at_once, elapsed, timings, seconds, before, after))
    return rows


def _row(
    route: str,
    at_once: int,
    elapsed: list[float],
    timings: list[dict[str, float]],
    seconds: float,
    before: dict[str, float],
    after: dict[str, float],
) -> dict[str, Any]:
    count = len(elapsed)
    used = {name: round((ms - before.get(name, 0.0)) / count, 2) for name, ms in after.items()}
    stages = sorted({name for timing in timings for name in timing})
    return {
        "calls": route,
        "at_once": at_once,
        "requests": count,
        "requests_per_s": round(count / seconds, 1),
        "client_ms": _spread(elapsed),
        "seen_by_gateway_ms": {name: _spread([t[name] for t in timings if name in t]) for name in stages},
        "cpu_ms_per_request": dict(sorted(((n, v) for n, v in used.items() if v > 0), key=lambda p: -p[1])),
        "cpu_ms_per_request_total": round(sum(used.values()), 2),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder for fan-out.json")
    parser.add_argument("--requests", type=int, default=400, help="per route and concurrency")
    arguments = parser.parse_args()
    head = describe(_ROOT) | {"command": "python -m benchmarks.fan_out --out docs/results"}
    with serving() as served:
        result = head | {"routes": asyncio.run(measure(served, arguments.requests))}
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (arguments.out / "fan-out.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
