"""What a product is, as a vector: TF-IDF over its words in both languages, its type, category and brand, projected."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.types import Item

Floats = npt.NDArray[np.float32]

_RUN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z0-9]+")
_TYPE_TIMES, _CATEGORY_TIMES, _BRAND_TIMES = 6, 3, 2
"""What kind of thing it is says more than any of its words."""
_MOST_TERMS: Final = 8192
_DIMENSIONS: Final = 96


@dataclass(frozen=True, slots=True)
class ContentSpace:
    """`terms` → row of `projection` [terms, dimensions]; `idf` [terms]. Vectors have length 1, or 0 without known terms."""

    terms: Mapping[str, int]
    idf: Floats
    projection: Floats

    def vector(self, item: Item) -> Floats:
        """[dimensions], of any product, seen in training or not."""
        counted = [(self.terms[term], n) for term, n in item_terms(item).items() if term in self.terms]
        if not counted:
            return np.zeros(self.projection.shape[1], dtype=np.float32)
        rows = np.array([row for row, _ in counted])
        weights = np.log1p(np.array([n for _, n in counted], dtype=np.float32)) * self.idf[rows]
        return _unit(weights @ self.projection[rows])


def item_terms(item: Item) -> Counter[str]:
    """A product's terms and how often each counts: English words, pairs of Chinese characters, and what it is filed under."""
    terms: Counter[str] = Counter()
    for run in _RUN.findall(unicodedata.normalize("NFKC", item.text).lower()):
        if run[0].isascii() or len(run) == 1:
            terms[run] += 1
        else:
            terms.update(run[i : i + 2] for i in range(len(run) - 1))
    filed = (
        ("type", item.product_type, _TYPE_TIMES),
        ("category", item.category, _CATEGORY_TIMES),
        ("brand", item.brand, _BRAND_TIMES),
    )
    for name, value, times in filed:
        if value:
            terms[f"{name}={value}"] += times
    return terms


def fit_content(items: Sequence[Item], seed: int) -> ContentSpace:
    """Learn terms that two products share, their rarity, and the directions in which products differ most."""
    counted = [item_terms(item) for item in items]
    found: Counter[str] = Counter(term for terms in counted for term in terms)
    kept = sorted((term for term, n in found.items() if n > 1), key=lambda term: (-found[term], term))
    terms = {term: row for row, term in enumerate(sorted(kept[:_MOST_TERMS]))}
    idf = np.array([np.log((1 + len(items)) / (1 + found[term])) + 1 for term in terms], dtype=np.float32)
    return ContentSpace(terms, idf, _directions(_tf_idf(counted, terms, idf), seed))


def _tf_idf(counted: Sequence[Counter[str]], terms: Mapping[str, int], idf: Floats) -> Any:
    from scipy.sparse import csr_matrix

    cells = [
        (row, terms[term], n)
        for row, found in enumerate(counted)
        for term, n in found.items()
        if term in terms
    ]
    rows, columns, counts = (np.array([cell[place] for cell in cells]) for place in range(3))
    values = np.log1p(counts.astype(np.float32)) * idf[columns.astype(np.int64)]
    matrix = csr_matrix(
        (values, (rows.astype(np.int64), columns.astype(np.int64))), (len(counted), len(terms))
    )
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)))
    return csr_matrix(matrix.multiply(1.0 / np.maximum(lengths, 1e-12)))


def _directions(matrix: Any, seed: int) -> Floats:
    """[terms, dimensions]: every term its own direction where there are few, else the leading singular vectors."""
    from sklearn.decomposition import TruncatedSVD

    items, terms = matrix.shape
    if terms <= _DIMENSIONS:
        return np.eye(terms, dtype=np.float32)
    if items <= _DIMENSIONS:
        directions = np.linalg.svd(matrix.toarray(), full_matrices=False)[2]
    else:
        directions = TruncatedSVD(_DIMENSIONS, random_state=seed).fit(matrix).components_
    return np.ascontiguousarray(directions.T, dtype=np.float32)


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    unit: Floats = (vector / length if length > 0 else vector).astype(np.float32)
    return unit
