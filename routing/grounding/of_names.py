"""Whether the names of a sentence are those of the facts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from routing.grounding.content import content_of
from routing.grounding.fact import Finding
from routing.grounding.known import Known, Piece
from routing.grounding.likeness import is_likest
from routing.grounding.names import IS_A, Name, names_in
from routing.grounding.said import ASKS, Said
from routing.grounding.text import is_word_at

_TITLE: Final = re.compile(r"(?:先生|女士?|小姐?|先)$")


def name_finding(name: Name, said: Said, known: Known, pieces: tuple[Piece, ...]) -> Finding | None:
    if name.concept:
        wanted = {name.concept, *IS_A.get(name.concept, ())}
        if any(wanted & _concepts(piece) for piece in pieces):
            return None if _is_its_topic(name, wanted, said, pieces) else Finding("name", name.text)
        if any(_has_word(piece.text, name.text.lower()) for piece in pieces):
            return None
        if name.kind in ("goods", "brand", "category") or said.is_echo or ASKS.search(said.text):
            asked = {other.concept for other in said.message_names}
            is_of_another = (
                name.kind in _ONE_OF
                and not (said.is_echo or ASKS.search(said.text))
                and _has_other(name, pieces)
            )
            if name.concept in asked and not is_of_another:
                return None
        return Finding("name", name.text)
    text = name.text.lower()
    if name.kind == "latin":
        if (
            text in said.message
            and text not in known.text
            and _is_maker(name, said)
            and not ASKS.search(said.text)
        ):
            return Finding("name", name.text)
        is_known = _has_word(known.text, text) or _has_word(said.message, text)
        is_known |= len(text) > 4 and text in "".join(known.text.split())
        return None if is_known else Finding("name", name.text)
    if text in known.text or (
        text in said.message and (name.kind != "brand" or said.is_echo or ASKS.search(said.text))
    ):
        return None
    if name.kind == "person":
        bare = _TITLE.sub("", name.text)
        return (
            None
            if bare in known.text or (len(bare) > 1 and bare[-1] in known.text)
            else Finding("name", name.text)
        )
    if name.kind == "quoted" and _overlap(text, known.text + said.message) >= 0.6:
        return None
    return Finding("name", name.text)


# Kinds of which what the customer says is no other's: the brand of this article, the goods of a rule.
_ONE_OF: Final = frozenset({"brand", "category"})
_MAKER: Final = re.compile(
    r"(?<![a-z])(?:by|maker|brand|makes?|made by|from|behind|called)(?![a-z])|品牌|牌子|牌|出的|家的"
)


def _has_other(name: Name, pieces: Sequence[Piece]) -> bool:
    return any(
        other.kind == name.kind and other.concept != name.concept for piece in pieces for other in piece.names
    )


def _is_maker(name: Name, said: Said) -> bool:
    """Whether a name is said to be the one that makes or sells something, or stands before a model."""
    behind = said.text[name.end : name.end + 6]
    return _MAKER.search(said.low) is not None or re.match(r" [A-Z]\d{2,4}", behind) is not None


def _has_word(text: str, word: str) -> bool:
    at = text.find(word)
    while at >= 0:
        if is_word_at(text, at, at + len(word)):
            return True
        at = text.find(word, at + 1)
    return False


def _overlap(text: str, known: str) -> float:
    pieces = content_of(text) or (text,)
    return sum(piece in known for piece in pieces) / len(pieces)


def _concepts(piece: Piece) -> set[str]:
    return {other.concept for other in piece.names}


# Kinds of which an order or a rule has one, so that another fact's is none of its own.
_OWN_KINDS: Final = frozenset({"payment", "place", "carrier", "material", "colour", "size"})


def _is_its_topic(name: Name, wanted: set[str], said: Said, pieces: Sequence[Piece]) -> bool:
    """Whether the fact with the name speaks of what the sentence does: paid by card, refunded to a wallet."""
    if name.kind not in _OWN_KINDS:
        return True
    others = {other.concept for other in names_in(said.text) if other.kind == name.kind} - wanted

    def is_rival(piece: Piece) -> bool:
        own = {other.concept for other in piece.names if other.kind == name.kind}
        return bool(own) and not own & others

    return is_likest(said, pieces, lambda piece: bool(wanted & _concepts(piece)), is_rival)
