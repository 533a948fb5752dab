"""Simulated runs of a load test: a plan, a queue that serves it, and the result that the tool would have written."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.load.figures import ServerUse
from benchmarks.load.measures import figures, judge
from benchmarks.load.records import Planned, Record
from benchmarks.load.result import DriverReport, Machine, Result, table
from benchmarks.load.server import Sample, summed
from benchmarks.load.workload import Workload, parse

DOCUMENT: dict[str, Any] = {
    "seed": 7,
    "target": "http://127.0.0.1:9",
    "duration_s": 30,
    "warm_up_s": 2,
    "arrivals": {"kind": "poisson", "rate_per_s": 20},
    "mix": [{"route": "chat_stream", "intents": {"order_status": 1}}],
    "slo": {"chat_stream": {"first_s": 0.5, "e2e_s": 1}, "chat": {"e2e_s": 1}, "understand": {"e2e_s": 0.2}},
    "rung_weights": {"large": 1, "small": 0.9, "composed": 0.5, "acknowledgement": 0},
}


def workload(**changes: Any) -> Workload:
    """The test's workload."""
    return parse(DOCUMENT | changes)


def planned(number: int, at_s: float, **changes: Any) -> Planned:
    """One request of the plan, measured unless it says otherwise."""
    request = Planned(
        number, at_s, "chat_stream", "/v1/chat", b"{}", "demo", "order_status", "zh", 1, number, 0
    )
    return replace(request, **changes)


def record(request: Planned, first_s: float = 0.1, e2e_s: float = 0.2, **changes: Any) -> Record:
    """An answer in full quality, `e2e_s` after its intended arrival."""
    at_s = request.at_s
    served = Record(
        request.number,
        at_s,
        at_s,
        at_s + first_s,
        at_s + e2e_s,
        200,
        "answered",
        rung="large",
        pieces=3,
        completion_tokens=21,
        request_id=f"r{request.number}",
        stages_ms={"understanding": 12.0},
        due_s=at_s,
    )
    return replace(served, **changes)


def poisson_plan(load: Workload, rate_per_s: float = 20.0) -> tuple[Planned, ...]:
    """Arrivals of the workload's seed."""
    rng = np.random.default_rng(load.seed)
    times = np.sort(rng.uniform(0, load.duration_s, rng.poisson(rate_per_s * load.duration_s)))
    phases = ["warm_up" if at < load.warm_up_s else "measured" for at in times]
    return tuple(
        planned(number, round(float(at), 6), phase=phase)
        for number, (at, phase) in enumerate(zip(times, phases, strict=True))
    )


def queued(plan: Sequence[Planned], seed: int, mean_s: float = 0.03) -> tuple[Record, ...]:
    """One server in order of arrival, so that what happens to one request happens to its neighbours too."""
    rng = np.random.default_rng(seed)
    free_at = 0.0
    records = []
    for request in plan:
        service_s = float(rng.lognormal(np.log(mean_s) - 0.08, 0.4))
        start_s = max(free_at, request.at_s)
        free_at = start_s + service_s
        records.append(record(request, start_s + service_s / 2 - request.at_s, free_at - request.at_s))
    return tuple(records)


def slowed(records: Sequence[Record], factor: float) -> tuple[Record, ...]:
    """The same answers, each so much later."""
    return tuple(
        replace(r, first_s=r.at_s + factor * (r.first_s - r.at_s), end_s=r.at_s + factor * (r.end_s - r.at_s))
        for r in records
        if r.first_s is not None and r.end_s is not None
    )


def cpu(load: Workload, records: Sequence[Record], seed: int, ms: float = 5.0) -> ServerUse:
    """A server that uses about `ms` for each request, sampled each second."""
    rng = np.random.default_rng(seed)
    ends = np.array([r.end_s for r in records if r.end_s is not None])
    samples, used = [], 0.0
    for second in range(int(load.duration_s) + 2):
        samples.append(Sample(float(second), {"Gateway": used}))
        done = int(np.sum((ends >= second) & (ends < second + 1)))
        used += float(rng.gamma(4, ms / 4, done).sum())
    window = (0.0, load.warm_up_s, load.duration_s)
    return summed(samples, {"Gateway": 1}, {"Gateway": 100.0}, 100.0, window, len(records))


def result(load: Workload, plan: Sequence[Planned], records: Sequence[Record], **changes: Any) -> Result:
    """What the tool would have written of it."""
    judged = judge(plan, records, load)
    found = Result(
        schema_version=1,
        at="2026-11-24T20:00:00+00:00",
        commit="0" * 40,
        is_clean=True,
        machine=Machine(cpus=2, cpu="a processor", memory_gib=8.0, system="Linux x86_64", python="3.11.7"),
        versions={"ray": "2.60.0"},
        label=None,
        profile="fake",
        config_hash="c0ffee",
        workload_name="test",
        workload_hash="abc",
        workload="seed: 7\n",
        seed=load.seed,
        is_complete=True,
        problem=None,
        driver=DriverReport(processes=1, is_limit=False, reasons=(), sent=len(records), cpu_shares=(0.1,)),
        figures=figures(judged, load),
        server=None,
        requests=table(judged),
    )
    return found.model_copy(update=changes)
