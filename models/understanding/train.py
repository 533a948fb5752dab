"""Trains the adapter: tunes the encoder, fits the heads, calibrates, chooses thresholds, measures, writes.

Everything that is chosen is chosen on the validation split; the test split is only measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.encoder.bert import BertEncoder
from models.types import INTENTS
from models.types.understanding import SENTIMENT_LABELS, Language
from models.understanding import lora
from models.understanding.bert import BertUnderstanding, encode, fingerprint
from models.understanding.calibration import choose_thresholds, fit_temperatures
from models.understanding.corpus import Corpus, Example, Split
from models.understanding.evaluate import evaluate_corpus, evaluate_intents, evaluate_sentiment
from models.understanding.heads import Floats, Heads, LinearHead, calibrated, save_adapter, softmax
from models.understanding.language import language
from models.understanding.tuning import Recipe, Report, Task, Tuned, tune

STRENGTHS: Final = (0.001, 0.003, 0.01, 0.03)
"""Inverse regularisation of the logistic regressions that are tried."""

ENCODER_SOURCE: Final = "packaged:e5-small-zh-en"
HELD_OUT: Final = "kefu-acceptance"


@dataclass(frozen=True, slots=True)
class Card:
    """What was trained, and how good it is."""

    folder: Path
    document: Mapping[str, Any]

    @property
    def test_accuracy(self) -> float:
        """Of the intents on the corpus's test split, both languages."""
        return float(self.document["figures"]["intents"][0]["accuracy"])


def train(
    encoder: BertEncoder,
    corpus: Corpus,
    seed: int,
    out_dir: Path,
    report: Report,
    *,
    recipe: Recipe = Recipe(),
    encoder_name: str = ENCODER_SOURCE,
    command: str = "kefu train understanding",
) -> Card:
    """Trains on `corpus` and writes the adapter into `out_dir`. `encoder` is as packaged, and has the adapter merged after.

    Deterministic for a seed on one machine and number of threads. Takes about 12 minutes on 2 cores with the default
    recipe, 2 without tuning (`Recipe(layers=0)`); where other work shares the cores, OMP_WAIT_POLICY=PASSIVE in the
    environment makes it several times faster.
    """
    trained_on = {"name": encoder_name, "fingerprint": fingerprint(encoder), "hidden": encoder.hidden_size}
    tuned = tune(encoder, _tasks(corpus), recipe, seed, report)
    lora.merge(encoder.model, tuned.lora)
    heads, chosen = fit_heads(encoder, corpus, tuned, seed, report)
    report("measuring", 0.0)
    card = {
        "encoder": trained_on,
        "features": "mean of the last layer over a text's tokens, not normalised; scaling is folded into the heads",
        "data": {
            "name": "kefu-corpus",
            "lines": corpus.counts(),
            "held_out": len(corpus.held_out),
            "dropped": corpus.dropped,
        },
        "seed": seed,
        "command": command,
        "recipe": asdict(recipe),
        "heads": chosen,
        "figures": measure(encoder, heads, corpus),
    }
    document = save_adapter(out_dir, heads, tuned.lora, card)
    report("measuring", 1.0)
    return Card(out_dir, document)


def fit_heads(
    encoder: BertEncoder, corpus: Corpus, tuned: Tuned, seed: int, report: Report
) -> tuple[Heads, dict[str, str]]:
    """The heads, the intents' calibrated and given thresholds, and how each was fitted.

    Those trained with the encoder compete on the validation split with logistic regressions on its vectors.
    """
    starts = tuned.heads or (None, None)
    intents, how_intents = _fit_head(encoder, corpus.intents, tuple(INTENTS), starts[0], seed, report)
    sentiments, how_sentiments = _fit_head(
        encoder, corpus.sentiments, SENTIMENT_LABELS, starts[1], seed, report
    )
    heads = calibrate(encoder, intents, sentiments, corpus)
    return heads, {"intent": how_intents, "sentiment": how_sentiments}


def calibrate(encoder: BertEncoder, intents: LinearHead, sentiments: LinearHead, corpus: Corpus) -> Heads:
    """Both heads with temperatures and thresholds from the validation split.

    To be called again for an encoder that computes in another precision than the heads were fitted in.
    """
    validation = _of(corpus.intents, "validation")
    features = encode(encoder, [example.text for example in validation])
    labels = [example.label for example in validation]
    languages: list[Language] = [language(example.text) for example in validation]
    temperatures = fit_temperatures(intents, features, labels, languages)
    probabilities = calibrated(intents, temperatures, features, languages)
    thresholds = choose_thresholds(probabilities, intents, labels, languages)
    return Heads(intents, sentiments, temperatures, thresholds)


def measure(encoder: BertEncoder, heads: Heads, corpus: Corpus) -> dict[str, Any]:
    """Figures on the test split and on the texts that are kept out of the corpus."""
    engine = BertUnderstanding(encoder, heads)
    held_out = evaluate_intents(
        engine, list(corpus.held_out), list(corpus.held_out.values()), HELD_OUT, "all"
    )
    return {
        "intents": [asdict(figures) for figures in evaluate_corpus(engine, corpus)],
        "sentiment": [asdict(figures) for figures in evaluate_sentiment(engine, corpus)],
        "held_out": [asdict(figures) for figures in held_out[:1]],
    }


def _of(examples: Sequence[Example], split: Split) -> list[Example]:
    return [example for example in examples if example.split == split]


def _tasks(corpus: Corpus) -> list[Task]:
    tasks = []
    for examples, labels in ((corpus.intents, tuple(INTENTS)), (corpus.sentiments, SENTIMENT_LABELS)):
        train = _of(examples, "train")
        numbers = [labels.index(example.label) for example in train if example.label in labels]
        tasks.append(Task([example.text for example in train], numbers, len(labels)))
    return tasks


def _fit_head(
    encoder: BertEncoder,
    examples: Sequence[Example],
    labels: Sequence[str],
    tuned: tuple[Floats, Floats] | None,
    seed: int,
    report: Report,
) -> tuple[LinearHead, str]:
    """The head that does best on validation, and what it is."""
    columns = {}
    splits: tuple[Split, ...] = ("train", "validation")
    for split in splits:
        chosen = _of(examples, split)
        report(f"reading {split}", 0.0)
        columns[split] = encode(encoder, [e.text for e in chosen]), np.array([e.label for e in chosen])
    heads: list[tuple[LinearHead, str]] = []
    if tuned is not None:
        heads.append((LinearHead(*tuned, tuple(labels)), "trained with the encoder"))
    for place, strength in enumerate(STRENGTHS):
        fitted = _regression(*columns["train"], labels, strength, seed)
        heads.append((fitted, f"logistic regression, C={strength}"))
        report("fitting heads", (place + 1) / len(STRENGTHS))
    return max(heads, key=lambda head: _accuracy_then_likelihood(head[0], *columns["validation"]))


def _regression(
    features: Floats, truth: Any, labels: Sequence[str], strength: float, seed: int
) -> LinearHead:
    """A logistic regression on standardised features, with the standardisation folded into its weights."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = features.mean(axis=0), features.std(axis=0) + np.float32(1e-6)
    model = LogisticRegression(C=strength, max_iter=1000, random_state=seed)
    model.fit((features - mean) / spread, truth)
    order = [list(model.classes_).index(label) for label in labels]
    weight = (model.coef_[order] / spread).T
    bias = model.intercept_[order] - mean @ weight
    return LinearHead(weight.astype(np.float32), bias.astype(np.float32), tuple(labels))


def _accuracy_then_likelihood(head: LinearHead, features: Floats, truth: Any) -> tuple[float, float]:
    probabilities = softmax(head.logits(features))
    places = np.array([head.labels.index(label) for label in truth])
    accuracy = float((probabilities.argmax(axis=1) == places).mean())
    return round(accuracy, 3), float(np.log(probabilities[np.arange(len(places)), places] + 1e-12).mean())
