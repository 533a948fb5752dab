"""What the head reads of a question and the lines of its sheet: vectors, and how alike they are by meaning and by words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from models.encoder.bert import TokenStates
from models.selection.likeness import columns
from models.types.understanding import Language

Floats = npt.NDArray[np.float32]

_CODE: Final = re.compile(r"(?<![A-Za-z0-9])#?(?:[A-Za-z0-9]{1,4}-?)?\d{4,}(?![A-Za-z0-9])")
_NUMBER: Final = re.compile(r"\d{2,}(?:[.,]\d+)*|\d+\.\d+")
_BY_WORDS: Final = 6
"""So many of the first columns by words are also compared with those of the other lines."""
_SPREAD: Final = 10.0
"""Cosines of this encoder lie within a tenth of each other."""


class Reads(Protocol):
    """Texts with a prefix before each, to their vectors and the states of their tokens: BertEncoder."""

    def read(self, texts: Sequence[str], prefix: str) -> tuple[Floats, list[TokenStates]]:
        """In the order of `texts`; vectors are not normalised."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the lines of which one may answer it."""

    question: str
    lines: tuple[str, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class Features:
    """Of one sheet: `columns` [lines, columns], `question` [hidden], `lines` [lines, hidden]; vectors of length 1."""

    columns: Floats
    question: Floats
    lines: Floats


def features(encoder: Reads, asked: Sequence[Asked]) -> list[Features]:
    """Each text is encoded once, all together."""
    if not asked:
        return []
    questions = _read(encoder, [each.question for each in asked], "query: ")
    lines = _read(encoder, [line for each in asked for line in each.lines], "passage: ")
    return [_features(each, questions, lines) for each in asked]


def masked(text: str) -> str:
    """Codes and numbers as if they were all the same: which they are is told by words, and the vectors say the rest."""
    return _NUMBER.sub("20", _CODE.sub("A1", text))


_Texts = dict[str, tuple[Floats, Floats]]
"""Of each masked text its vector [hidden] and its tokens [tokens, hidden], of length 1."""


def _read(encoder: Reads, texts: Sequence[str], prefix: str) -> _Texts:
    distinct = list(dict.fromkeys(map(masked, texts)))
    vectors, tokens = encoder.read(distinct, prefix)
    return {
        text: (_unit(vector), _unit(_of_text(states)))
        for text, vector, states in zip(distinct, vectors, tokens, strict=True)
    }


def _of_text(tokens: TokenStates) -> Floats:
    """Without those of the prefix and the specials; all, where nothing else is there."""
    kept = [place for place, (start, end) in enumerate(tokens.spans) if end > start]
    states: Floats = tokens.states[kept] if kept else tokens.states
    return states


def _features(asked: Asked, questions: _Texts, lines: _Texts) -> Features:
    question, question_tokens = questions[masked(asked.question)]
    read = [lines[masked(line)] for line in asked.lines]
    vectors = np.stack([vector for vector, _ in read])
    meaning = np.column_stack([vectors @ question, [_late(question_tokens, tokens) for _, tokens in read]])
    words = columns(asked.question, asked.lines, asked.language)
    compared = np.concatenate([meaning * _SPREAD, words[:, :_BY_WORDS]], axis=1)
    parts = [meaning * _SPREAD - 8, words, compared - compared.mean(axis=0), compared - _best_other(compared)]
    return Features(np.concatenate(parts, axis=1).astype(np.float32), question, vectors)


def _late(question: Floats, line: Floats) -> list[float]:
    """Late interaction: how well each token of the one is met in the other."""
    met = question @ line.T
    best = met.max(axis=1)
    return [float(best.mean()), float(best.min()), float(met.max(axis=0).mean()), float(met.max())]


def _best_other(compared: Floats) -> Floats:
    """[lines, columns]: the highest of the other lines; of a line alone its own."""
    if len(compared) == 1:
        return compared
    ordered = np.sort(compared, axis=0)
    best: Floats = np.where(compared == ordered[-1], ordered[-2], ordered[-1])
    return best


def _unit(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled
