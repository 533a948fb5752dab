"""The training corpus: one YAML file an intent, one for sentiment, all written for this project.

The split into train, validation and test is by the hash of a line's normalised text within its label and language, so
that it is the same on every machine and a new line moves few of the others.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal, get_args

import yaml

from models.types import INTENTS
from models.types.understanding import SENTIMENT_LABELS
from models.understanding.errors import CorpusInvalid

Split = Literal["train", "validation", "test"]
Written = Literal["zh", "en", "mixed"]
"""How a line is written; `mixed` lines switch language within a sentence."""

SPLITS: Final[tuple[Split, ...]] = get_args(Split)
_SHARES: Final = (0.70, 0.85)
_SENTIMENT_FILE: Final = "sentiment.yaml"
_NO_MEANING = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Example:
    """One line of the corpus."""

    text: str
    label: str
    written: Written
    split: Split


@dataclass(frozen=True, slots=True)
class Corpus:
    """`held_out` maps texts that training must never see to their intents; `dropped` counts lines that said the same."""

    intents: tuple[Example, ...]
    sentiments: tuple[Example, ...]
    held_out: Mapping[str, str]
    dropped: int

    def counts(self) -> dict[str, dict[str, int]]:
        """Lines by "intent" and "sentiment", then by split and language: "train/zh" → 1,634."""
        tasks = {"intent": self.intents, "sentiment": self.sentiments}
        return {
            task: dict(sorted(Counter(f"{e.split}/{e.written}" for e in examples).items()))
            for task, examples in tasks.items()
        }


def normalised(text: str) -> str:
    """What makes two lines the same: letters and digits alone, lower-cased, wide forms folded; or the marks, if all."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return _NO_MEANING.sub("", folded) or folded


def load_corpus(folder: Traversable | None = None, held_out: Mapping[str, str] | None = None) -> Corpus:
    """Reads the shipped corpus, or one of the same shape in `folder`.

    Raises CorpusInvalid for a malformed file, an unknown or missing intent, a line that is written twice in a file or
    under two labels.
    """
    folder = folder if folder is not None else files(__package__).joinpath("corpus")
    held_out = held_out if held_out is not None else _acceptance()
    excluded = {normalised(text) for text in held_out}
    rows = [row for file in _yaml_files(folder) if file.name != _SENTIMENT_FILE for row in _intent_rows(file)]
    if missing := sorted(set(INTENTS) - {label for label, _, _ in rows}):
        raise CorpusInvalid(str(folder), f"no lines for {', '.join(missing)}")
    _reject_conflicts(rows)
    kept = [row for row in rows if normalised(row[2]) not in excluded]
    sentiment_rows = _sentiment_rows(folder.joinpath(_SENTIMENT_FILE))
    _reject_conflicts(sentiment_rows)
    return Corpus(_split(kept), _split(sentiment_rows), dict(held_out), len(rows) - len(kept))


Row = tuple[str, Written, str]


def _acceptance() -> dict[str, str]:
    document = yaml.safe_load(files(__package__).joinpath("acceptance.yaml").read_text(encoding="utf-8"))
    return {text: intent for intent, texts in document.items() for text in texts}


def _yaml_files(folder: Traversable) -> list[Traversable]:
    return sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )


def _document(file: Traversable) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as unreadable:
        raise CorpusInvalid(file.name, f"cannot be read as YAML ({unreadable})") from unreadable
    if not isinstance(document, dict) or not document.get("source"):
        raise CorpusInvalid(file.name, "is no mapping with a source")
    return document


def _intent_rows(file: Traversable) -> list[Row]:
    document = _document(file)
    intent = document.get("intent")
    if intent not in INTENTS or file.name != f"{intent}.yaml":
        raise CorpusInvalid(
            file.name, f"holds intent {intent!r}; the file is named after an intent of the taxonomy"
        )
    if unknown := set(document) - {"intent", "source", *get_args(Written)}:
        raise CorpusInvalid(file.name, f"unknown key {sorted(unknown)[0]!r}")
    return [
        row
        for written in get_args(Written)
        for row in _rows(file.name, intent, written, document.get(written, []))
    ]


def _sentiment_rows(file: Traversable) -> list[Row]:
    labels = _document(file).get("labels", {})
    if set(labels) != set(SENTIMENT_LABELS):
        raise CorpusInvalid(file.name, f"its labels are not {', '.join(SENTIMENT_LABELS)}")
    return [
        row
        for label in SENTIMENT_LABELS
        for written in get_args(Written)
        for row in _rows(file.name, label, written, labels[label].get(written, []))
    ]


def _rows(where: str, label: str, written: Written, lines: Any) -> list[Row]:
    if not isinstance(lines, list) or not all(isinstance(line, str) and normalised(line) for line in lines):
        raise CorpusInvalid(f"{where} {label} {written}", "is not a list of texts")
    return [(label, written, line.strip()) for line in lines]


def _reject_conflicts(rows: Iterable[Row]) -> None:
    seen: dict[str, Row] = {}
    for row in rows:
        label, _, text = row
        first = seen.setdefault(normalised(text), row)
        if first is row:
            continue
        reason = f"both under {label}" if first[0] == label else f"under {label} and under {first[0]}"
        raise CorpusInvalid(repr(text), f"says the same as {first[2]!r}, {reason}")


def _split(rows: Sequence[Row]) -> tuple[Example, ...]:
    """70 / 15 / 15 within each label and language."""
    groups: dict[tuple[str, Written], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[0], row[1]].append(row)
    examples = []
    for (label, written), group in sorted(groups.items()):
        group.sort(key=lambda row: hashlib.sha256(normalised(row[2]).encode()).digest())
        for place, (_, _, text) in enumerate(group):
            share = (place + 0.5) / len(group)
            split = SPLITS[sum(share >= bound for bound in _SHARES)]
            examples.append(Example(text, label, written, split))
    return tuple(examples)
