"""How alike texts are: the Jaccard index of their sets of five letters in a row; case, width and punctuation don't count."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np

ALIKE: Final = 0.6
"""From here on, two texts are the same thing said again: a test line so near a training line measures memory."""

_LETTERS: Final = 5
_ROWS: Final = 2048
_NO_MEANING = re.compile(r"[\W_]+")


def normalised(text: str) -> str:
    """What makes two lines the same: letters and digits alone, lower-cased, wide forms folded; or the marks, if all."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return _NO_MEANING.sub("", folded) or folded


def pairs(texts: Sequence[str], least: float = ALIKE) -> Iterator[tuple[int, int, float]]:
    """Every two places whose texts are alike, the smaller first, with their index."""
    if not texts:
        return
    grams = _grams(texts)
    sizes = np.asarray(grams.sum(axis=1)).ravel()
    for start in range(0, len(texts), _ROWS):
        shared = (grams[start : start + _ROWS] @ grams.T).tocoo()
        left, right = shared.row + start, shared.col
        index = shared.data / (sizes[left] + sizes[right] - shared.data)
        for place in np.flatnonzero((index >= least) & (left < right)):
            yield int(left[place]), int(right[place]), float(index[place])


def groups(texts: Sequence[str], least: float = ALIKE, ties: Iterable[tuple[int, int]] = ()) -> list[int]:
    """A number for each text, the same for those that a chain of alike texts, or of ties between places, joins."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    found = [*((left, right) for left, right, _ in pairs(texts, least)), *ties]
    rows, columns = zip(*found, strict=True) if found else ((), ())
    joined = coo_matrix((np.ones(len(found)), (rows, columns)), shape=(len(texts), len(texts)))
    return [int(number) for number in connected_components(joined, directed=False)[1]]


def near(texts: Sequence[str], others: Sequence[str], least: float = ALIKE) -> set[int]:
    """The places of the texts that are alike one of `others`."""
    both = [*texts, *others]
    return {left for left, right, _ in pairs(both, least) if left < len(texts) <= right}


def _grams(texts: Sequence[str]) -> Any:
    """Which text has which letters in a row: a sparse matrix of ones, [texts, grams]."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectoriser = CountVectorizer(analyzer=_of_letters, binary=True, dtype=np.float32)
    return vectoriser.fit_transform(texts)


def _of_letters(text: str) -> list[str]:
    letters = normalised(text)
    return [letters[place : place + _LETTERS] for place in range(max(1, len(letters) - _LETTERS + 1))]
