"""Whether the values of a sentence follow from the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from routing.grounding.altered import is_altered
from routing.grounding.claims import claims_in
from routing.grounding.derived import follows_together
from routing.grounding.fact import Finding
from routing.grounding.known import Known, Piece
from routing.grounding.likeness import is_likest
from routing.grounding.roles import is_misplaced, roles_in
from routing.grounding.said import Said
from routing.grounding.subjects import orders_in
from routing.grounding.value import Value, follows


def value_finding(value: Value, said: Said, known: Known, pieces: Iterable[Piece]) -> Finding | None:
    kind = "identifier" if value.kind in ("identifier", "tail") else "number"
    if kind == "identifier" and _is_no_order(value, said, known):
        return Finding(kind, value.text)
    pieces = tuple(pieces)
    there = [v for piece in pieces for v in piece.values]
    if value.kind == "tail":
        ends = [str(v.key[0]) for v in there if v.kind == "identifier"]
        return None if any(end.endswith(str(value.key[0])) for end in ends) else Finding(kind, value.text)
    holding = [piece for piece in pieces if any(follows(value, other) for other in piece.values)]
    if holding:
        return (
            None if kind == "identifier" or _is_its_topic(value, said, pieces) else Finding(kind, value.text)
        )
    if follows_together(value, said.low, pieces, known):
        return None
    if kind == "identifier" and _is_written(value.text, pieces):
        return None
    if (kind == "identifier" or said.is_echo) and any(follows(value, other) for other in said.message_values):
        return None
    return Finding(kind, value.text)


def _is_no_order(value: Value, said: Said, known: Known) -> bool:
    """Whether a parcel's number is said to be an order's."""
    number = str(value.key[0])
    return (
        bool(known.subjects.orders)
        and number not in known.subjects.orders
        and any(order == number and at == value.start for at, order in orders_in(said.text))
        and any(v.key == value.key for piece in known.pieces for v in piece.values if v.kind == "identifier")
    )


def altered_finding(said: Said, known: Known) -> Finding | None:
    """A value of the facts of which the sentence makes more or less."""
    altered = is_altered(said.text, known.text)
    return None if altered is None else Finding("number", altered)


def misplaced_finding(said: Said, scope: Callable[[int], tuple[Piece, ...]]) -> Finding | None:
    """A value that the facts hold of something else than the sentence does."""
    mine = roles_in(said.text)
    for one in mine:
        known = [of for piece in scope(one.value.start) for of in piece.roles]
        if one.roles and is_misplaced(one, mine, known):
            return Finding("number", one.value.text)
    return None


def _is_its_topic(value: Value, said: Said, pieces: Sequence[Piece]) -> bool:
    """Whether a fact that holds the value speaks of what the sentence speaks of, as far as another does that has a value of
    that kind: 48 hours are the refund's, and not the fault's.
    """
    if value.kind in ("date", "weekday") and not claims_in(said.text).claims:
        return True
    if _has_role_there(value, said, pieces):
        return True
    alike = [v for v in said.values if v.kind == value.kind]
    if len(alike) > 1 and any(
        all(any(follows(v, known) for known in piece.values) for v in alike) for piece in pieces
    ):
        return True
    others = [v for v in said.values if v.kind == value.kind and v.key != value.key]

    def is_rival(piece: Piece) -> bool:
        has_kind = any(v.kind == value.kind for v in piece.values)
        return has_kind and not any(follows(v, known) for v in others for known in piece.values)

    return is_likest(said, pieces, lambda piece: any(follows(value, v) for v in piece.values), is_rival)


def _has_role_there(value: Value, said: Said, pieces: Sequence[Piece]) -> bool:
    """Whether a fact holds it as what the sentence says it is."""
    mine = next((one.roles for one in roles_in(said.text) if one.value == value), frozenset())
    return any(mine & of.roles for piece in pieces for of in piece.roles if follows(value, of.value))


def _is_written(text: str, pieces: Iterable[Piece]) -> bool:
    return any(text.lower() in piece.text for piece in pieces)
