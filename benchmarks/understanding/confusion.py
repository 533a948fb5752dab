"""Which intents are taken for which."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.types import OUT_OF_SCOPE


@dataclass(frozen=True, slots=True)
class Confusion:
    """Messages: `counts[truth][said]`, both in the order of `labels`, which ends with out_of_scope."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class IntentFigures:
    """Shares of 1; recall is None for an intent without messages, precision for one that was never said."""

    intent: str
    support: int
    recall: float | None
    precision: float | None


def confusion(intents: Sequence[str], truth: Sequence[str], said: Sequence[str]) -> Confusion:
    """Over those of `intents`, in their order, that are in `truth` or in `said`; and out_of_scope."""
    seen = {*truth, *said} - {OUT_OF_SCOPE}
    labels = (*(intent for intent in intents if intent in seen), OUT_OF_SCOPE)
    pairs = Counter(zip(truth, said, strict=True))
    return Confusion(labels, tuple(tuple(pairs[row, column] for column in labels) for row in labels))


def by_intent(found: Confusion) -> Iterator[IntentFigures]:
    """The figures of each label."""
    for place, label in enumerate(found.labels):
        hits, support = found.counts[place][place], sum(found.counts[place])
        said = sum(row[place] for row in found.counts)
        yield IntentFigures(label, support, _share(hits, support), _share(hits, said))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
