"""The same training and rejection on text that the project did not write, none of which ships.

    python -m benchmarks.public_intents --set clinc150 --data ../shared/data --out docs/results

One set a run: clinc150, banking77, curekart (HINT3), reviews (Chinese reviews, good or bad). Whatever is chosen is
chosen on validation: where a set has none, a tenth of its training messages is. A set without out-of-scope messages to train
on borrows this project's. Minutes to an hour on two cores, by the set's size.
"""

import argparse
import csv
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.machine import describe
from benchmarks.understanding.rejection_curve import rejection_curve
from models.encoder.bert import BertEncoder
from models.sources import resolve
from models.types import OUT_OF_SCOPE
from models.understanding.bert import BertUnderstanding
from models.understanding.corpus import load_corpus
from models.understanding.examples import DataSet, Example, Split, from_examples, split
from models.understanding.heads import load_adapter
from models.understanding.language import language
from models.understanding.marked import load_marked
from models.understanding.train import ENCODER_SOURCE, Lessons, train
from models.understanding.tuning import Recipe

_ROOT: Final = Path(__file__).parent.parent
_REVIEWS: Final = 16_000
"""As many of the reviews as are read, the first by the hash of their text: all 62,774 would take hours on two cores."""


def clinc150(folder: Path) -> list[Example]:
    """150 intents and out-of-scope messages in all three splits (Larson et al. 2019)."""
    document = json.loads((folder / "intents" / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    splits: dict[str, Split] = {"train": "train", "val": "validation", "test": "test"}
    return [
        _example("clinc150", text, OUT_OF_SCOPE if prefix else label, splits[name])
        for prefix in ("", "oos_")
        for name in splits
        for text, label in document[prefix + name]
    ]


def banking77(folder: Path) -> list[Example]:
    """77 intents of a bank's customers (Casanueva et al. 2020)."""
    parts: tuple[Split, ...] = ("train", "test")
    return [
        _example("banking77", row["text"], row["category"], part)
        for part in parts
        for row in _csv(folder / "intents" / "banking77" / f"{part}.csv")
    ]


def curekart(folder: Path) -> list[Example]:
    """A real shop's queries, HINT3 v2; foreign ones in the test alone (Arora et al. 2020)."""
    parts: tuple[Split, ...] = ("train", "test")
    return [
        _example(
            "hint3-curekart",
            row["sentence"],
            OUT_OF_SCOPE if row["label"] == "NO_NODES_DETECTED" else row["label"],
            part,
        )
        for part in parts
        for row in _csv(folder / "intents" / "hint3" / f"curekart_{part}.csv")
        if row["sentence"].strip()
    ]


def reviews(folder: Path) -> list[Example]:
    """Chinese product reviews, good or bad; split here, alike ones together."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(folder / "reviews" / "online_shopping_10_cats.parquet").to_pylist()
    rows = {str(row["review"]).strip(): row["label"] for row in table if str(row["review"] or "").strip()}
    chosen = sorted(rows, key=lambda text: hashlib.sha256(text.encode()).digest())[:_REVIEWS]
    return [_example("reviews", text, "good" if int(rows[text]) else "bad", None) for text in chosen]


_LEAST: Final[Mapping[str, Mapping[str, float]]] = {
    "clinc150": {"accuracy_unrejected": 0.96, "accuracy": 0.94, "out_of_scope_recall": 0.80},
    "banking77": {"accuracy_unrejected": 0.93},
    "curekart": {"accuracy": 0.78, "out_of_scope_recall": 0.70, "auroc": 0.90},
    "reviews": {"accuracy_unrejected": 0.92},
}
_PUBLISHED: Final[Mapping[str, Mapping[str, Any]]] = {
    "curekart": {
        "source": "github.com/hellohaptik/HINT3, results/*_curekart.csv: the first labels (v1), the whole training set",
        "columns": ["threshold", "in scope", "out-of-scope recall"],
        "systems": {
            "BERT": [
                [0.1, 0.836, 0.0],
                [0.3, 0.834, 0.054],
                [0.5, 0.830, 0.260],
                [0.7, 0.827, 0.362],
                [0.9, 0.803, 0.523],
            ],
            "Rasa": [
                [0.1, 0.841, 0.0],
                [0.3, 0.841, 0.063],
                [0.5, 0.819, 0.260],
                [0.7, 0.790, 0.421],
                [0.9, 0.739, 0.558],
            ],
            "Dialogflow": [
                [0.1, 0.750, 0.551],
                [0.3, 0.746, 0.571],
                [0.5, 0.668, 0.748],
                [0.7, 0.454, 0.948],
            ],
            "LUIS": [[0.1, 0.726, 0.223], [0.3, 0.642, 0.627], [0.5, 0.538, 0.840], [0.7, 0.467, 0.913]],
            "Haptik": [[0.1, 0.803, 0.119], [0.2, 0.779, 0.430], [0.3, 0.728, 0.690], [0.5, 0.639, 0.816]],
        },
    }
}

SETS: Final[Mapping[str, Callable[[Path], list[Example]]]] = {
    "clinc150": clinc150,
    "banking77": banking77,
    "curekart": curekart,
    "reviews": reviews,
}


def measure(name: str, folder: Path, models_dir: Path, recipe: Recipe, threads: int) -> dict[str, Any]:
    """Train on the set's own splits, and the figures on its test."""
    corpus = load_corpus()
    foreign = [example for example in corpus.intents.examples if example.label == OUT_OF_SCOPE]
    data = from_examples(name, split(SETS[name](folder)))
    if name != "reviews":
        data = data.with_outside(foreign)
    encoder = BertEncoder.load(resolve(ENCODER_SOURCE, models_dir), threads=threads)
    with tempfile.TemporaryDirectory(prefix="kefu-public-") as scratch:
        lessons = Lessons(data, corpus.sentiments, load_marked())
        card = train(encoder, lessons, 0, Path(scratch) / name, _told, recipe=recipe).document
        engine = BertUnderstanding(encoder, load_adapter(Path(scratch) / name).heads("torch"))
    tested = data.of("test")
    found = engine.predictions([example.text for example in tested])
    curve = rejection_curve(found, np.array([example.label for example in tested]))
    return {
        "set": name,
        "messages": _counts(data),
        "encoder": ENCODER_SOURCE,
        "recipe": asdict(recipe),
        "rejection": {"kept": card["rejection"]["kind"], "compared": card["heads"]["rejection"]},
        "figures": card["figures"]["intents"],
        "bounds": [asdict(bound) | {"is_met": bound.is_met} for bound in _bounds(name, card)],
        "rejection_curve": [asdict(point) for point in curve],
        "published": _PUBLISHED.get(name, {}),
    }


@dataclass(frozen=True, slots=True)
class Bound:
    """What the figure must reach at least."""

    name: str
    least: float
    value: float | None

    @property
    def is_met(self) -> bool:
        """Whether it did."""
        return self.value is not None and self.value >= self.least


def _bounds(name: str, card: Mapping[str, Any]) -> list[Bound]:
    figures = card["figures"]["intents"][0]
    return [Bound(figure, least, figures[figure]) for figure, least in _LEAST[name].items()]


def _example(source: str, text: str, label: str, part: Split | None) -> Example:
    return Example(text.strip(), label, language(text), part, source, "general")


def _csv(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _counts(data: DataSet) -> dict[str, int]:
    return {
        f"{part}, {where}": sum((e.label == OUT_OF_SCOPE) == (where == "out of scope") for e in data.of(part))
        for part in ("train", "validation", "test")
        for where in ("in scope", "out of scope")
    }


def _told(what: str, share: float | None) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{what} {100 * (share or 0):.0f} %      ")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=sorted(SETS), required=True)
    parser.add_argument("--data", type=Path, required=True, help="the folder with intents/ and reviews/")
    parser.add_argument("--out", type=Path, required=True, help="the folder for understanding-SET.json")
    parser.add_argument("--models-dir", type=Path, default=Path(".kefu/models"))
    parser.add_argument("--epochs", type=int, help="default: the recipe's, more for few messages")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    epochs, recipe = arguments.epochs, Recipe()
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs, least_steps=0)
    words = f"python -m benchmarks.public_intents --set {arguments.set}"
    result = (
        describe(_ROOT)
        | {"command": words if epochs is None else f"{words} --epochs {epochs}"}
        | measure(arguments.set, arguments.data, arguments.models_dir, recipe, arguments.threads)
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (arguments.out / f"understanding-{arguments.set}.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
