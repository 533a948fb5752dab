"""Labelled messages: examples, the sets of them that models are trained on, and how such a set is split."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, get_args

from models.types import OUT_OF_SCOPE
from models.understanding.errors import AdapterDamaged
from models.understanding.likeness import groups, normalised

Split = Literal["train", "validation", "test"]
Written = Literal["zh", "en", "mixed"]
"""How a line is written; `mixed` lines switch language within a sentence."""

STYLES: Final = (
    "general",
    "plain",
    "oblique",
    "noisy",
    "two_sentence",
    "angry",
    "hard",
    "context",
    "mixed",
)
"""`oblique` lines lack their intent's keyword; `hard` ones have a neighbour's; `context` is how one goes on in a talk."""

SPLITS: Final[tuple[Split, ...]] = get_args(Split)
EXAMPLES_FILE: Final = "examples.json"
_SHARES: Final = (0.80, 0.90)
_VALIDATION_OF_TRAIN: Final = 0.10


@dataclass(frozen=True, slots=True)
class Example:
    """One message, with its provenance: who wrote it for what, and its style. A None split is filled in by `split`."""

    text: str
    label: str
    written: Written
    split: Split | None
    source: str
    style: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """`labels` are the in-scope ones in their order; out-of-scope examples are labelled OUT_OF_SCOPE."""

    name: str
    labels: tuple[str, ...]
    examples: tuple[Example, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, and OUT_OF_SCOPE where there are such examples to train on."""
        has_outside = any(e.label == OUT_OF_SCOPE for e in self.of("train"))
        return (*self.labels, OUT_OF_SCOPE) if has_outside else self.labels

    def of(self, split: Split) -> list[Example]:
        """The examples of a split."""
        return [example for example in self.examples if example.split == split]

    def counts(self) -> dict[str, int]:
        """Lines by split and language: "train/zh" → 1,634."""
        return dict(sorted(Counter(f"{e.split}/{e.written}" for e in self.examples).items()))

    def with_outside(self, foreign: Iterable[Example]) -> "DataSet":
        """Itself; or, where nothing in it is out of scope to train on, with some of these for training and validation.

        As many as it has itself at most: more would drown a small set.
        """
        if OUT_OF_SCOPE in self.classes:
            return self
        seen = {normalised(example.text) for example in self.examples}
        lent = sorted(foreign, key=lambda e: hashlib.sha256(normalised(e.text).encode()).digest())
        borrowed = [
            example
            for part in SPLITS
            if part != "test"
            for example in [e for e in lent if e.split == part and normalised(e.text) not in seen][
                : len(self.of(part))
            ]
        ]
        return replace(self, examples=(*self.examples, *borrowed))


def from_examples(name: str, examples: Sequence[Example], order: Sequence[str] = ()) -> DataSet:
    """A data set of examples; labels in `order` first, then by name."""
    found = {example.label for example in examples} - {OUT_OF_SCOPE}
    labels = (*(label for label in order if label in found), *sorted(found - set(order)))
    return DataSet(name, labels, tuple(examples))


def split(examples: Sequence[Example], ties: Iterable[tuple[int, int]] = ()) -> tuple[Example, ...]:
    """The examples with a split each: 80 / 10 / 10 within each label and language where none is given.

    By the hash of the normalised text, so that it is the same on every machine and a new line moves few of the others. What
    is alike, or tied, goes into one split. Where splits are given but no validation, a tenth of train becomes that.
    """
    given = {example.split for example in examples} - {None}
    has_validation = "validation" in given
    free = [
        place
        for place, e in enumerate(examples)
        if e.split is None or (given and not has_validation and e.split == "train")
    ]
    shares = (1 - _VALIDATION_OF_TRAIN, 1.0) if given and not has_validation else _SHARES
    place_of = {place: row for row, place in enumerate(free)}
    inner = [(place_of[a], place_of[b]) for a, b in ties if a in place_of and b in place_of]
    splits = _by_hash([examples[place] for place in free], shares, inner)
    chosen = dict(zip(free, splits, strict=True))
    return tuple(replace(e, split=chosen.get(place, e.split)) for place, e in enumerate(examples))


def _by_hash(
    examples: Sequence[Example], shares: tuple[float, float], ties: Iterable[tuple[int, int]]
) -> list[Split]:
    """A split for each, by what has the least hash in each group."""
    numbers = groups([example.text for example in examples], ties=ties)
    digests = [hashlib.sha256(normalised(example.text).encode()).digest() for example in examples]
    leaders: dict[int, int] = {}
    for place, number in enumerate(numbers):
        if number not in leaders or digests[place] < digests[leaders[number]]:
            leaders[number] = place
    strata: dict[tuple[str, Written], list[int]] = defaultdict(list)
    for leader in leaders.values():
        strata[examples[leader].label, examples[leader].written].append(leader)
    split_of: dict[int, Split] = {}
    for stratum in strata.values():
        stratum.sort(key=lambda place: digests[place])
        for rank, leader in enumerate(stratum):
            share = (rank + 0.5) / len(stratum)
            split_of[numbers[leader]] = SPLITS[sum(share >= bound for bound in shares)]
    return [split_of[number] for number in numbers]


def by_intent(examples: Iterable[Example]) -> dict[str, list[str]]:
    """The texts of each label, each once."""
    texts: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for example in examples:
        texts[example.label][example.text] = None
    return {label: list(said) for label, said in texts.items()}


def write_examples(folder: Path, data: DataSet) -> None:
    """Keep what an adapter was trained on, and its thresholds fitted on, beside it: for explanations and for judging it."""
    seen = {part: by_intent(data.of(part)) for part in SPLITS if part != "test"}
    text = json.dumps(seen, ensure_ascii=False, indent=0)
    (folder / EXAMPLES_FILE).write_text(text + "\n", encoding="utf-8")


def read_examples(folder: Path, part: Split = "train") -> dict[str, list[str]]:
    """What `write_examples` wrote of a split, by intent. AdapterDamaged where that is missing or unreadable."""
    try:
        found: dict[str, list[str]] = json.loads((folder / EXAMPLES_FILE).read_text(encoding="utf-8"))[part]
    except (OSError, ValueError, LookupError, TypeError) as lost:
        reason = f"its {part} messages can't be read from {EXAMPLES_FILE} ({type(lost).__name__}: {lost})"
        raise AdapterDamaged(str(folder), reason) from lost
    return found
