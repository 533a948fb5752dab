"""What a run's records say: latency from the intended arrival, goodput by SLO and rung, each request once."""

from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks.load
from benchmarks.load.measures import LedgerError, figures, judge, measured
from benchmarks.load.plan import plan
from benchmarks.load.records import OUTCOMES, Outcome, Planned, Record
from benchmarks.load.workload import load

WORKLOAD = load(Path(benchmarks.load.__file__).parent / "workloads" / "laptop.yaml")
PLAN = plan(WORKLOAD)


def record(
    planned: Planned, seconds: float = 0.1, outcome: Outcome = "answered", late_s: float = 0.0
) -> Record:
    sent = planned.at_s + late_s
    end = sent + seconds
    return Record(planned.number, planned.at_s, sent, end, end, 200, outcome, rung="composed")


def test_percentiles_are_from_the_intended_arrival() -> None:
    # Every request takes 100 ms at the server, and a third of them leave 400 ms after they should have.
    records = [record(p, late_s=0.4 * (p.number % 3 == 0)) for p in PLAN]
    found = figures(measured(judge(PLAN, records, WORKLOAD)), WORKLOAD)
    assert found.whole.e2e.p90_ms == pytest.approx(500, rel=0.01)
    assert found.whole.e2e.p50_ms == pytest.approx(100, rel=0.01)


def test_what_is_not_served_in_time_is_no_goodput_and_outcomes_add_up() -> None:
    kept = [p for p in PLAN if p.phase != "warm_up"]
    good = figures(measured(judge(PLAN, [record(p) for p in PLAN], WORKLOAD)), WORKLOAD)
    late = figures(measured(judge(PLAN, [record(p, 59.0) for p in PLAN], WORKLOAD)), WORKLOAD)
    shed = figures(measured(judge(PLAN, [record(p, outcome="shed") for p in PLAN], WORKLOAD)), WORKLOAD)
    assert good.whole.goodput_per_s > 0 and late.whole.goodput_per_s == shed.whole.goodput_per_s == 0
    assert late.whole.late == len(kept) and late.whole.outcomes["answered"] == len(kept)
    assert shed.whole.outcomes["shed"] == len(kept) == shed.whole.offered
    mixed = [record(p, outcome=OUTCOMES[p.number % 5]) for p in PLAN]
    found = figures(measured(judge(PLAN, mixed, WORKLOAD)), WORKLOAD)
    assert sum(found.whole.outcomes.values()) == found.whole.offered == len(kept)


def test_a_request_without_an_outcome_or_with_two_is_refused() -> None:
    records = [record(p) for p in PLAN]
    with pytest.raises(LedgerError, match="no outcome"):
        judge(PLAN, records[1:], WORKLOAD)
    with pytest.raises(LedgerError, match="more than one outcome"):
        judge(PLAN, [*records, records[0]], WORKLOAD)
    with pytest.raises(LedgerError, match="not planned"):
        judge(PLAN, [*records, replace(records[0], number=10**9)], WORKLOAD)
