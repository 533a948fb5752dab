"""Holds a generated sentence against the facts: what does not follow from them is not sent.

A sentence is read into typed values, claims, promises and names. Each has to follow from one of the same type in a fact about
the same order or product, or one that holds for all. What has none of them is free wording, and passes where it is kind or
asks, or has a word of the facts or of the customer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from routing.grounding.claims import claims_in
from routing.grounding.fact import Fact, Finding
from routing.grounding.itself import of_itself
from routing.grounding.kept import Memory, remembering
from routing.grounding.known import Known, Piece, known_of, marks_of
from routing.grounding.names import names_in
from routing.grounding.of_claims import claims_finding, denials_finding
from routing.grounding.of_names import name_finding
from routing.grounding.of_nothing import wandering_finding
from routing.grounding.of_topics import topic_finding
from routing.grounding.of_values import altered_finding, misplaced_finding, value_finding
from routing.grounding.promises import promise_finding
from routing.grounding.said import Said
from routing.grounding.subjects import orders_in
from routing.grounding.text import CJK, folded, lowered
from routing.grounding.value import Value
from routing.grounding.values import values_in

MOST_CHARACTERS: Final = 400
_PLURAL: Final = re.compile(
    r"(?<![a-z])(?:both|respectively|orders|other|another)(?![a-z])|都|分别|另|其他|各"
)


def prepare(facts: Sequence[Fact]) -> Memory:
    """Read the facts ahead, so that no sentence waits for it; `check` takes what is returned, which holds their text."""
    memory: Memory = {}
    with remembering(memory):
        known_of(tuple(facts))
    return memory


def check(
    sentence: str, facts: Sequence[Fact], language: str, said: str = "", memory: Memory | None = None
) -> Finding | None:
    """The first thing in `sentence` that does not follow from `facts`, or None when it may be sent. What the customer `said`
    may be named, but proves nothing.
    """
    with remembering({} if memory is None else memory):
        return _finding(sentence, facts, language, said)


def _finding(sentence: str, facts: Sequence[Fact], language: str, said: str) -> Finding | None:
    text = folded(sentence)
    if len(text) > MOST_CHARACTERS:
        return Finding("length", f"{len(text)} characters")
    if (itself := of_itself(text, (fact.text for fact in facts))) is not None:
        return Finding("claim", itself)
    known = known_of(tuple(facts))
    message = folded(said[:2000])
    read = Said(text, lowered(text), values_in(text), lowered(message), values_in(message), names_in(message))
    return _language(read, known, language) or _of_its_subjects(read, known) or wandering_finding(read, known)


def _language(said: Said, known: Known, language: str) -> Finding | None:
    runs = [run for run in CJK.findall(said.text) if run not in known.text and run not in said.message]
    if language != "zh":
        return Finding("language", language) if runs else None
    words = re.findall(r"[A-Za-z]{2,}", said.text)
    has_chinese = CJK.search(said.text) is not None
    return Finding("language", language) if not has_chinese and len(words) > 1 else None


def _of_its_subjects(said: Said, known: Known) -> Finding | None:
    """Where no order is named it has to be one and the same that all of it follows from."""
    groups = _groups(said, known)
    if groups or len(known.subjects.orders) < 2 or _PLURAL.search(said.low):
        return _check(said, known, groups or [(0, frozenset())])
    mine = marks_of(names_in(said.text), said.values)
    hinted = {order for order, marks in known.hints if marks & mine}
    asked = hinted or {order for _, order in known.subjects.named(said.message)} & known.subjects.orders
    finding: Finding | None = None
    for order in sorted(asked or known.subjects.orders):
        finding = _check(said, known, [(0, frozenset({order}))])
        if finding is None:
            return None
    return finding


def _groups(said: Said, known: Known) -> list[tuple[int, frozenset[str]]]:
    """The subjects that are named, those side by side as one; with an order its goods are no subjects of their own."""
    named = known.subjects.named(said.text)
    unknown = [
        (v.start, str(v.key[0]))
        for v in said.values
        if v.kind == "identifier" and _is_unknown_order(v, said, known)
    ]
    orders = [(at, name) for at, name in named if name in known.subjects.orders]
    named = sorted([*(orders or named), *unknown])
    groups: list[tuple[int, frozenset[str]]] = []
    for at, name in named:
        if groups and not _is_between(said, groups[-1][0], at):
            before = groups[-1]
            if (
                re.search(
                    r"^[^,;。]*(?:,|、|和|及|与|and|&)\s*(?:order|订单|the|号|number)?\s*$",
                    said.low[before[0] : at],
                )
                or name in before[1]
            ):
                groups[-1] = (before[0], before[1] | {name})
                continue
        groups.append((at, frozenset({name})))
    return groups


def _is_between(said: Said, start: int, end: int) -> bool:
    """Whether anything is told of the first before the second is named."""
    told = [v.start for v in said.values if v.kind not in ("identifier", "tail")]
    return any(start < at < end for at in (*told, *(claim.start for claim in claims_in(said.text).claims)))


def _is_unknown_order(value: Value, said: Said, known: Known) -> bool:
    number = str(value.key[0])
    return any(order == number for _, order in orders_in(said.text)) and not any(
        v.kind == "identifier" and v.key == value.key for piece in known.pieces for v in piece.values
    )


def _check(said: Said, known: Known, groups: list[tuple[int, frozenset[str]]]) -> Finding | None:
    scopes = [(at, _scope(known, about)) for at, about in groups]
    told = [v.start for v in said.values if v.kind not in ("identifier", "tail")]
    told += [claim.start for claim in claims_in(said.text).claims]
    # "3 Nov for A and 5 Nov for B": what is told stands before its subject.
    comes_first = len(groups) > 1 and bool(told) and min(told) < groups[0][0] and max(told) < groups[-1][0]

    def scope(at: int) -> tuple[Piece, ...]:
        if comes_first:
            return next((pieces for start, pieces in scopes if start >= at), scopes[-1][1])
        return next((pieces for start, pieces in reversed(scopes) if start <= at), scopes[0][1])

    return (
        next(
            (f for value in said.values if (f := value_finding(value, said, known, scope(value.start)))), None
        )
        or misplaced_finding(said, scope)
        or altered_finding(said, known)
        or claims_finding(said, scope)
        or promise_finding(said, known)
        or denials_finding(said, scope)
        or topic_finding(said, scope)
        or next(
            (f for name in names_in(said.text) if (f := name_finding(name, said, known, scope(name.start)))),
            None,
        )
    )


def _scope(known: Known, about: frozenset[str]) -> tuple[Piece, ...]:
    """What is about one of these, or holds for all; everything where nothing is named."""
    if not about:
        return known.pieces
    orders = known.subjects.orders
    kept = []
    for piece in known.pieces:
        is_of_orders = bool(piece.about & orders)
        is_named = any(name.lower() in piece.text for name in about)
        is_beside = not is_of_orders if about & orders else is_named
        if not piece.about or piece.about & about or is_beside:
            kept.append(piece)
    return tuple(kept)
