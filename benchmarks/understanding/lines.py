"""The labelled messages that an adapter is evaluated on: those written in the project, or a file's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from models.types import OUT_OF_SCOPE
from models.understanding.corpus import Corpus, load_acceptance, load_blind
from models.understanding.data import Columns, read_data_set
from models.understanding.errors import DataInvalid
from models.understanding.examples import DataSet, Split

BLIND: Final = "kefu-blind"
ACCEPTANCE: Final = "kefu-acceptance"
_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Lines:
    """One split. `is_own` where the messages were written in the project: those of others are never stored."""

    data_set: str
    split: Split
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    is_own: bool


def own_lines(corpus: Corpus, split: Split) -> tuple[Lines, ...]:
    """The corpus's split; then the blind set and the acceptance sentences, which are all test."""
    return (
        _of_split(corpus.intents, split, is_own=True),
        _of_pairs(BLIND, load_blind()),
        _of_pairs(ACCEPTANCE, load_acceptance()),
    )


def file_lines(source: str, columns: Columns, split: Split) -> Lines:
    """The split of a file. DataInvalid where it can't be read, or has no message there."""
    return _of_split(read_data_set(source, columns), split, is_own=False)


def require_known(lines: Lines, intents: Iterable[str]) -> None:
    """DataInvalid where the adapter, which tells `intents` apart, can't be right about some messages."""
    unknown = sorted(set(lines.labels) - {*intents, OUT_OF_SCOPE})
    if unknown:
        more = f" and {len(unknown) - _TOLD} more" if len(unknown) > _TOLD else ""
        raise DataInvalid(
            lines.data_set,
            f"has labels that the adapter was not trained on: {', '.join(unknown[:_TOLD])}{more}. "
            "Name the adapter that was: --adapter path:FOLDER, or the label that is out of scope: --outside",
        )


def _of_split(data: DataSet, split: Split, *, is_own: bool) -> Lines:
    chosen = data.of(split)
    if not chosen:
        counts = ", ".join(f"{count} of {name}" for name, count in data.counts().items())
        raise DataInvalid(data.name, f"has no message of split {split}; it has {counts}")
    return Lines(data.name, split, tuple(e.text for e in chosen), tuple(e.label for e in chosen), is_own)


def _of_pairs(name: str, labelled: Mapping[str, str]) -> Lines:
    return Lines(name, "test", tuple(labelled), tuple(labelled.values()), is_own=True)
