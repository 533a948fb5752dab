"""What the shipped adapter must reach on the corpus's test split."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from benchmarks.understanding.assessment import Assessment
from models.understanding.corpus import CORPUS
from models.understanding.evaluate import Figures


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound of one of the Figures, a share of 1: at most it where `is_most`, else at least."""

    name: str
    figure: str
    share: float
    is_most: bool


BOUNDS: Final = (
    Bound("In scope", "accuracy", 0.97, is_most=False),
    Bound("Recall of every intent", "least_recall", 0.90, is_most=False),
    Bound("Out-of-scope recall", "out_of_scope_recall", 0.85, is_most=False),
    Bound("False rejection", "false_rejection", 0.05, is_most=True),
    Bound("Calibration error", "ece", 0.03, is_most=True),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bound with what was reached. What was not measured, None, is not met."""

    bound: Bound
    value: float | None
    is_met: bool


def verdicts(assessments: Iterable[Assessment]) -> tuple[Verdict, ...]:
    """Of the corpus's test split; none where that was not evaluated."""
    return tuple(
        _verdict(bound, one.figures[0])
        for one in assessments
        if (one.data_set, one.split) == (CORPUS, "test")
        for bound in BOUNDS
    )


def _verdict(bound: Bound, figures: Figures) -> Verdict:
    value: float | None = getattr(figures, bound.figure)
    if value is None:
        return Verdict(bound, None, is_met=False)
    return Verdict(bound, value, value <= bound.share if bound.is_most else value >= bound.share)
