"""Which facts speak of what a sentence speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from routing.grounding.kept import kept
from routing.grounding.known import Piece, topic_of
from routing.grounding.said import Said

# A fact is about the sentence where it shares so much with it, in words that tell facts apart, of what the likest one does.
_TOLD_BY: Final = 0.5
_LEAST_SHARE: Final = 0.25


def likeness(said: Said, pieces: Sequence[Piece]) -> dict[int, float]:
    """How much each has in common with the sentence, by identity: what few facts have counts most."""
    shares = _shares(topic_of(said.text, said.low), tuple(piece.topic for piece in pieces))
    return {id(piece): share for piece, share in zip(pieces, shares, strict=True)}


@kept
def _shares(mine: frozenset[str], topics: tuple[frozenset[str], ...]) -> tuple[float, ...]:
    words = Counter(word for topic in topics for word in topic)
    return tuple(sum(1 / words[word] for word in topic & mine) for topic in topics)


def is_likest(
    said: Said, pieces: Sequence[Piece], holds: Callable[[Piece], bool], rivals: Callable[[Piece], bool]
) -> bool:
    """Whether a fact that holds something is about what the sentence is about, as far as any rival is. A rule for all is no
    rival of an order's own fact.
    """
    about = {piece.about for piece in pieces if holds(piece)}
    against = [piece for piece in pieces if piece.about in about and not holds(piece) and rivals(piece)]
    if not against:
        return True
    shares = likeness(said, pieces)
    most = max(shares[id(piece)] for piece in against)
    best = max((shares[id(piece)] for piece in pieces if holds(piece)), default=0.0)
    return best >= _LEAST_SHARE * most or most < _TOLD_BY
