"""Names of what a shop sells, found in messages by its own catalogue: brands, products and kinds of goods."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal

from ahocorasick_rs import AhoCorasick

from models.retrieval.tokens import segmenter
from models.types import Entity
from models.understanding.entities import longest
from models.understanding.folding import fold
from models.understanding.lexicon import LEXICON

_LEAST_LETTERS: Final = 2
"""One letter or character is more often a part of another word than a name: 笔 in 一笔钱."""
_FEW_CHARACTERS: Final = 2
"""A Chinese name of so few is looked for among the words of its sentence: 大衣 is none in 大衣服, nor 手机 in 手机号."""
# I can't ring, please phone, it suits: what stands before a verb.
_SUBJECT: Final = re.compile(
    r"(?:(?<![a-z])(?:to|please|can|could|will|would|should|may|might|must|not|i|you|we|they|he|she|it)|n['’]t|['’]ll)\s$"
)
_NOT_GOODS_AFTER: Final = dict.fromkeys(LEXICON.goods_that_are_verbs, _SUBJECT) | {
    "case": re.compile(r"(?<![a-z])in\s(?:(?:this|that|any|either|which|such|my|your)\s)?$")
}
# Not "you" or "back": the ring you sent, send the ring back.
_OBJECT: Final = re.compile(r"\s(?:me|us|him|them)(?![a-z])")
# A brand in lower case after these is a season: in early summer.
_TIME: Final = re.compile(r"(?<![a-z])(?:in|during|until|till|since|this|last|next)\s$")

_NEAR: Final = 20
"""Characters, more than the longest of what may stand before a name."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as customers write it, in any case, and the value that it is told with."""

    type: Literal["brand", "product"]
    written: str
    value: str


class CatalogueNames:
    """A shop's names, however many. Finding takes microseconds, and a tenth of a millisecond where it parts Chinese words.

    Threads may share it.
    """

    def __init__(self, names: Iterable[Name]) -> None:
        """Of two names written alike the first is kept."""
        found: dict[str, Name] = {}
        for name in names:
            for form in _forms(name.type, fold(name.written).lower()):
                if len(form) >= _LEAST_LETTERS:
                    found.setdefault(form, name)
        self._names = tuple(found.values())
        self._automaton = AhoCorasick(found)
        self._segmenter = segmenter() if any(map(_is_short, found)) else None

    def add_to(self, entities: Sequence[Entity], text: str) -> tuple[Entity, ...]:
        """The entities of `text` and the names in it, by where they start; of what overlaps the longest, then the name."""
        return longest((*self._find(text), *entities), len(text))

    def _find(self, text: str) -> list[Entity]:
        plain, found = fold(text).lower(), []
        word_ends: set[int] | None = None
        for place, start, end in self._automaton.find_matches_as_indexes(plain, overlapping=True):
            name, surface = self._names[place], text[start:end]
            if not is_whole(plain, start, end) or not _is_meant(name, surface, plain, start, end):
                continue
            if self._segmenter and _is_short(plain[start:end]):
                word_ends = word_ends or set(accumulate(map(len, self._segmenter.cut(plain, HMM=False))))
                if end not in word_ends:
                    continue
            found.append(Entity(name.type, surface, name.value, start, end))
        return found


def is_whole(text: str, start: int, end: int) -> bool:
    """No word of letters goes on before or after it. Chinese runs on without spaces: 买iPhone手机壳."""
    before = start > 0 and _is_spaced(text[start - 1]) and _is_spaced(text[start])
    after = 0 < end < len(text) and _is_spaced(text[end]) and _is_spaced(text[end - 1])
    return not before and not after


def _is_spaced(character: str) -> bool:
    """A letter or digit of a script that parts words with spaces."""
    return character.isalnum() and unicodedata.east_asian_width(character) != "W"


def _forms(type: str, plain: str) -> tuple[str, ...]:
    """The name and, of English goods, its plural."""
    if type != "product" or not plain[-1:].isascii() or not plain[-1:].isalpha():
        return (plain,)
    return (plain, plain + "s", plain + "es")


def _is_short(name: str) -> bool:
    return len(name) <= _FEW_CHARACTERS and not _is_spaced(name[-1])


def _is_meant(name: Name, surface: str, plain: str, start: int, end: int) -> bool:
    """Neither a verb nor a season, nor a common word, unless it is written with the shop's capitals: On."""
    written = name.written.lower()
    if written in LEXICON.english_function_words:
        return surface == name.written != written
    before = plain[max(0, start - _NEAR) : start]
    if name.type == "brand":
        return surface != written or written == name.written or not _TIME.search(before)
    if (not_after := _NOT_GOODS_AFTER.get(written)) is None:
        return True
    return not not_after.search(before) and not (not_after is _SUBJECT and _OBJECT.match(plain, end))
