"""Names of what a shop sells, found in messages by its own catalogue: brands, products and kinds of goods."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ahocorasick_rs import AhoCorasick

from models.types import Entity
from models.understanding.entities import longest
from models.understanding.folding import fold
from models.understanding.lexicon import LEXICON

_LEAST_LETTERS: Final = 2
"""One letter or character is more often a part of another word than a name: 笔 in 一笔钱."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as customers write it, in any case, and the value that it is told with."""

    type: Literal["brand", "product"]
    written: str
    value: str


class CatalogueNames:
    """A shop's names. Finding takes microseconds, however many there are; threads may share it."""

    def __init__(self, names: Iterable[Name]) -> None:
        """Of two names written alike the first is kept."""
        found: dict[str, Name] = {}
        for name in names:
            for form in _forms(name.type, _plain(name.written)):
                if len(form) >= _LEAST_LETTERS:
                    found.setdefault(form, name)
        self._names = tuple(found.values())
        self._automaton = AhoCorasick(found)

    def add_to(self, entities: Sequence[Entity], text: str) -> tuple[Entity, ...]:
        """The entities of `text` and the names in it, by where they start; of what overlaps the longest, then the name."""
        return longest((*self._find(text), *entities), len(text))

    def _find(self, text: str) -> list[Entity]:
        plain, found = _plain(text), []
        for place, start, end in self._automaton.find_matches_as_indexes(plain, overlapping=True):
            name, surface = self._names[place], text[start:end]
            if _is_whole(plain, start, end) and (surface == name.written or not _is_common_word(name)):
                found.append(Entity(name.type, surface, name.value, start, end))
        return found


def _plain(text: str) -> str:
    """Lower case at the same offsets."""
    folded = fold(text)
    lower = folded.lower()
    return (
        lower
        if len(lower) == len(folded)
        else "".join(c.lower() if len(c.lower()) == 1 else c for c in folded)
    )


def _forms(type: str, plain: str) -> tuple[str, ...]:
    """The name and, of English goods, its plural."""
    if type != "product" or not plain[-1:].isascii() or not plain[-1:].isalpha():
        return (plain,)
    return (plain, plain + "s", plain + "es")


def _is_common_word(name: Name) -> bool:
    """Found only as the shop writes it: a brand that is called On."""
    return name.written.lower() in LEXICON.english_function_words


def _is_whole(plain: str, start: int, end: int) -> bool:
    """No English word goes on before or after it."""
    before = start > 0 and _is_latin(plain[start - 1]) and _is_latin(plain[start])
    after = end < len(plain) and _is_latin(plain[end]) and _is_latin(plain[end - 1])
    return not before and not after


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
