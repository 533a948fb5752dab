"""Two runs of one server show no difference, a planted one is found, and what can't be compared is refused."""

import pytest

from benchmarks.load.compare import NotComparable, compare, sentence
from benchmarks.load.records import OUTCOMES
from benchmarks.load.result import DriverReport
from tests.load_runs import cpu, poisson_plan, queued, record, result, slowed, workload

LOAD = workload()
PLAN = poisson_plan(LOAD)
RECORDS = queued(PLAN, 1)
A = result(LOAD, PLAN, RECORDS)


def test_two_runs_of_one_server_show_no_difference_in_95_of_100() -> None:
    wrong = 0
    for seed in range(24):
        load = workload(seed=seed)
        plan = poisson_plan(load)
        # Half of them near saturation, where one burst decides the p99 of a whole run.
        mean_s = 0.03 if seed % 2 else 0.045
        pair = [
            result(load, plan, records, server=cpu(load, records, number))
            for number in (2 * seed + 1, 2 * seed + 2)
            for records in (queued(plan, number, mean_s),)
        ]
        found = compare(*pair)
        assert len(found.differences) == 8
        wrong += any(one.verdict != "no difference" for one in found.differences)
    assert wrong <= 1


def test_a_tenth_more_is_found_and_its_direction_told() -> None:
    slower = result(LOAD, PLAN, slowed(RECORDS, 1.1))
    worse = {one.measure: one for one in compare(A, slower).differences}
    better = {one.measure: one for one in compare(slower, A).differences}
    for name in ("end to end p50", "end to end p90", "first checked text p50"):
        assert worse[name].verdict == "worse" and better[name].verdict == "better"
        assert worse[name].delta / worse[name].a == pytest.approx(0.1, rel=0.01)
        assert worse[name].low < worse[name].delta < worse[name].high
    assert "worse by" in sentence(worse["end to end p50"]) and "+10.0 %" in sentence(worse["end to end p50"])


def test_no_difference_says_how_small_a_one_would_have_been_seen() -> None:
    found = compare(A, result(LOAD, PLAN, queued(PLAN, 2))).differences[0]
    assert found.verdict == "no difference" and found.detectable > found.high - found.delta > 0
    assert "would have been seen" in sentence(found)


def test_lost_goodput_is_worse_and_its_requests_leave_the_latencies() -> None:
    shed = [
        record(p, outcome="shed", rung=None) if p.number % 4 == 0 else r
        for p, r in zip(PLAN, RECORDS, strict=True)
    ]
    found = compare(A, result(LOAD, PLAN, shed))
    by_name = {one.measure: one for one in found.differences}
    assert by_name["goodput"].verdict == "worse"
    assert by_name["end to end p50"].verdict == "no difference"
    assert found.pairs < 0.8 * found.measured
    assert OUTCOMES.index("shed") == 2


def test_more_cpu_for_each_request_is_found() -> None:
    pair = [
        result(LOAD, PLAN, RECORDS, server=cpu(LOAD, RECORDS, seed, ms)) for seed, ms in ((1, 5.0), (2, 7.0))
    ]
    found = {one.measure: one for one in compare(*pair).differences}
    assert found["CPU per request"].verdict == "worse"
    assert found["CPU per request"].a == pytest.approx(5, rel=0.15)
    assert "CPU per request: it was not read in both runs" in compare(A, A).left_out


@pytest.mark.parametrize("change", [{"seed": 8}, {"workload_hash": "other"}, {"requests": None}])
def test_different_plans_are_never_compared(change: dict[str, object]) -> None:
    with pytest.raises(NotComparable) as refused:
        compare(A, A.model_copy(update=change), is_anyway=True)
    assert not refused.value.can_force


LIMITED = DriverReport(processes=1, is_limit=True, reasons=("It was slow.",), sent=1, cpu_shares=(1.0,))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"machine": A.machine.model_copy(update={"cpus": 64})}, "machines differ"),
        ({"is_complete": False, "problem": "the disk is full"}, "B is not complete: the disk is full"),
        ({"driver": LIMITED}, "In B the driver was the limit: It was slow."),
    ],
)
def test_a_doubtful_comparison_is_made_only_when_asked_for_and_says_so(
    change: dict[str, object], said: str
) -> None:
    doubtful = A.model_copy(update=change)
    with pytest.raises(NotComparable, match=said) as refused:
        compare(A, doubtful)
    assert refused.value.can_force
    assert said in compare(A, doubtful, is_anyway=True).warnings[0]


def test_a_run_too_short_for_an_interval_is_refused() -> None:
    load = workload(duration_s=9)
    plan = poisson_plan(load)
    short = result(load, plan, queued(plan, 1))
    with pytest.raises(NotComparable, match="too short"):
        compare(short, short)
