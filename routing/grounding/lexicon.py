"""Finds the words of a table in a text in one pass, the longest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import ahocorasick_rs

from routing.grounding.text import is_word_at


class Lexicon:
    """Words with what they stand for; several meanings of a word are kept apart."""

    def __init__(self, entries: Iterable[tuple[str, tuple[str, str, int]]]) -> None:
        meanings: dict[str, list[tuple[str, str, int]]] = {}
        for word, meaning in entries:
            meanings.setdefault(word.lower(), []).append(meaning)
        self._meanings: Final = tuple(tuple(dict.fromkeys(each)) for each in meanings.values())
        self._finder: Final = ahocorasick_rs.AhoCorasick(list(meanings))

    def find(self, text: str) -> list[tuple[int, int, tuple[tuple[str, str, int], ...]]]:
        """Start, end and meanings of all words that stand as words, from left to right and without overlaps."""
        hits = [
            (start, end, which)
            for which, start, end in self._finder.find_matches_as_indexes(text, overlapping=True)
            if is_word_at(text, start, end)
        ]
        hits.sort(key=lambda hit: (hit[0], -hit[1]))
        found, reached = [], 0
        for start, end, which in hits:
            if start >= reached:
                found.append((start, end, self._meanings[which]))
                reached = end
        return found
