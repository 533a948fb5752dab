"""Names in a message: products, brands and persons, read off the tokens by a trained head.

The parts of an address are not among them: gazetteers and patterns find them better (`addresses`).

Tags are B- and I- of each type, and O. A token takes the tag of the entity that most of its letters lie in. A word in Latin
letters is read by its first token, so that no name ends within one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.encoder.bert import TokenStates
from models.types import Entity
from models.understanding.rejection import Floats

TYPES: Final = ("product", "brand", "person_name")
OUTSIDE: Final = "O"
TAGS: Final = (OUTSIDE, *(f"{part}-{type}" for type in TYPES for part in "BI"))
NO_TAG: Final = -100
"""Of tokens that stand for nothing in the text: the loss leaves them out."""

_TRIMMED: Final = " \t\n,.;:!?，。；：！？、()（）[]【】\"'“”"


def tags_of(entities: Sequence[Entity], spans: Sequence[tuple[int, int]]) -> list[int]:
    """The place in TAGS of each token, from the marked entities; those of other types don't count."""
    tags = []
    named = [entity for entity in entities if entity.type in TYPES]
    previous: Entity | None = None
    for start, end in spans:
        found = next((e for e in named if 2 * (min(end, e.end) - max(start, e.start)) > end - start), None)
        if end <= start:
            tags.append(NO_TAG)
            continue
        if found is None:
            tags.append(0)
        else:
            tags.append(TAGS.index(f"{'I' if found is previous else 'B'}-{found.type}"))
        previous = found
    return tags


def decode(
    text: str, tokens: TokenStates, probabilities: Floats, least: Mapping[str, float]
) -> tuple[Entity, ...]:
    """The entities that a text's tokens [tokens, tags] spell; an I- that follows nothing begins one.

    Told are those of the types in `least` that are as sure as it says: that their likeliest tags are right, that they begin
    where they do, and that they do not go on.
    """
    found: list[_Name] = []
    is_open = False
    for row, start, end in _words(text, tokens.spans):
        sure = probabilities[row]
        place = int(sure.argmax())
        part, _, type = TAGS[place].partition("-")
        if part == "I" and is_open and found[-1].type == type:
            found[-1].end = end
            found[-1].tagged = min(found[-1].tagged, float(sure[place]))
            continue
        if is_open:
            found[-1].ends = 1 - float(sure[TAGS.index(f"I-{found[-1].type}")])
        is_open = part != OUTSIDE
        if is_open:
            begins = float(sure[TAGS.index(f"B-{type}")])
            found.append(_Name(type, start, end, begins, tagged=float(sure[place])))
    told = [name for name in found if name.type in least and name.sureness >= least[name.type]]
    return tuple(entity for name in told if (entity := _entity(text, name.type, name.start, name.end)))


@dataclass(slots=True)
class _Name:
    """A name under way, with how probable its beginning, the least probable of its tags, and its end are."""

    type: str
    start: int
    end: int
    begins: float
    tagged: float
    ends: float = 1.0

    @property
    def sureness(self) -> float:
        return self.begins * self.tagged * self.ends


def _words(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """First token, start and end of each word of Latin letters or digits, and of each other token."""
    word: tuple[int, int, int] | None = None
    done = 0
    for row, (start, end) in enumerate(spans):
        if end <= max(start, done):  # nothing of the text, or what another token was already: ½ is two
            continue
        first, is_one = max(start, done), word is not None and done >= start and _goes_on(text, done)
        done = end
        if word is not None and is_one:
            word = (word[0], word[1], end)
            continue
        if word is not None:
            yield word
        word = (row, first, end)
    if word is not None:
        yield word


def _goes_on(text: str, place: int) -> bool:
    """Whether the letter at `place` belongs to the word before it."""
    pair = text[place - 1 : place + 1]
    return len(pair) == 2 and pair.isascii() and pair.isalnum()


def joined(exact: Sequence[Entity], named: Sequence[Entity]) -> tuple[Entity, ...]:
    """Both, by where they start; a name that overlaps what an exact pattern found gives way."""
    free = [n for n in named if all(n.end <= e.start or e.end <= n.start for e in exact)]
    return tuple(sorted((*exact, *free), key=lambda entity: entity.start))


def _entity(text: str, type: str, start: int, end: int) -> Entity | None:
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip(_TRIMMED))
    surface = inner.strip(_TRIMMED)
    return Entity(type, surface, surface.lower(), start, start + len(surface)) if surface else None
