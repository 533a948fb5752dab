"""Trains the adapter: tunes the encoder, fits the heads, calibrates, chooses thresholds, measures, writes.

Everything that is chosen is chosen on the validation split; the test split is only measured.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from models.encoder import openvino
from models.encoder.bert import QUERY_PREFIX, BertEncoder, Runtime
from models.errors import ModelInconvertible
from models.types import OUT_OF_SCOPE
from models.types.understanding import Language
from models.understanding import lora
from models.understanding.augmentation import augment
from models.understanding.bert import BertUnderstanding, apply_adapter, encode, fingerprint
from models.understanding.calibration import (
    Compared,
    Measured,
    choose_rejection,
    fit_temperatures,
    recalibrated,
    with_thresholds,
)
from models.understanding.errors import AdapterMismatch, DataInvalid
from models.understanding.evaluate import evaluate_entities, evaluate_intents, evaluate_sentiment
from models.understanding.examples import DataSet, Split, write_examples
from models.understanding.heads import Adapter, Heads, LinearHead, Thresholds, save_adapter, softmax
from models.understanding.language import language
from models.understanding.marked import MarkedSet
from models.understanding.rejection import Floats
from models.understanding.tagger import NO_TAG, TAGS, TYPES, tags_of
from models.understanding.tuning import Recipe, Report, Task, Tuned, tune

STRENGTHS: Final = (0.001, 0.003, 0.01, 0.03)
"""Inverse regularisation of the logistic regressions that are tried."""

LEAST_PRECISION: Final = 0.75
"""Of the names of a type that are told, the share that must be right on validation, in its bounds too."""

SURENESSES: Final = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97)
"""How sure a name may have to be to be told; near 1, for that is where most wrong ones are."""

_TUNED: Final = "trained with the encoder"
_NEVER: Final = -30.0
ENCODER_SOURCE: Final = "packaged:e5-small-zh-en"


@dataclass(frozen=True, slots=True)
class Lessons:
    """What is learned from: messages with their intents, with their sentiments, and with the names in them marked."""

    intents: DataSet
    sentiments: DataSet
    marked: MarkedSet


@dataclass(frozen=True, slots=True)
class Card:
    """What was trained, and how good it is."""

    folder: Path
    document: Mapping[str, Any]

    @property
    def test_accuracy(self) -> float | None:
        """Of the intents on the data's test split, all languages; None where that has none in scope."""
        found: float | None = self.document["figures"]["intents"][0]["accuracy"]
        return found


def train(
    encoder: BertEncoder,
    lessons: Lessons,
    seed: int,
    out_dir: Path,
    report: Report,
    *,
    recipe: Recipe = Recipe(),
    start: Adapter | None = None,
    encoder_name: str = ENCODER_SOURCE,
    command: str = "kefu train understanding",
) -> Card:
    """Trains on all three sets and writes the adapter into `out_dir`. `encoder` is as packaged; the adapter is merged after.

    Deterministic for a seed on one machine and number of threads. A run that was cut off goes on from its last epoch, which
    it keeps in `out_dir`. `start` is an adapter to go on from. Where other work shares the cores, OMP_WAIT_POLICY=PASSIVE in
    the environment makes it several times faster.
    """
    for data in (lessons.intents, lessons.sentiments):
        _check(data)
    trained_on = {"name": encoder_name, "fingerprint": fingerprint(encoder), "hidden": encoder.hidden_size}
    unfinished = out_dir / "unfinished"
    tuned = tune(
        encoder,
        _tasks(encoder, lessons, recipe, seed),
        recipe,
        seed,
        report,
        unfinished,
        None if start is None else _ended(start, lessons.intents.classes, fingerprint(encoder)),
    )
    lora.merge(encoder.model, tuned.lora)
    heads, chosen = fit_heads(encoder, lessons, tuned, seed, report)
    calibrated = calibrate_runtimes(encoder, heads, lessons.intents, report)
    report("measuring", 0.0)
    card = {
        "encoder": trained_on,
        "features": "mean of the last layer over a text's tokens, not normalised; scaling is folded into the heads",
        "data": {
            "name": lessons.intents.name,
            "lines": {
                "intent": lessons.intents.counts(),
                "sentiment": lessons.sentiments.counts(),
                "marked": lessons.marked.counts(),
            },
        },
        "seed": seed,
        "start": None if start is None else start.card["tensors_sha256"],
        "command": command,
        "recipe": asdict(recipe),
        "heads": chosen,
        "figures": measure(encoder, heads, lessons),
    }
    document = save_adapter(out_dir, calibrated, tuned.lora, card)
    write_examples(out_dir, lessons.intents)
    shutil.rmtree(unfinished, ignore_errors=True)  # only now: what came after tuning may have failed
    report("measuring", 1.0)
    return Card(out_dir, document)


def calibrate_again(
    encoder: BertEncoder, adapter: Adapter, lessons: Lessons, out_dir: Path, report: Report
) -> Card:
    """Writes an adapter of the same weights with what is chosen on validation chosen anew, and measured.

    `encoder` is as packaged; the adapter is merged after. Raises AdapterMismatch.
    """
    apply_adapter(encoder, adapter)
    report("reading validation", 0.0)
    found = _encoded_split(encoder, lessons.intents, "validation")
    heads = recalibrated(adapter.heads("torch"), found.features, found.labels, found.languages)
    heads = replace(heads, named=told_names(encoder, heads, lessons.marked))
    calibrated = calibrate_runtimes(encoder, heads, lessons.intents, report)
    report("measuring", 0.0)
    card = {**adapter.card, "figures": measure(encoder, heads, lessons)}
    document = save_adapter(out_dir, calibrated, adapter.lora, card)
    write_examples(out_dir, lessons.intents)
    report("measuring", 1.0)
    return Card(out_dir, document)


def fit_heads(
    encoder: BertEncoder, lessons: Lessons, tuned: Tuned, seed: int, report: Report
) -> tuple[Heads, dict[str, Any]]:
    """The heads, the intents' calibrated and given thresholds, and how each was fitted.

    Where no layer was tuned there are no heads of it either: then logistic regressions on its vectors take their place.
    """
    intents = _encoded(encoder, lessons.intents, report)
    if tuned.heads:
        labels = (lessons.intents.classes, lessons.sentiments.classes, TAGS)
        heads = [LinearHead(*head, tuple(names)) for head, names in zip(tuned.heads, labels, strict=True)]
        intent, sentiment, tag = heads
        how = dict.fromkeys(("intent", "sentiment", "tag"), _TUNED)
    else:
        intent, how_intent = _regressed(intents, lessons.intents.classes, seed, report)
        sentiments = _encoded(encoder, lessons.sentiments, report)
        sentiment, how_sentiment = _regressed(sentiments, lessons.sentiments.classes, seed, report)
        tag, how_tag = _regressed(_tagged(encoder, lessons.marked), TAGS, seed, report)
        how = {"intent": how_intent, "sentiment": how_sentiment, "tag": how_tag}
    calibrated, compared = calibrate(intent, sentiment, tag, intents)
    calibrated = replace(calibrated, named=told_names(encoder, calibrated, lessons.marked))
    return calibrated, how | {"rejection": [asdict(one) for one in compared]}


@dataclass(frozen=True, slots=True)
class Encoded:
    """A split's vectors [n, hidden] of messages or tokens, their labels, and the messages' languages."""

    features: Floats
    labels: tuple[str, ...]
    languages: tuple[Language, ...]


def calibrate(
    intent: LinearHead, sentiment: LinearHead, tag: LinearHead, intents: Mapping[Split, Encoded]
) -> tuple[Heads, tuple[Compared, ...]]:
    """The heads with temperatures, rejection and thresholds from the validation split; how the rejectors compared."""
    train, validation = intents["train"], intents["validation"]
    found = Measured(
        validation.features,
        intent.logits(validation.features),
        validation.labels,
        validation.languages,
    )
    temperatures = fit_temperatures(intent, found.logits, found.labels, found.languages)
    rejection, compared = choose_rejection(intent.labels, (train.features, train.labels), found)
    open_heads = Heads(intent, sentiment, tag, {}, rejection, temperatures, Thresholds({}, {}))
    return with_thresholds(open_heads, found), compared


def calibrate_runtimes(
    encoder: BertEncoder, heads: Heads, intents: DataSet, report: Report
) -> dict[Runtime, Heads]:
    """The heads as calibrated for each runtime on the validation split; `heads` are those of torch.

    An encoder that can't be converted has but torch. Raises ModelUnloadable, ModelDamaged.
    """
    calibrated: dict[Runtime, Heads] = {"torch": heads}
    with tempfile.TemporaryDirectory(prefix="kefu-graph-") as folder:
        report("calibrating for OpenVINO", 0.0)
        try:
            openvino.export(encoder, Path(folder) / "graph")
        except ModelInconvertible as refused:
            report(f"only PyTorch will serve this: {refused}", 1.0)
            return calibrated
        quick = openvino.load(Path(folder) / "graph", threads=torch.get_num_threads())
        found = _encoded_split(quick, intents, "validation")
        calibrated["openvino"] = recalibrated(heads, found.features, found.labels, found.languages)
    return calibrated


def _encoded(encoder: BertEncoder, data: DataSet, report: Report) -> dict[Split, Encoded]:
    """What the heads are fitted and calibrated on: all that has a class, and what is foreign."""
    found: dict[Split, Encoded] = {}
    splits: tuple[Split, ...] = ("train", "validation")
    for split in splits:
        report(f"reading {split}", 0.0)
        found[split] = _encoded_split(encoder, data, split)
    return found


def _encoded_split(encoder: BertEncoder, data: DataSet, split: Split) -> Encoded:
    known = {*data.classes, OUT_OF_SCOPE}
    chosen = [e for e in data.of(split) if e.label in known]
    texts = [example.text for example in chosen]
    return Encoded(
        encode(encoder, texts),
        tuple(example.label for example in chosen),
        tuple(language(text) for text in texts),
    )


def measure(encoder: BertEncoder, heads: Heads, lessons: Lessons) -> dict[str, list[dict[str, Any]]]:
    """Figures on the test splits; of the names, on validation, for their test is by other hands."""
    engine = BertUnderstanding(encoder, heads)
    intents = lessons.intents
    texts, labels = [e.text for e in intents.of("test")], [e.label for e in intents.of("test")]
    marked = lessons.marked.of("validation")
    return {
        "intents": [asdict(f) for f in evaluate_intents(engine, texts, labels, intents.name, "test")],
        "sentiment": [asdict(f) for f in evaluate_sentiment(engine, lessons.sentiments)],
        "entities": [asdict(f) for f in evaluate_entities(engine, marked, lessons.marked.name, "validation")],
    }


def _ended(start: Adapter, classes: Sequence[str], fingerprint: str) -> Tuned:
    """What an adapter's training ended with. AdapterMismatch for another encoder's, DataInvalid for other labels."""
    if start.encoder_fingerprint != fingerprint:
        raise AdapterMismatch(start.encoder_fingerprint, fingerprint)
    begun = start.heads("torch")
    if begun.intent.labels != tuple(classes) or begun.tag.labels != TAGS:
        raise DataInvalid("the adapter to go on from", "has other labels than the data; train without it")
    heads = (begun.intent, begun.sentiment, begun.tag)
    return Tuned(dict(start.lora), tuple((head.weight, head.bias) for head in heads))


def _tasks(encoder: BertEncoder, lessons: Lessons, recipe: Recipe, seed: int) -> list[Task]:
    marked = lessons.marked.of("train")
    _, spans = encoder.token_spans([line.text for line in marked], QUERY_PREFIX)
    tags = [tags_of(line.entities, s) for line, s in zip(marked, spans, strict=True)]
    return [
        _task(lessons.intents, 1.0, recipe.noisy, seed),
        _task(lessons.sentiments, recipe.sentiment_weight, 0.0, seed),
        Task([line.text for line in marked], tags, len(TAGS), recipe.tag_weight),
    ]


def _tagged(encoder: BertEncoder, marked: MarkedSet) -> dict[Split, Encoded]:
    """The tokens of the marked messages, each with its tag."""
    found: dict[Split, Encoded] = {}
    splits: tuple[Split, ...] = ("train", "validation")
    for split in splits:
        lines = marked.of(split)
        _, tokens = encoder.read([line.text for line in lines])
        rows, labels = [], []
        for line, token in zip(lines, tokens, strict=True):
            for state, tag in zip(token.states, tags_of(line.entities, token.spans), strict=True):
                if tag != NO_TAG:
                    rows.append(state)
                    labels.append(TAGS[tag])
        found[split] = Encoded(np.stack(rows), tuple(labels), ())
    return found


def told_names(encoder: BertEncoder, heads: Heads, marked: MarkedSet) -> dict[str, float]:
    """How sure a name of each type must be to be told: where F1 on validation is best of where LEAST_PRECISION are right.

    A type that reaches it nowhere is left out.
    """
    lines, best = marked.of("validation"), dict[str, tuple[float, float, float]]()
    for least in SURENESSES:
        engine = BertUnderstanding(encoder, replace(heads, named=dict.fromkeys(TYPES, least)))
        for found in evaluate_entities(engine, lines, "", ""):
            if found.type in TYPES and found.f1 and (found.precision or 0.0) >= LEAST_PRECISION:
                figures = (round(found.f1, 2), found.precision or 0.0, least)
                best[found.type] = max(best.get(found.type, figures), figures)
    return {type: best[type][2] for type in TYPES if type in best}


def _check(data: DataSet) -> None:
    for split in ("train", "validation"):
        if not data.of(split):
            reason = f"has no messages for {split}; give more, or name no splits and let them be made"
            raise DataInvalid(data.name, reason)


def _task(data: DataSet, weight: float, noisy: float, seed: int) -> Task:
    """What is tuned on: every training message that has a class, and noisy copies of some."""
    place = {label: number for number, label in enumerate(data.classes)}
    train = [example for example in data.of("train") if example.label in place]
    train += augment(train, noisy, seed).examples
    labels = [place[e.label] for e in train]
    return Task([e.text for e in train], labels, len(place), weight)


def _regressed(
    columns: Mapping[Split, Encoded], labels: Sequence[str], seed: int, report: Report
) -> tuple[LinearHead, str]:
    """The regression that does best on validation, and what it is."""
    heads: list[tuple[LinearHead, str]] = []
    for place, strength in enumerate(STRENGTHS):
        fitted = _regression(columns["train"], labels, strength, seed)
        heads.append((fitted, f"logistic regression, C={strength}"))
        report("fitting heads", (place + 1) / len(STRENGTHS))
    return max(heads, key=lambda head: _accuracy_then_likelihood(head[0], columns["validation"]))


def _regression(train: Encoded, labels: Sequence[str], strength: float, seed: int) -> LinearHead:
    """A logistic regression on standardised features, with the standardisation folded into its weights."""
    from sklearn.linear_model import LogisticRegression

    features = train.features
    mean, spread = features.mean(axis=0), features.std(axis=0) + np.float32(1e-6)
    model = LogisticRegression(C=strength, max_iter=1000, random_state=seed)
    model.fit((features - mean) / spread, train.labels)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        # Of two classes the library keeps one row: the second's log odds.
        coefficients, intercepts = (
            np.concatenate([-half, half]) for half in (coefficients / 2, intercepts / 2)
        )
    weight = np.zeros((features.shape[1], len(labels)))
    # A label that no training line has is never said.
    bias = np.full(len(labels), _NEVER)
    for row, label in enumerate(model.classes_):
        place = labels.index(label)
        weight[:, place] = coefficients[row] / spread
        bias[place] = intercepts[row] - mean @ weight[:, place]
    return LinearHead(weight.astype(np.float32), bias.astype(np.float32), tuple(labels))


def _accuracy_then_likelihood(head: LinearHead, found: Encoded) -> tuple[float, float]:
    rows = [row for row, label in enumerate(found.labels) if label in head.labels]
    probabilities = softmax(head.logits(found.features[rows]))
    places = np.array([head.labels.index(found.labels[row]) for row in rows])
    accuracy = float((probabilities.argmax(axis=1) == places).mean())
    return round(accuracy, 3), float(np.log(probabilities[np.arange(len(places)), places] + 1e-12).mean())
