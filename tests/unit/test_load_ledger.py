"""The measures' corners that a whole run rarely shows: goodput by rung, the ledger, tokens, bins."""

from dataclasses import replace

import pytest

from benchmarks.load.latency import Latencies
from benchmarks.load.measures import LedgerError, bin_seconds, figures, judge
from benchmarks.process_groups import group
from tests.load_runs import planned, poisson_plan, queued, record, workload

LOAD = workload(duration_s=12)


def test_goodput_counts_by_rung_and_nothing_that_is_late_shed_failed_or_given_up() -> None:
    plan = [planned(number, 3.0 + number) for number in range(8)]
    records = [
        record(plan[0]),  # large: 1
        record(plan[1], rung="small", outcome="degraded"),  # 0.9
        record(plan[2], rung="composed"),  # 0.5
        record(plan[3], e2e_s=1.01),  # late at the end
        record(plan[4], first_s=0.51, e2e_s=0.6),  # late at the first text
        record(plan[5], outcome="shed", rung=None, status=429),
        record(plan[6], outcome="cancelled"),
        record(plan[7], outcome="failed"),
    ]
    found = figures(judge(plan, records, LOAD), LOAD)
    assert found.whole.goodput_per_s == pytest.approx(2.4 / 10)
    assert found.good_share == pytest.approx(2.4 / 8)
    assert found.whole.late == 2
    assert found.whole.e2e.count == 5 and found.everything.count == 8
    assert sum(found.over_time.good) == pytest.approx(2.4)


def test_a_route_without_rungs_counts_in_full_or_not_at_all() -> None:
    plan = [planned(number, 3.0, route="understand") for number in range(2)]
    records = [
        record(plan[0], e2e_s=0.1, rung=None),
        record(plan[1], e2e_s=0.1, rung=None, outcome="degraded"),
    ]
    assert [j.weight for j in judge(plan, records, LOAD)] == [1.0, 0.0]


def test_the_warm_up_is_left_out_everywhere() -> None:
    plan = [planned(0, 1.0, phase="warm_up"), planned(1, 5.0)]
    found = figures(judge(plan, [record(plan[0], e2e_s=9.0), record(plan[1])], LOAD), LOAD)
    assert found.whole.offered == 1 and found.whole.e2e.max_ms == pytest.approx(200, rel=0.002)
    assert sum(found.over_time.offered) == 1 and "warm_up" not in found.by["phase"]


@pytest.mark.parametrize(
    ("numbers", "ids", "said"),
    [
        ((0, 1), ("a", "b"), "no outcome: 2"),
        ((0, 1, 2, 2), ("a", "b", "c", "d"), "more than one outcome: 2"),
        ((0, 1, 2, 3), ("a", "b", "c", "d"), "not planned: 3"),
        ((0, 1, 2), ("a", "b", "a"), "one request id to several"),
    ],
)
def test_a_ledger_that_does_not_add_up_is_refused(
    numbers: tuple[int, ...], ids: tuple[str, ...], said: str
) -> None:
    plan = [planned(number, 3.0) for number in range(3)]
    records = [replace(record(planned(n, 3.0)), request_id=i) for n, i in zip(numbers, ids, strict=True)]
    with pytest.raises(LedgerError, match=said):
        judge(plan, records, LOAD)


def test_an_answer_by_an_unknown_rung_has_no_weight_made_up() -> None:
    plan = [planned(0, 3.0)]
    with pytest.raises(LedgerError, match="'medium'"):
        judge(plan, [record(plan[0], rung="medium")], LOAD)


def test_time_per_token_and_per_piece_are_of_streams_after_the_first_text() -> None:
    plan = [planned(0, 3.0), planned(1, 3.0, route="chat")]
    records = [record(plan[0], first_s=0.1, e2e_s=0.5), record(plan[1], first_s=0.5, e2e_s=0.5, pieces=0)]
    found = figures(judge(plan, records, LOAD), LOAD)
    assert found.per_token.count == found.per_piece.count == 1
    assert found.per_token.p50_ms == pytest.approx(20, rel=0.002)  # 400 ms for 20 further tokens
    assert found.per_piece.p50_ms == pytest.approx(200, rel=0.002)


def test_every_breakdown_and_bin_holds_each_request_once() -> None:
    plan = [
        replace(p, language="zh" if p.number % 3 else "en", value=p.number % 4, tenant=f"t{p.number % 2}")
        for p in poisson_plan(LOAD)
    ]
    found = figures(judge(plan, queued(plan, 1), LOAD), LOAD)
    for slices in found.by.values():
        assert sum(part.offered for part in slices.values()) == found.whole.offered
    assert set(found.by["value"]) == {"0", "1", "2", "3"} and set(found.by["tenant"]) == {"t0", "t1"}
    assert sum(found.over_time.completed) == found.whole.offered == sum(found.over_time.offered)


def test_bins_are_of_a_second_and_coarser_in_long_runs() -> None:
    assert [bin_seconds(length) for length in (10, 300, 301, 3600, 100_000)] == [1, 1, 2, 30, 334]


def test_histograms_of_two_processes_merge_into_that_of_all() -> None:
    seconds = [0.001 * number for number in range(1, 1001)]
    left, right = Latencies(seconds[:300]), Latencies(seconds[300:])
    merged = Latencies.decoded(left.encoded(), right.encoded())
    assert merged.count == 1000
    assert merged.percentile_s(99) == Latencies(seconds).percentile_s(99) == pytest.approx(0.99, rel=0.001)
    assert merged.spread().mean_ms == pytest.approx(Latencies(seconds).spread().mean_ms, rel=0.001)
    assert Latencies(seconds).spread().mean_ms == pytest.approx(500.5)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("ray::ServeReplica:kefu:Generation-small.handle_request", "Generation-small"),
        ("ray::ServeReplica:kefu:Gateway", "Gateway"),
        ("/usr/bin/haproxy -f conf", "HAProxy"),
        ("/ray/core/src/ray/raylet/raylet --x", "raylet"),
        ("ray::ServeController.listen", "Serve controller"),
        ("python dashboard/agent.py", "rest of Ray"),
    ],
)
def test_a_process_is_grouped_by_its_title(title: str, name: str) -> None:
    assert group(title) == name
