"""Whether a sentence says the contrary of what the facts say of a topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from routing.grounding.fact import Finding
from routing.grounding.known import Piece
from routing.grounding.names import Name, names_in
from routing.grounding.said import ASKS, Said
from routing.grounding.topics import Stance, stances_in

# What a rule may hold for alone: these goods, that place.
_RULED: Final = frozenset({"place", "category", "goods", "style"})


# The property that a claim has of a topic that is read as a whole.
_CLAIMED: Final = {
    "return": {"return", "opened_fee", "intact", "pickup_fee"}, "change": {"address"}, "stock": {"stock"}, "cod": {"cod"},
    "waterproof": {"waterproof"}, "instalments": {"instalments"}, "warranty": {"warranty"}, "invoice": {"paper_invoice"},
    "free": {"free_shipping", "pickup_fee"}, "price_protection": {"difference"}, "refund": {"difference"},
    "discount": {"sale", "coupon_least", "coupon_until"}, "coupon": {"coupon_least", "coupon_until"},
    "deducted": {"opened_fee"}, "noreason": {"reason", "return", "opened_fee", "pickup_fee"}, "pickupfee": {"pickup_fee"},
}  # fmt: skip


def agreed(said: Said, scope: Callable[[int], tuple[Piece, ...]]) -> frozenset[str]:
    """The topics of which the sentence says what the facts do, and nothing else."""
    told = [(stance.topic, _is_told(stance, said, scope(stance.start))) for stance in stances_in(said.text)]
    return frozenset(topic for topic, is_told in told if is_told) - {
        topic for topic, is_told in told if not is_told
    }


def is_agreed(concept: str, topics: frozenset[str]) -> bool:
    return bool(_CLAIMED.get(concept, set()) & topics)


def topic_finding(said: Said, scope: Callable[[int], tuple[Piece, ...]]) -> Finding | None:
    """The first topic of which every fact about it says the contrary."""
    if ASKS.search(said.text):
        return None
    stances = stances_in(said.text)
    for stance in stances:
        # Where a sentence says this and that of a topic, what it says is not known, unless it tells of what.
        is_clear = all(other.sign == stance.sign for other in stances if _is_of_the_same(stance, other))
        if (
            stance.is_sure
            and (is_clear or _named_in(stance, said) & _of_rules(scope(stance.start)))
            and _is_told(stance, said, scope(stance.start)) is False
        ):
            return Finding("negation", stance.topic)
    return None


def _is_of_the_same(one: Stance, other: Stance) -> bool:
    return (one.topic, one.is_under) == (other.topic, other.is_under)


def _is_told(stance: Stance, said: Said, pieces: tuple[Piece, ...]) -> bool | None:
    """Whether the facts say so of its topic: each of the goods and places that it names; None where none speaks of it."""
    names = _named_in(stance, said) or _ruled(names_in(said.text))
    told = [_nearest(stance, frozenset({name}), pieces) for name in names] or [
        _nearest(stance, names, pieces)
    ]
    known = [signs for signs in told if signs]
    return None if not known else all(stance.sign in signs for signs in known)


def _nearest(stance: Stance, names: frozenset[str], pieces: tuple[Piece, ...]) -> set[int]:
    """How the facts speak of its topic: one about just these goods before a rule for all, and one about others not at all."""
    signs = {
        (other.sign, bool(names & _ruled(piece.names)), bool(_ruled(piece.names)))
        for piece in pieces
        for other in piece.stances
        if other.topic == stance.topic
    }
    nearest = {sign for sign, is_named, _ in signs if is_named} or {
        sign for sign, _, is_of in signs if not is_of
    }
    return nearest or {sign for sign, *_ in signs if not names}


def _of_rules(pieces: tuple[Piece, ...]) -> frozenset[str]:
    """What the rules for all name."""
    return frozenset(name for piece in pieces if not piece.about for name in _ruled(piece.names))


def _named_in(stance: Stance, said: Said) -> frozenset[str]:
    return _ruled(tuple(name for name in names_in(said.text) if stance.start <= name.start < stance.end))


def _ruled(names: tuple[Name, ...]) -> frozenset[str]:
    return frozenset(name.concept for name in names if name.kind in _RULED)
