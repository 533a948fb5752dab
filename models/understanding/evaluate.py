"""How good the understanding is: figures for intents, out-of-scope, calibration and sentiment, by language.

Every figure is printed with the data set's name and split. `kefu evaluate` and the promotion gate call this.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.types import INTENTS, OUT_OF_SCOPE, Understood
from models.types.understanding import SENTIMENT_LABELS, Language
from models.understanding.calibration import LANGUAGES, expected_calibration_error
from models.understanding.corpus import Corpus, Example, Split
from models.understanding.engine import Understander
from models.understanding.errors import CorpusInvalid

CORPUS: Final = "kefu-corpus"
_BATCH: Final = 64


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of 1; None where the data has no such message.

    `accuracy` and `macro_f1` take the likeliest class; of the decisions, `route_precision` is the share of routed
    messages with the right intent, `route_share` how many are routed, `clarify_share` how many are asked about;
    the out-of-scope figures are at the chosen threshold. `unseen` labels are left out of accuracy and F1.
    """

    data_set: str
    split: str
    language: Language | None
    messages: int
    accuracy: float | None
    macro_f1: float | None
    top3_accuracy: float | None
    ece: float | None
    route_precision: float | None
    route_share: float
    clarify_share: float
    out_of_scope_messages: int
    out_of_scope_recall: float | None
    out_of_scope_precision: float | None

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
    engine: Understander, texts: Sequence[str], labels: Sequence[str], data_set: str, split: str
) -> list[Figures]:
    """Figures over all messages, then for each language that occurs."""
    readings = predict_all(engine, texts)
    found = [_figures(readings, labels, data_set, split, None)]
    for language in LANGUAGES:
        rows = [row for row, reading in enumerate(readings) if reading.language == language]
        if rows and len(rows) < len(readings):
            found.append(
                _figures([readings[r] for r in rows], [labels[r] for r in rows], data_set, split, language)
            )
    return found


def evaluate_corpus(engine: Understander, corpus: Corpus, split: Split = "test") -> list[Figures]:
    """Intents of a split of the project's own corpus."""
    examples = [example for example in corpus.intents if example.split == split]
    return evaluate_intents(engine, *_columns(examples), CORPUS, split)


def evaluate_sentiment(engine: Understander, corpus: Corpus, split: Split = "test") -> list[SentimentFigures]:
    """Sentiment of a split of the project's own corpus."""
    examples = [example for example in corpus.sentiments if example.split == split]
    found = []
    for language in (None, *LANGUAGES):
        chosen = [example for example in examples if language in (None, example.written)]
        if chosen:
            found.append(_sentiment_figures(engine, chosen, split, language))
    return found


def evaluate_file(engine: Understander, path: Path, data_set: str, split: str) -> list[Figures]:
    """Data from elsewhere: JSON lines of {"text", "intent"}. Raises CorpusInvalid for a line that is none.

    A line's intent is one of the taxonomy's, or "in_scope" where only that is known: it counts for out-of-scope alone.
    """
    rows = list(_json_lines(path))
    return evaluate_intents(engine, [text for text, _ in rows], [label for _, label in rows], data_set, split)


def predict_all(engine: Understander, texts: Sequence[str]) -> list[Understood]:
    """Readings of many texts, in batches of 64."""
    return [
        reading
        for start in range(0, len(texts), _BATCH)
        for reading in engine.predict(texts[start : start + _BATCH])
    ]


IN_SCOPE: Final = "in_scope"


def _json_lines(path: Path) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
            text, label = row["text"], row["intent"]
        except (ValueError, KeyError, TypeError) as broken:
            raise CorpusInvalid(f"{path.name}:{number}", "is no JSON object with text and intent") from broken
        if label not in INTENTS and label != IN_SCOPE:
            raise CorpusInvalid(f"{path.name}:{number}", f"has the unknown intent {label!r}")
        yield str(text), str(label)


def _columns(examples: Sequence[Example]) -> tuple[list[str], list[str]]:
    return [example.text for example in examples], [example.label for example in examples]


def _figures(
    readings: Sequence[Understood],
    labels: Sequence[str],
    data_set: str,
    split: str,
    language: Language | None,
) -> Figures:
    truth, said = np.array(labels), np.array([reading.intent for reading in readings])
    decision = np.array([reading.decision for reading in readings])
    is_named, is_outside = truth != IN_SCOPE, truth == OUT_OF_SCOPE
    routed, flagged = (decision == "route") & is_named, decision == "out_of_scope"
    sure = np.array([reading.probability for reading in readings])
    in_top = np.array([_is_in_top(reading, label) for reading, label in zip(readings, labels, strict=True)])
    right = said == truth
    return Figures(
        data_set=data_set,
        split=split,
        language=language,
        messages=len(readings),
        accuracy=_mean(right[is_named]),
        macro_f1=_macro_f1(truth[is_named], said[is_named]),
        top3_accuracy=_mean(in_top[is_named]),
        ece=expected_calibration_error(sure[is_named], right[is_named]) if is_named.any() else None,
        route_precision=_mean(right[routed]),
        route_share=float((decision == "route").mean()),
        clarify_share=float((decision == "clarify").mean()),
        out_of_scope_messages=int(is_outside.sum()),
        out_of_scope_recall=_mean(flagged[is_outside]),
        out_of_scope_precision=_mean(is_outside[flagged]),
    )


def _is_in_top(reading: Understood, label: str) -> bool:
    return label == reading.intent or label in [score.intent for score in reading.top]


def _mean(values: Any) -> float | None:
    return round(float(values.mean()), 4) if values.size else None


def _macro_f1(truth: Any, said: Any) -> float | None:
    classes = sorted(set(truth))
    if not classes:
        return None
    f1 = [2 * ((truth == c) & (said == c)).sum() / ((truth == c).sum() + (said == c).sum()) for c in classes]
    return round(float(np.mean(f1)), 4)


def _sentiment_figures(
    engine: Understander, examples: Sequence[Example], split: str, language: Language | None
) -> SentimentFigures:
    readings = predict_all(engine, [example.text for example in examples])
    truth = np.array([SENTIMENT_LABELS.index(e.label) for e in examples if e.label in SENTIMENT_LABELS])
    said = np.array([SENTIMENT_LABELS.index(reading.sentiment.label) for reading in readings])
    neutral = len(SENTIMENT_LABELS) // 2
    signed = truth != neutral
    score = np.array([reading.sentiment.score for reading in readings])
    return SentimentFigures(
        data_set=CORPUS,
        split=split,
        language=language,
        messages=len(examples),
        accuracy=round(float((truth == said).mean()), 4),
        polarity=round(float((np.sign(score[signed]) == np.sign(truth[signed] - neutral)).mean()), 4),
    )
