"""How good the understanding is: figures for intents, out-of-scope, calibration and sentiment, by language.

Every figure is printed with the data set's name and split. `kefu evaluate` and the promotion gate call this.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from models.types import OUT_OF_SCOPE, Understood
from models.types.understanding import SENTIMENT_LABELS, Language
from models.understanding.addresses import ADDRESS_TYPES
from models.understanding.calibration import LANGUAGES, expected_calibration_error, recall_at
from models.understanding.engine import Reader
from models.understanding.examples import DataSet, Example, Split
from models.understanding.marked import Marked
from models.understanding.rejection import Floats
from models.understanding.tagger import TYPES

IDENTIFIERS: Final = ("order_number", "tracking_number", "phone", "email", "id_number", "card")
NAMES: Final = (*TYPES, *ADDRESS_TYPES)
_BATCH: Final = 64
_Span = tuple[int, str, int, int]


@dataclass(frozen=True, slots=True)
class Predictions:
    """What was said of n messages. `inside` [n, names] and `outside` [n] are calibrated probabilities."""

    names: tuple[str, ...]
    inside: Floats
    outside: Floats
    readings: tuple[Understood, ...]


class Predictor(Reader, Protocol):
    """An engine that also shows its probabilities."""

    def predictions(self, texts: Sequence[str]) -> Predictions:
        """Of these messages, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of 1; None where the data has no such message.

    `accuracy` is of the messages in scope: rejected counts as wrong, asked about as right where the first candidate is.
    `accuracy_unrejected` takes the likeliest intent in scope whatever was decided. `clarify_share` and `false_rejection`
    are of the messages in scope, `route_precision` of all that were routed. `least_recall` is the worst intent's. `auroc` and
    `out_of_scope_recall_at_5` tell in scope from out of it at every threshold, and at the one that rejects 5 % in scope.
    """

    data_set: str
    split: str
    language: Language | None
    messages: int
    accuracy: float | None
    accuracy_unrejected: float | None
    macro_f1: float | None
    least_recall: float | None
    least_recall_intent: str | None
    top3_accuracy: float | None
    ece: float
    route_precision: float | None
    clarify_share: float | None
    false_rejection: float | None
    out_of_scope_messages: int
    out_of_scope_recall: float | None
    out_of_scope_precision: float | None
    auroc: float | None
    out_of_scope_recall_at_5: float | None

    def __str__(self) -> str:
        shown = {name: value for name, value in asdict(self).items() if isinstance(value, float)}
        numbers = "  ".join(f"{name} {value:.3f}" for name, value in shown.items())
        where = f"{self.data_set} {self.split} {self.language or 'all'}"
        return f"{where}  n {self.messages} (out of scope {self.out_of_scope_messages})  {numbers}"


@dataclass(frozen=True, slots=True)
class SentimentFigures:
    """Accuracy over five labels; `polarity` is the accuracy of the sign where the truth has one."""

    data_set: str
    split: str
    language: Language | None
    messages: int
    accuracy: float
    polarity: float

    def __str__(self) -> str:
        where = f"{self.data_set} {self.split} {self.language or 'all'}"
        return f"{where}  sentiment n {self.messages}  accuracy {self.accuracy:.3f}  polarity {self.polarity:.3f}"


def evaluate_intents(
    engine: Predictor, texts: Sequence[str], labels: Sequence[str], data_set: str, split: str
) -> list[Figures]:
    """Figures over all messages, then for each language that occurs."""
    found = engine.predictions(texts)
    figures = [of_predictions(found, labels, data_set, split)]
    spoken = np.array([reading.language for reading in found.readings])
    for language in LANGUAGES:
        rows = np.flatnonzero(spoken == language)
        if 0 < rows.size < len(texts):
            part = _rows(found, rows)
            figures.append(of_predictions(part, [labels[row] for row in rows], data_set, split, language))
    return figures


def of_predictions(
    found: Predictions, labels: Sequence[str], data_set: str, split: str, language: Language | None = None
) -> Figures:
    """The figures of some predictions against their labels."""
    truth = np.array(labels)
    said = np.array([reading.intent for reading in found.readings])
    decision = np.array([reading.decision for reading in found.readings])
    sure = np.array([reading.probability for reading in found.readings], dtype=np.float64)
    likeliest = np.array(found.names)[found.inside.argmax(axis=1)]
    in_top = np.array([_is_in_top(r, label) for r, label in zip(found.readings, labels, strict=True)])
    is_outside, flagged, routed = truth == OUT_OF_SCOPE, decision == "out_of_scope", decision == "route"
    known, right = ~is_outside, said == truth
    recalls = {
        name: float(right[truth == name].mean()) for name in dict.fromkeys(labels) if name != OUT_OF_SCOPE
    }
    worst = min(recalls, key=recalls.__getitem__, default=None)
    can_separate = is_outside.any() and known.any()
    return Figures(
        data_set=data_set,
        split=split,
        language=language,
        messages=len(labels),
        accuracy=_mean(right[known]),
        accuracy_unrejected=_mean((likeliest == truth)[known]),
        macro_f1=_macro_f1(truth[known], said[known]),
        least_recall=None if worst is None else round(recalls[worst], 4),
        least_recall_intent=worst,
        top3_accuracy=_mean(in_top[known]),
        ece=round(expected_calibration_error(sure, right), 4),
        route_precision=_mean(right[routed]),
        clarify_share=_mean((decision == "clarify")[known]),
        false_rejection=_mean(flagged[known]),
        out_of_scope_messages=int(is_outside.sum()),
        out_of_scope_recall=_mean(flagged[is_outside]),
        out_of_scope_precision=_mean(is_outside[flagged]),
        auroc=_auroc(found.outside, is_outside) if can_separate else None,
        out_of_scope_recall_at_5=round(recall_at(found.outside, is_outside), 4) if can_separate else None,
    )


def evaluate_sentiment(engine: Reader, data: DataSet, split: Split = "test") -> list[SentimentFigures]:
    """Sentiment of a split, all languages and each."""
    found = []
    for language in (None, *LANGUAGES):
        chosen = [example for example in data.of(split) if language in (None, example.written)]
        if chosen:
            found.append(_sentiment_figures(engine, chosen, data.name, split, language))
    return found


@dataclass(frozen=True, slots=True)
class EntityFigures:
    """Of exact spans: an entity is found where type, start and end are. A `type` may be a group: identifiers, names, all."""

    data_set: str
    split: str
    type: str
    marked: int
    precision: float | None
    recall: float | None
    f1: float | None


def evaluate_entities(
    engine: Reader, lines: Sequence[Marked], data_set: str, split: str
) -> list[EntityFigures]:
    """By type, then for the groups."""
    readings = predict_all(engine, [line.text for line in lines])
    gold = {(n, e.type, e.start, e.end) for n, line in enumerate(lines) for e in line.entities}
    said = {(n, e.type, e.start, e.end) for n, reading in enumerate(readings) for e in reading.entities}
    types = sorted({type for _, type, _, _ in gold | said})
    rows = {type: (type,) for type in types} | {
        "identifiers": IDENTIFIERS,
        "names": NAMES,
        "all": tuple(types),
    }
    return [_entity_figures(name, group, gold, said, data_set, split) for name, group in rows.items()]


def _entity_figures(
    name: str, group: Sequence[str], gold: set[_Span], said: set[_Span], data_set: str, split: str
) -> EntityFigures:
    truth, found = ({span for span in spans if span[1] in group} for spans in (gold, said))
    hits = len(truth & found)
    precision = round(hits / len(found), 4) if found else None
    recall = round(hits / len(truth), 4) if truth else None
    f1 = round(2 * hits / (len(truth) + len(found)), 4) if truth or found else None
    return EntityFigures(data_set, split, name, len(truth), precision, recall, f1)


def predict_all(engine: Reader, texts: Sequence[str]) -> list[Understood]:
    """Readings of many texts, in batches of 64."""
    return [
        reading
        for start in range(0, len(texts), _BATCH)
        for reading in engine.predict(texts[start : start + _BATCH])
    ]


def _rows(found: Predictions, rows: npt.NDArray[np.int64]) -> Predictions:
    readings = tuple(found.readings[row] for row in rows)
    return Predictions(found.names, found.inside[rows], found.outside[rows], readings)


def _is_in_top(reading: Understood, label: str) -> bool:
    return label == reading.intent or label in [score.intent for score in reading.top]


def _mean(values: Any) -> float | None:
    return round(float(values.mean()), 4) if values.size else None


def _auroc(scores: Floats, is_outside: npt.NDArray[np.bool_]) -> float:
    from sklearn.metrics import roc_auc_score

    return round(float(roc_auc_score(is_outside, scores)), 4)


def _macro_f1(truth: Any, said: Any) -> float | None:
    classes = sorted(set(truth))
    if not classes:
        return None
    f1 = [2 * ((truth == c) & (said == c)).sum() / ((truth == c).sum() + (said == c).sum()) for c in classes]
    return round(float(np.mean(f1)), 4)


def _sentiment_figures(
    engine: Reader, examples: Sequence[Example], data_set: str, split: str, language: Language | None
) -> SentimentFigures:
    readings = predict_all(engine, [example.text for example in examples])
    places: dict[str, int] = {label: place for place, label in enumerate(SENTIMENT_LABELS)}
    truth = np.array([places[example.label] for example in examples])
    said = np.array([places[reading.sentiment.label] for reading in readings])
    neutral = len(SENTIMENT_LABELS) // 2
    signed = truth != neutral
    score = np.array([reading.sentiment.score for reading in readings])
    return SentimentFigures(
        data_set=data_set,
        split=split,
        language=language,
        messages=len(examples),
        accuracy=round(float((truth == said).mean()), 4),
        polarity=round(float((np.sign(score[signed]) == np.sign(truth[signed] - neutral)).mean()), 4),
    )
