"""All that is told of one data set's split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.understanding.confusion import Confusion, IntentFigures, by_intent, confusion
from benchmarks.understanding.lines import Lines
from benchmarks.understanding.rejection_curve import RejectionPoint, rejection_curve
from benchmarks.understanding.reliability import Bin, bins
from models.types import Understood
from models.understanding.evaluate import Figures, Predictions, evaluate_intents
from models.understanding.examples import Split

MOST_MISTAKES: Final = 30


@dataclass(frozen=True, slots=True)
class Mistake:
    """A message that was read as another intent, and how sure that was."""

    text: str
    truth: str
    said: str
    probability: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """`figures` are of all messages, then of each language where there are two. `mistakes` is None for others' messages."""

    data_set: str
    split: Split
    figures: tuple[Figures, ...]
    confusion: Confusion
    intents: tuple[IntentFigures, ...]
    reliability: tuple[Bin, ...]
    rejection_curve: tuple[RejectionPoint, ...]
    mistakes: tuple[Mistake, ...] | None


def assess(lines: Lines, found: Predictions) -> Assessment:
    """What the predictions of these lines, in their order, come to."""
    truth, said = np.array(lines.labels), [reading.intent for reading in found.readings]
    sure = np.array([reading.probability for reading in found.readings], dtype=np.float64)
    taken = confusion(found.names, lines.labels, said)
    return Assessment(
        data_set=lines.data_set,
        split=lines.split,
        figures=tuple(
            evaluate_intents(_Answered(found), lines.texts, lines.labels, lines.data_set, lines.split)
        ),
        confusion=taken,
        intents=tuple(by_intent(taken)),
        reliability=bins(sure, truth == np.array(said)),
        rejection_curve=rejection_curve(found, truth),
        mistakes=_mistakes(lines, found.readings) if lines.is_own else None,
    )


@dataclass(frozen=True, slots=True)
class _Answered:
    """An engine that was asked already, so that nothing is computed twice."""

    found: Predictions

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        return list(self.found.readings)

    def predictions(self, texts: Sequence[str]) -> Predictions:
        return self.found


def _mistakes(lines: Lines, readings: Sequence[Understood]) -> tuple[Mistake, ...]:
    """The surest first."""
    wrong = [
        Mistake(text, truth, reading.intent, reading.probability)
        for text, truth, reading in zip(lines.texts, lines.labels, readings, strict=True)
        if truth != reading.intent
    ]
    return tuple(sorted(wrong, key=lambda mistake: -mistake.probability)[:MOST_MISTAKES])
