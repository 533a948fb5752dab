"""Which facts speak of what a sentence speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from routing.grounding.known import Piece, topic_of
from routing.grounding.said import Said

# A fact is about the sentence where it shares so much with it, in words that tell facts apart, of what the likest one does.
_TOLD_BY: Final = 0.5
_LEAST_SHARE: Final = 0.25


def likeness(said: Said, pieces: Sequence[Piece]) -> dict[int, float]:
    """How much each has in common with the sentence: what few facts have counts most."""
    words = Counter(word for piece in pieces for word in piece.topic)
    mine = topic_of(said.text, said.low)
    return {id(piece): sum(1 / words[word] for word in piece.topic & mine) for piece in pieces}


def is_likest(
    said: Said, pieces: Sequence[Piece], holds: Callable[[Piece], bool], rivals: Callable[[Piece], bool]
) -> bool:
    """Whether a fact that holds something is about what the sentence is about, as far as any rival is."""
    against = [piece for piece in pieces if not holds(piece) and rivals(piece)]
    if not against:
        return True
    shares = likeness(said, pieces)
    most = max(shares[id(piece)] for piece in against)
    best = max((shares[id(piece)] for piece in pieces if holds(piece)), default=0.0)
    return best >= _LEAST_SHARE * most or most < _TOLD_BY
