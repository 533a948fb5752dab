"""The training corpus: one YAML file an intent, one for sentiment, all written for this project.

A file's parts say for each line where it comes from and in what style it is written. Lines at the same place of a part's
languages may tell one story twice: they go into one split together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, get_args

import yaml

from models.types import INTENTS
from models.types.understanding import SENTIMENT_LABELS
from models.understanding.errors import CorpusInvalid
from models.understanding.examples import STYLES, DataSet, Example, Written, from_examples, split
from models.understanding.likeness import near, normalised

CORPUS: Final = "kefu-corpus"
_SENTIMENT_FILE: Final = "sentiment.yaml"


@dataclass(frozen=True, slots=True)
class Corpus:
    """`held_out` maps texts that training must never see to their intents; `dropped` counts the lines that were like one."""

    intents: DataSet
    sentiments: DataSet
    held_out: Mapping[str, str]
    dropped: int


def load_corpus(folder: Traversable | None = None, held_out: Mapping[str, str] | None = None) -> Corpus:
    """Reads the shipped corpus, or one of the same shape in `folder`.

    Raises CorpusInvalid for a malformed file, an unknown or missing intent, a line that is written twice in a file or
    under two labels.
    """
    folder = folder if folder is not None else files(__package__).joinpath("corpus")
    held_out = held_out if held_out is not None else load_acceptance() | load_blind()
    rows = [row for file in _yaml_files(folder) if file.name != _SENTIMENT_FILE for row in _intent_rows(file)]
    if missing := sorted(set(INTENTS) - {row.label for row in rows}):
        raise CorpusInvalid(str(folder), f"no lines for {', '.join(missing)}")
    _reject_conflicts(rows)
    excluded = near([row.text for row in rows], list(held_out))
    kept = [row for place, row in enumerate(rows) if place not in excluded]
    sentiment_rows = _sentiment_rows(folder.joinpath(_SENTIMENT_FILE))
    _reject_conflicts(sentiment_rows)
    return Corpus(
        from_examples(CORPUS, _examples(kept), tuple(INTENTS)),
        from_examples(f"{CORPUS}-sentiment", _examples(sentiment_rows), SENTIMENT_LABELS),
        dict(held_out),
        len(rows) - len(kept),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    written: Written
    text: str
    source: str
    style: str
    story: tuple[str, int, int]
    """The file, the part and the place in it: lines with the same are in one split."""


def load_blind() -> dict[str, str]:
    """The test set whose authors had seen the taxonomy and none of the corpus: text → intent."""
    folder = files(__package__).joinpath("blind")
    return {text: intent for file in _yaml_files(folder) for text, intent in _labelled(file).items()}


def load_acceptance() -> dict[str, str]:
    """A few messages that must be read right: text → intent."""
    return _labelled(files(__package__).joinpath("acceptance.yaml"))


def _labelled(file: Traversable) -> dict[str, str]:
    return {text: intent for intent, texts in _document(file).items() for text in texts}


_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _yaml_files(folder: Traversable) -> list[Traversable]:
    return sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )


def _document(file: Traversable) -> dict[str, Any]:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 one of the two safe loaders
    except (OSError, yaml.YAMLError) as unreadable:
        raise CorpusInvalid(file.name, f"cannot be read as YAML ({unreadable})") from unreadable
    if not isinstance(document, dict):
        raise CorpusInvalid(file.name, "is no mapping")
    return document


def _intent_rows(file: Traversable) -> list[_Row]:
    document = _document(file)
    intent = document.get("intent")
    if intent not in INTENTS or file.name != f"{intent}.yaml":
        raise CorpusInvalid(
            file.name, f"holds intent {intent!r}; the file is named after an intent of the taxonomy"
        )
    _reject_unknown(file.name, document, {"intent", "parts"})
    parts = enumerate(_parts(file.name, document))
    return [row for number, part in parts for row in _part_rows(file.name, intent, part, number)]


def _sentiment_rows(file: Traversable) -> list[_Row]:
    document = _document(file)
    _reject_unknown(file.name, document, {"source", "labels"})
    labels = document.get("labels", {})
    if set(labels) != set(SENTIMENT_LABELS):
        raise CorpusInvalid(file.name, f"its labels are not {', '.join(SENTIMENT_LABELS)}")
    part = {"source": document.get("source"), "style": "general"}
    return [
        row
        for number, label in enumerate(SENTIMENT_LABELS)
        for row in _part_rows(file.name, label, part | labels[label], number)
    ]


def _parts(where: str, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = document.get("parts")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise CorpusInvalid(where, "has no list of parts")
    return parts


def _part_rows(where: str, label: str, part: Mapping[str, Any], number: int) -> list[_Row]:
    _reject_unknown(where, part, {"source", "style", *get_args(Written)})
    source, style = part.get("source"), part.get("style")
    if not isinstance(source, str) or not source:
        raise CorpusInvalid(where, "has a part without a source")
    if not isinstance(style, str) or style not in STYLES:
        raise CorpusInvalid(where, f"has a part of style {style!r}; write one of {', '.join(STYLES)}")
    return [
        _Row(label, written, text.strip(), source, style, (where, number, place))
        for written in get_args(Written)
        for place, text in enumerate(_texts(f"{where} {label} {written}", part.get(written, [])))
    ]


def _reject_unknown(where: str, mapping: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(mapping) - known):
        raise CorpusInvalid(
            where, f"has the unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}"
        )


def _texts(where: str, lines: Any) -> list[str]:
    if not isinstance(lines, list) or not all(isinstance(line, str) and normalised(line) for line in lines):
        raise CorpusInvalid(where, "is not a list of texts")
    return lines


def _reject_conflicts(rows: Iterable[_Row]) -> None:
    seen: dict[str, _Row] = {}
    for row in rows:
        first = seen.setdefault(normalised(row.text), row)
        if first is row:
            continue
        both = (
            f"both under {row.label}"
            if first.label == row.label
            else f"under {row.label} and under {first.label}"
        )
        raise CorpusInvalid(repr(row.text), f"says the same as {first.text!r}, {both}")


def _examples(rows: Sequence[_Row]) -> tuple[Example, ...]:
    examples = [Example(row.text, row.label, row.written, None, row.source, row.style) for row in rows]
    return split(examples, _ties(rows))


def _ties(rows: Sequence[_Row]) -> Iterator[tuple[int, int]]:
    first: dict[tuple[str, int, int], int] = {}
    for place, row in enumerate(rows):
        if (other := first.setdefault(row.story, place)) != place:
            yield other, place
