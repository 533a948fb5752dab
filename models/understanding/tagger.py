"""Names in a message: products, brands and persons, read off the tokens by a trained head.

The parts of an address are not among them: gazetteers and patterns find them better (`addresses`).

Tags are B- and I- of each type, and O. A token takes the tag of the entity that most of its letters lie in.
"""

from collections.abc import Collection, Sequence
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
    text: str,
    tokens: TokenStates,
    logits: Floats,
    types: Collection[str] = TYPES,
) -> tuple[Entity, ...]:
    """The entities of these types that a text's tokens [tokens, tags] spell; an I- that follows nothing begins one."""
    found: list[tuple[str, int, int]] = []
    is_open, done = False, 0
    for (start, end), place in zip(tokens.spans, logits.argmax(axis=1), strict=True):
        if end <= max(start, done):  # nothing of the text, or what another token was already: ½ is two
            continue
        first, done = max(start, done), end
        part, _, type = TAGS[int(place)].partition("-")
        if part == OUTSIDE:
            is_open = False
        elif part == "I" and is_open and found[-1][0] == type:
            found[-1] = (type, found[-1][1], end)
        else:
            found.append((type, first, end))
            is_open = True
    told = [span for span in found if span[0] in types]
    return tuple(entity for span in told if (entity := _entity(text, *span)) is not None)


def joined(exact: Sequence[Entity], named: Sequence[Entity]) -> tuple[Entity, ...]:
    """Both, by where they start; a name that overlaps what an exact pattern found gives way."""
    free = [n for n in named if all(n.end <= e.start or e.end <= n.start for e in exact)]
    return tuple(sorted((*exact, *free), key=lambda entity: entity.start))


def _entity(text: str, type: str, start: int, end: int) -> Entity | None:
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip(_TRIMMED))
    surface = inner.strip(_TRIMMED)
    return Entity(type, surface, surface.lower(), start, start + len(surface)) if surface else None
