"""Cleans labelled messages: what is there twice, what contradicts itself, and what leaks from one split into another."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.understanding.examples import Example
from models.understanding.likeness import normalised, pairs

_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is kept, in order, and what was found. Pairs are (text, label) twice, with how alike they are.

    Dropped are `duplicates` but for their first, every one of `conflicts` (one text under several labels), and `leaks`: lines
    of train alike one of another split, or of validation alike one of test. `suspicious` ones stay: alike, under two labels.
    """

    kept: tuple[Example, ...]
    duplicates: tuple[str, ...]
    conflicts: dict[str, tuple[str, ...]]
    leaks: tuple[tuple[str, str, float], ...]
    suspicious: tuple[tuple[str, str, str, str, float], ...]

    def report(self) -> dict[str, Any]:
        """For JSON: counts, and the first fifty of each."""
        found: dict[str, list[Any]] = {
            "duplicates": list(self.duplicates),
            "conflicts": [[text, *labels] for text, labels in self.conflicts.items()],
            "leaks": [list(leak) for leak in self.leaks],
            "suspicious": [list(pair) for pair in self.suspicious],
        }
        return {
            "kept": len(self.kept),
            **{name: {"count": len(rows), "first": rows[:_SHOWN]} for name, rows in found.items()},
        }


def clean(examples: Sequence[Example]) -> Cleaned:
    """Find and drop; see `Cleaned`. The same rows give the same result."""
    labels: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        labels[normalised(example.text)].add(example.label)
    conflicts = {key: tuple(sorted(found)) for key, found in labels.items() if len(found) > 1}
    first: dict[str, Example] = {}
    duplicates = []
    for example in examples:
        key = normalised(example.text)
        if key in conflicts:
            continue
        if key in first:
            duplicates.append(example.text)
        first.setdefault(key, example)
    unique = list(first.values())
    leaks, suspicious = _alike(unique)
    kept = tuple(example for place, example in enumerate(unique) if place not in leaks)
    return Cleaned(kept, tuple(duplicates), conflicts, tuple(leaks.values()), tuple(suspicious))


def _alike(
    examples: Sequence[Example],
) -> tuple[dict[int, tuple[str, str, float]], list[tuple[str, str, str, str, float]]]:
    """Leaks by the place that is dropped, and alike texts under two labels."""
    rank = {"train": 0, "validation": 1, "test": 2, None: 0}
    leaks: dict[int, tuple[str, str, float]] = {}
    suspicious = []
    for left, right, index in pairs([example.text for example in examples]):
        a, b = examples[left], examples[right]
        rounded = round(index, 3)
        if a.label != b.label:
            suspicious.append((a.text, a.label, b.text, b.label, rounded))
        if rank[a.split] != rank[b.split]:
            lower, other = (left, b) if rank[a.split] < rank[b.split] else (right, a)
            leaks.setdefault(lower, (examples[lower].text, other.text, rounded))
    return leaks, suspicious
