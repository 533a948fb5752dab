"""What customers write: first messages by intent, language and length, and what they write after an answer.

All of it was written for load tests: no text of a data set, and none that the shipped models were trained on.
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final

import yaml

LENGTHS: Final = ("short", "medium", "long")
DRAWS: Final = 4
"""Uniform numbers in [0, 1) that one message takes."""
_ORDER_DIGITS: Final = 10**6


@dataclass(frozen=True, slots=True)
class Messages:
    """Texts with slots `{product}`, `{order}` and `{days}`, filled from uniform draws: the same draws, the same text."""

    first: Mapping[tuple[str, str, str], tuple[str, ...]]
    later: Mapping[tuple[str, str], tuple[str, ...]]
    products: Mapping[str, tuple[str, ...]]

    def opening(self, intent: str, language: str, length: str, draws: Sequence[float]) -> str:
        """The first message of a conversation."""
        return self._filled(self.first[intent, language, length], language, draws)

    def follow_up(self, intent: str, language: str, draws: Sequence[float]) -> str:
        """A later message of a conversation that began with that intent."""
        return self._filled(self.later[intent, language], language, draws)

    def _filled(self, texts: Sequence[str], language: str, draws: Sequence[float]) -> str:
        text = _one_of(texts, draws[0])
        if "{" not in text:
            return text
        return text.format(
            product=_one_of(self.products[language], draws[1]),
            order=f"KF261111{int(draws[2] * _ORDER_DIGITS):06d}",
            days=2 + int(draws[3] * 8),
        )


def slots(text: str) -> frozenset[str]:
    """The slots of a text."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@cache
def load_messages() -> Messages:
    """The shipped texts."""
    document = yaml.safe_load(files(__package__).joinpath("messages.yaml").read_text(encoding="utf-8"))
    first: dict[tuple[str, str, str], tuple[str, ...]] = {}
    later: dict[tuple[str, str], tuple[str, ...]] = {}
    for intent, languages in document["intents"].items():
        for language, texts in languages.items():
            later[intent, language] = (*texts["later"], *document["later"][language])
            for length in LENGTHS:
                first[intent, language, length] = tuple(texts[length])
    return Messages(
        first, later, {language: tuple(names) for language, names in document["products"].items()}
    )


def _one_of(texts: Sequence[str], draw: float) -> str:
    return texts[int(draw * len(texts))]


class Weighted:
    """A choice among names by weight. Names are taken in their sorted order, so that a file's layout changes nothing."""

    def __init__(self, weights: Mapping[Any, float]) -> None:
        self._names = sorted(name for name, weight in weights.items() if weight > 0)
        self._ends: list[float] = []
        total = 0.0
        for name in self._names:
            total += weights[name]
            self._ends.append(total)

    def pick(self, draw: float) -> Any:
        """The name at that place of [0, 1)."""
        return self._names[min(bisect(self._ends, draw * self._ends[-1]), len(self._names) - 1)]
