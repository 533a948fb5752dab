"""BM25 that follows edits: an article is put in, or taken out, in time of its own length and not of the index's.

The formula and its figures are those of bm25s (method "lucene"), which a test compares; an index of bm25s can't be changed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]

K1: Final = 1.2
B: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Posting:
    """Which articles hold a token, and how often."""

    rows: Rows
    counts: Scores


_NOWHERE: Final = _Posting(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


class WordIndex:
    """Articles by row. Not for two threads at once."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._postings: list[_Posting] = []
        self._tokens_of: dict[int, Rows] = {}
        self._lengths: Scores = np.zeros(0, dtype=np.float32)

    def change(self, removed: Iterable[int], added: Mapping[int, Sequence[str]]) -> None:
        """Take rows out, then put token lists in; a row that is added must not be there still."""
        gone = [row for row in removed if row in self._tokens_of]
        touched = {int(token) for row in gone for token in self._tokens_of.pop(row)}
        self._make_room(max(added, default=-1) + 1)
        self._lengths[gone] = 0.0
        entries: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row, tokens in added.items():
            counts = Counter(tokens)
            ids = [self._id(token) for token in counts]
            for token, count in zip(ids, counts.values(), strict=True):
                entries[token].append((row, count))
            self._tokens_of[row] = np.array(ids, dtype=np.int32)
            self._lengths[row] = len(tokens)
        for token in touched | entries.keys():
            self._postings[token] = _changed(self._postings[token], gone, entries.get(token, []))

    def scores(self, tokens: Sequence[str], count: int) -> Scores:
        """Of the rows 0 … `count` − 1; 0 where no token is."""
        found = np.zeros(count, dtype=np.float32)
        articles = len(self._tokens_of)
        if not articles:
            return found
        mean = max(float(self._lengths.sum()) / articles, 1.0)
        for token, times in Counter(tokens).items():
            posting = self._postings[self._ids[token]] if token in self._ids else _NOWHERE
            here = len(posting.rows)
            rarity = np.log(1 + (articles - here + 0.5) / (here + 0.5))
            length = self._lengths[posting.rows] / mean
            found[posting.rows] += (
                times * rarity * posting.counts / (posting.counts + K1 * (1 - B + B * length))
            )
        return found

    def _id(self, token: str) -> int:
        known = self._ids.get(token)
        if known is None:
            known = self._ids[token] = len(self._postings)
            self._postings.append(_NOWHERE)
        return known

    def _make_room(self, rows: int) -> None:
        missing = rows - len(self._lengths)
        if missing > 0:
            self._lengths = np.concatenate([self._lengths, np.zeros(missing, dtype=np.float32)])


def _changed(posting: _Posting, gone: Sequence[int], entries: Sequence[tuple[int, int]]) -> _Posting:
    kept = ~np.isin(posting.rows, gone)
    rows = np.array([row for row, _ in entries], dtype=np.int32)
    counts = np.array([count for _, count in entries], dtype=np.float32)
    return _Posting(
        np.concatenate([posting.rows[kept], rows]), np.concatenate([posting.counts[kept], counts])
    )
