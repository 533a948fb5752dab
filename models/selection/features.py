"""What the head reads of a question and the lines of its sheet: vectors, how alike they are, and whose they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from models.selection.likeness import columns
from models.selection.subjects import Flags, of_others
from models.types.understanding import Language

Floats = npt.NDArray[np.float32]

_CODE: Final = re.compile(r"(?<![A-Za-z0-9])#?(?:[A-Za-z0-9]{1,4}-?)?\d{4,}(?![A-Za-z0-9])")
_NUMBER: Final = re.compile(r"\d{2,}(?:[.,]\d+)*|\d+\.\d+")
_BY_WORDS: Final = 9
"""So many of the first columns by words are also compared with those of the other lines."""
_SPREAD: Final = 3.0


class Embeds(Protocol):
    """Texts to their vectors."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """[texts, hidden], in the order of `texts`, of length 1."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the lines of which one may answer it."""

    question: str
    lines: tuple[str, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class Features:
    """Of one sheet: `columns` [lines, columns], `question` [hidden], `lines` [lines, hidden]; `others`: no answers."""

    columns: Floats
    question: Floats
    lines: Floats
    others: Flags


def features(embedder: Embeds, asked: Sequence[Asked]) -> list[Features]:
    """Each text is embedded once, all together."""
    if not asked:
        return []
    texts = [text for each in asked for text in (each.question, *each.lines)]
    distinct = list(dict.fromkeys(map(masked, texts)))
    vectors = dict(zip(distinct, embedder.embed(distinct), strict=True))
    return [_features(each, vectors) for each in asked]


def masked(text: str) -> str:
    """Codes and numbers as if they were all the same: which they are is told by words, and the vectors say the rest."""
    return _NUMBER.sub("20", _CODE.sub("A1", text))


def _features(asked: Asked, vectors: dict[str, Floats]) -> Features:
    question = vectors[masked(asked.question)]
    lines = np.stack([vectors[masked(line)] for line in asked.lines])
    meaning = (lines @ question)[:, None] * _SPREAD
    words = columns(asked.question, asked.lines, asked.language)
    compared = np.concatenate([meaning, words[:, :_BY_WORDS]], axis=1)
    parts = [meaning, words, compared - compared.mean(axis=0), compared - best_other(compared)]
    others = of_others(asked.question, asked.lines)
    return Features(np.concatenate(parts, axis=1).astype(np.float32), question, lines, others)


def best_other(compared: Floats) -> Floats:
    """[lines, columns]: the highest of the other lines; of a line alone its own."""
    if len(compared) == 1:
        return compared
    ordered = np.sort(compared, axis=0)
    best: Floats = np.where(compared == ordered[-1], ordered[-2], ordered[-1])
    return best
