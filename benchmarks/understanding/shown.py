"""How figures are written."""

from benchmarks.understanding.bounds import Bound, Verdict

NOT_MEASURED = "–"


def share(value: float | None) -> str:
    """A share of 1 as per cent, to as many digits as figures have: 96.99 is not shown as 97."""
    return NOT_MEASURED if value is None else f"{100 * value:.2f}"


def bound(value: Bound) -> str:
    """≥ 97 %."""
    return f"{'≤' if value.is_most else '≥'} {100 * value.share:g} %"


def verdict(value: Verdict) -> str:
    """97.12 %, ≥ 97 %: met."""
    reached = "not measured" if value.value is None else f"{share(value.value)} %"
    return f"{reached}, {bound(value.bound)}: {'met' if value.is_met else 'missed'}"
