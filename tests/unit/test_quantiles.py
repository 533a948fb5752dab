"""Quantiles of what was seen lately."""

import random

import pytest

from routing.quantiles import Quantiles


def _of(seconds: list[float], *, start_s: float = 0.0, every_s: float = 0.01) -> Quantiles:
    found = Quantiles()
    for number, value in enumerate(seconds):
        found = found.add(value, start_s + number * every_s)
    return found


def test_a_quantile_is_right_to_within_a_bucket() -> None:
    draw = random.Random(7)
    values = [draw.lognormvariate(-3.0, 1.0) for _ in range(2000)]
    found = _of(values, every_s=0.001)
    for share in (0.5, 0.95, 0.99):
        exact = sorted(values)[int(share * len(values))]
        assert found.quantile(share) == pytest.approx(exact, rel=0.1)


def test_too_few_tell_nothing() -> None:
    assert _of([0.1] * 19, every_s=0.0).quantile(0.5) is None
    assert _of([0.1] * 20, every_s=0.0).quantile(0.5) == pytest.approx(0.1, rel=0.08)


def test_what_is_long_ago_is_forgotten() -> None:
    slow = _of([1.0] * 200)
    assert slow.quantile(0.5) == pytest.approx(1.0, rel=0.08)
    for number in range(50):
        slow = slow.add(0.01, 400.0 + number * 0.01)
    assert slow.quantile(0.95) == pytest.approx(0.01, rel=0.08)


def test_months_of_a_clock_lose_nothing() -> None:
    found = _of([0.02] * 50, start_s=9e6)
    assert found.quantile(0.5) == pytest.approx(0.02, rel=0.08)
    assert found.seen == pytest.approx(50, rel=0.05)


def test_times_beyond_the_buckets_are_in_the_outermost() -> None:
    found = _of([0.0, -1.0, 1e-9] * 10 + [1e6] * 30)
    assert found.quantile(0.1) == pytest.approx(1e-4, rel=0.1)
    late = found.quantile(0.99)
    assert late is not None and late > 500
