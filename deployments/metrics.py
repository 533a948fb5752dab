"""Counts and times through Ray's metrics agents: every replica reports to its node's agent, and one scrape reads them all."""

import asyncio
from typing import Final

import httpx
import ray
from ray.util.metrics import Counter, Histogram

_LATENCY_BOUNDS_S: Final = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20]
# What an operator of Kefu reads; the rest of Ray's hundreds of series stay at the agents.
_KEPT: Final = ("ray_kefu_", "ray_serve_", "ray_vllm")
_SCRAPE_S = 5.0


class ServeMetrics:
    """`contracts.Metrics` over `ray.util.metrics`."""

    def __init__(self) -> None:
        self._requests = Counter("kefu_requests_total", "HTTP requests ended", ("route", "status"))
        self._request_s = Histogram(
            "kefu_request_seconds", "HTTP request time", _LATENCY_BOUNDS_S, ("route",)
        )
        self._turns = Counter(
            "kefu_turns_total", "Chat turns, each in one outcome", ("intent", "rung", "outcome")
        )
        self._stage_s = Histogram(
            "kefu_stage_seconds", "Stage call time", _LATENCY_BOUNDS_S, ("stage", "result")
        )

    def count_request(self, route: str, status: int, seconds: float) -> None:
        self._requests.inc(1, {"route": route, "status": str(status)})
        self._request_s.observe(seconds, {"route": route})

    def count_turn(self, intent: str, rung: str, outcome: str) -> None:
        self._turns.inc(1, {"intent": intent, "rung": rung, "outcome": outcome})

    def observe_stage(self, stage: str, result: str, seconds: float) -> None:
        self._stage_s.observe(seconds, {"stage": stage, "result": result})


async def scrape() -> str:
    """The text of every node's agent, only the series of Kefu, Serve and vLLM. A node that does not answer is named."""
    nodes = await asyncio.to_thread(ray.nodes)
    addresses = [f"{n['NodeManagerAddress']}:{n['MetricsExportPort']}" for n in nodes if n["Alive"]]
    async with httpx.AsyncClient(timeout=_SCRAPE_S) as client:
        texts = await asyncio.gather(*(_scrape_node(client, address) for address in addresses))
    return "".join(texts)


async def _scrape_node(client: httpx.AsyncClient, address: str) -> str:
    try:
        response = await client.get(f"http://{address}/metrics")
    except httpx.TransportError as error:
        return f"# node {address} did not answer: {type(error).__name__}\n"
    return "".join(f"{line}\n" for line in response.text.splitlines() if _is_kept(line))


def _is_kept(line: str) -> bool:
    name = line.split(" ", 3)[2] if line.startswith("# ") and line.count(" ") >= 2 else line
    return name.startswith(_KEPT)
