"""Arrival times: their statistics, with fixed seeds, and replays of traces."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from benchmarks.load.arrivals import Ramp, Times, constant, cut, gamma_bursts, poisson, replay
from benchmarks.load.traces import TraceError, read


def rng(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


def steady(rate_per_s: float, duration_s: float) -> tuple[Ramp, ...]:
    return (Ramp(0.0, duration_s, rate_per_s, rate_per_s),)


def variation(times: Times) -> float:
    gaps = np.diff(times)
    return float(gaps.std() / gaps.mean())


def test_constant_arrivals_are_one_over_the_rate_apart() -> None:
    assert constant(4.0, 2.0).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]
    assert len(constant(2.5, 1.0)) == 3


@pytest.mark.parametrize("rate_per_s", [0.5, 40.0])
def test_poisson_gaps_are_exponential_and_the_mean_rate_is_the_one_asked_for(rate_per_s: float) -> None:
    duration_s = 20_000 / rate_per_s
    times = poisson(steady(rate_per_s, duration_s), rng())
    assert len(times) == pytest.approx(20_000, abs=4 * 20_000**0.5)
    assert (np.diff(times) >= 0).all() and times[0] >= 0 and times[-1] < duration_s
    assert stats.kstest(np.diff(times), "expon", args=(0, 1 / rate_per_s)).pvalue > 0.01
    assert variation(times) == pytest.approx(1.0, abs=0.02)


def test_poisson_counts_of_two_seconds_do_not_depend_on_each_other() -> None:
    counts = np.histogram(poisson(steady(20, 4000), rng()), bins=4000, range=(0, 4000))[0]
    assert counts.var() / counts.mean() == pytest.approx(1.0, abs=0.1)
    assert abs(np.corrcoef(counts[:-1], counts[1:])[0, 1]) < 0.05


@pytest.mark.parametrize("cv", [0.3, 1.0, 3.0])
def test_gamma_gaps_have_the_variation_and_the_rate_asked_for(cv: float) -> None:
    times = gamma_bursts(50.0, cv, 1000.0, rng())
    assert variation(times) == pytest.approx(cv, rel=0.05)
    assert len(times) == pytest.approx(50_000, rel=0.01 + 0.015 * cv)
    for share in (0.5, 0.9, 0.99):
        longer = np.diff(times) > stats.gamma.ppf(share, 1 / cv**2, scale=cv**2 / 50)
        assert longer.mean() == pytest.approx(1 - share, abs=4 * (share * (1 - share) / len(longer)) ** 0.5)


def test_bursts_are_not_more_frequent_at_the_start() -> None:
    """A renewal process watched from an event on has (cv² − 1)/2 = 12 arrivals too many at its start."""
    early = [len(gamma_bursts(10.0, 5.0, 4.0, rng(seed))) for seed in range(600)]
    assert np.mean(early) == pytest.approx(40.0, abs=5.0)


def test_a_step_changes_the_rate_at_once() -> None:
    times = poisson((Ramp(0, 100, 5, 5), Ramp(100, 200, 0, 0), Ramp(200, 300, 50, 50)), rng())
    first, second, third = np.histogram(times, bins=3, range=(0, 300))[0]
    assert first == pytest.approx(500, abs=90) and second == 0 and third == pytest.approx(5000, abs=280)


def test_a_ramp_rises_in_a_straight_line_and_falls_in_one() -> None:
    up_and_down = (Ramp(0, 100, 0, 100), Ramp(100, 200, 100, 0))
    times = poisson(up_and_down, rng())
    assert len(times) == pytest.approx(10_000, abs=400)
    # The integral of a line is a square: half of its area lies in the last 29 % of the rise.
    rising = times[times < 100]
    assert stats.kstest((rising / 100) ** 2, "uniform").pvalue > 0.01
    falling = times[times >= 100]
    assert stats.kstest(((200 - falling) / 100) ** 2, "uniform").pvalue > 0.01


def test_a_curve_is_cut_where_the_run_ends() -> None:
    assert cut((Ramp(0, 10, 0, 10), Ramp(10, 20, 10, 10)), 5) == (Ramp(0, 5, 0, 5),)


def test_a_replay_at_scale_1_is_the_recorded_times_within_the_run() -> None:
    recorded = np.array([-1.0, 0.0, 0.5, 0.5, 3.25, 10.0, 11.0])
    assert replay(recorded, 1.0, 10.0, rng()).tolist() == [0.0, 0.5, 0.5, 3.25]


@pytest.mark.parametrize("scale", [0.3, 2.5])
def test_a_scaled_replay_keeps_the_shape(scale: float) -> None:
    recorded = np.sort(np.concatenate([np.linspace(0, 50, 10_000), np.linspace(50, 100, 2000)]))
    times = replay(recorded, scale, 100.0, rng())
    first, second = np.histogram(times, bins=2, range=(0, 100))[0]
    assert first == pytest.approx(10_000 * scale, rel=0.05)
    assert second == pytest.approx(2000 * scale, rel=0.08)
    assert (np.diff(times) >= 0).all()


def test_all_times_are_whole_microseconds() -> None:
    times = poisson(steady(1000, 10), rng())
    assert [round(t, 6) for t in times.tolist()] == times.tolist()


def test_the_azure_format_is_recognised(tmp_path: Path) -> None:
    trace = read(
        written(
            tmp_path,
            "TIMESTAMP,ContextTokens,GeneratedTokens\n"
            "2023-11-16 23:59:59.5000000,374,44\n2023-11-17 00:00:00.7500000,396,109",
        )
    )
    assert trace.times_s.tolist() == [0.0, 1.25] and trace.rates_per_s is None


def test_the_servegen_format_is_recognised(tmp_path: Path) -> None:
    trace = read(written(tmp_path, "time_s,requests_per_s\n600,2.5\n1200,3\n1800,0\n"))
    assert trace.times_s.tolist() == [0.0, 600.0, 1200.0] and trace.length_s == 1800.0
    assert trace.rates_per_s is not None and trace.rates_per_s.tolist() == [2.5, 3.0, 0.0]


def test_any_parquet_with_named_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    moments = np.array(["2026-11-11T20:00:00", "2026-11-11T20:00:02.5"], dtype="datetime64[us]")
    pq.write_table(pa.table({"when": moments, "load": [3, 4]}), path)
    trace = read(path, "when", "load")
    assert trace.times_s.tolist() == [0.0, 2.5]
    assert trace.rates_per_s is not None and trace.rates_per_s.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("content", "columns", "says"),
    [
        ("time_s,requests_per_s\n0,1\n600,x\n", (None, None), "line 3: 'x' is not a rate"),
        ("time_s,requests_per_s\n0,1\n600,-1\n", (None, None), "line 3: the rate is negative"),
        ("time_s,requests_per_s\n0,1\n600\n", (None, None), "line 3 has 1 fields, the header has 2"),
        ("TIMESTAMP\n2023-11-16 10:00:00\nyesterday\n", (None, None), "line 3: 'yesterday' is not a time"),
        ("TIMESTAMP\n5\n4\n", (None, None), "line 3: the time is before the line above; sort"),
        ("TIMESTAMP\n5\nnan\n", (None, None), "line 3: 'nan' is not a time"),
        ("a,b\n1,2\n2,3\n", (None, None), "its columns are a, b; write time_column"),
        ("a,b\n1,2\n2,3\n", ("c", None), "time_column is 'c', but its columns are a, b"),
        ("a,b\n1,2\n2,3\n", ("a", "c"), "rate_column is 'c', but its columns are a, b"),
        ("a,a\n1,2\n", ("a", None), "names a column twice"),
        ("TIMESTAMP\n5\n", (None, None), "needs at least 2"),
        ("", (None, None), "its columns are (none)"),
    ],
)
def test_a_malformed_trace_is_refused_with_its_line(
    tmp_path: Path, content: str, columns: tuple[str | None, str | None], says: str
) -> None:
    with pytest.raises(TraceError) as caught:
        read(written(tmp_path, content), *columns)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", b"TIMESTAMP\n\xff\xfe\n", "is not UTF-8"),
        ("t.parquet", b"no parquet", "is not a Parquet file"),
        ("t.txt", b"", "neither .csv nor .parquet"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TraceError) as caught:
        read(tmp_path / name)
    assert says in str(caught.value)


def written(folder: Path, content: str) -> Path:
    path = folder / "trace.csv"
    path.write_text(content, encoding="utf-8")
    return path
