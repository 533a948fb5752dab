"""Whether the claims, promises and negations of a sentence follow from the facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from routing.grounding.claims import Claim, claims_in, content_of
from routing.grounding.fact import Finding
from routing.grounding.known import Piece, held
from routing.grounding.likeness import likeness
from routing.grounding.names import names_in
from routing.grounding.said import ASKS, COURTESY, Said
from routing.grounding.text import clauses_of


def claims_finding(said: Said, scope: Callable[[int], tuple[Piece, ...]]) -> Finding | None:
    """Of a word with several meanings one has to follow."""
    findings: dict[int, list[Finding | None]] = {}
    for claim in claims_in(said.text).claims:
        findings.setdefault(claim.start, []).append(_claim(claim, said, scope(claim.start)))
    return next((found[0] for found in findings.values() if all(found)), None)


def _claim(claim: Claim, said: Said, pieces: tuple[Piece, ...]) -> Finding | None:
    facts = held(tuple(c for piece in pieces for c in piece.claims))
    if claim.kind == "promise":
        return _promise(claim, said, facts)
    if claim.mode == "event" or ASKS.search(said.text):
        return None
    concept_said = "stock" if claim.concept == "available" else claim.concept
    told = {(c.concept, c.sign) for piece in pieces for c in piece.claims if c.mode != "event"}
    signs = {sign for concept, sign in told if concept == concept_said}
    if claim.concept == "available":
        is_of_people = _PEOPLE.search(said.low) is not None
        return Finding("negation", claim.word) if signs == {-claim.sign} and not is_of_people else None
    if (
        claim.concept == "discount"
        and claim.sign > 0
        and any(v.kind == "off" for p in pieces for v in p.values)
    ):
        return None
    is_weak = claim.concept in _WEAK or (claim.mode == "can" and claim.concept in _WEAK_DEEDS)
    if is_weak and -claim.sign not in signs:
        return None
    modes = {mode for concept, mode, sign in facts if concept == claim.concept and sign == claim.sign}
    if claim.mode == "done":
        is_held = "done" in modes
    else:
        is_held = bool(modes - {"done", "event"}) or (
            claim.sign in signs and claim.sign > 0 and claim.kind == "property"
        )
        is_held |= not signs and bool(modes)
    if is_held and claim.mode != "done" and -claim.sign in signs and not _is_told_of_it(claim, said, pieces):
        return Finding("negation", claim.word)
    if is_held or (
        claim.mode == "can"
        and not signs
        and claim.concept not in _GIVEN
        and COURTESY.search(_clause(said.low, claim.start))
    ):
        return None
    return Finding("negation" if -claim.sign in signs else "claim", claim.word)


def _clause(text: str, at: int) -> str:
    """The piece of a sentence between its marks that holds a place."""
    return next((text[a:b] for a, b in clauses_of(text) if a <= at < b), text)


_PEOPLE: Final = re.compile(
    r"(?<![a-z])(?:team|agents?|colleagues?|staff|service|support|representatives?|we are|we're|hours)(?![a-z])"
)
# Claims so common in free wording that only their contrary is kept back.
_WEAK: Final = frozenset("instalments place change address member weekend tax nophone points hub".split())
# What is given away is no topic of courtesy.
_GIVEN: Final = frozenset({"discount", "coupon", "free"})
_WEAK_DEEDS: Final = frozenset({"pay", "place", "ship", "deliver"})


def _is_told_of_it(claim: Claim, said: Said, pieces: Sequence[Piece]) -> bool:
    """Where some facts claim it and others deny it: whether the one that the sentence is likest to claims it too."""
    shares = likeness(said, pieces)
    best = {
        sign: max((shares[id(p)] for p in pieces if _claims_it(p, claim.concept, sign)), default=0.0)
        for sign in (claim.sign, -claim.sign)
    }
    return best[claim.sign] >= best[-claim.sign]


def _claims_it(piece: Piece, concept: str, sign: int) -> bool:
    return any(c.concept == concept and c.sign == sign and c.mode != "event" for c in piece.claims)


def _promise(claim: Claim, said: Said, facts: frozenset[tuple[str, str, int]]) -> Finding | None:
    signs = {sign for concept, _, sign in facts if concept == claim.concept}
    if claim.concept == "today" and COURTESY.search(said.low):
        return None
    if claim.concept == "at_once":
        signs |= {sign for concept, _, sign in facts if concept == "soon"}
    if claim.concept == "soon" or claim.sign in signs or (claim.sign < 0 and not signs):
        return None
    return Finding("promise", claim.word)


def denials_finding(said: Said, scope: Callable[[int], tuple[Piece, ...]]) -> Finding | None:
    """Negations of what is no claim of ours, by the words beside them: denied what is so, or said to be so what is denied."""
    mine = claims_in(said.text)
    content = set(content_of(said.low))
    for denial in mine.denials:
        pieces = scope(denial.start)
        denied = {word for piece in pieces for other in piece.denials for word in other.content}
        denied |= {
            word for piece in pieces for c in piece.claims if c.sign < 0 for word in content_of(c.word)
        }
        stated = {word for piece in pieces for word in piece.content}
        if denial.content and not denied & set(denial.content) and denial.content[0] in stated:
            return Finding("negation", denial.word)
    denied_here = {word for denial in mine.denials for word in denial.content}
    names = {name.concept for name in names_in(said.text) if name.kind in _DENIED_KINDS}
    for piece in scope(0):
        others = {name.concept for other in scope(0) if other is not piece for name in other.names}
        denied_names = names & ({name.concept for name in piece.names} - others) if piece.denials else set()
        if denied_names and not mine.denials and not _has_no(mine.claims) and not _EXCEPT.search(said.text):
            return Finding("negation", min(denied_names))
        for denial in piece.denials:
            words = set(denial.content)
            elsewhere = any(words <= other.content for other in scope(0) if other is not piece)
            if (
                words
                and words <= content
                and not words & denied_here
                and not mine.denials
                and not elsewhere
                and not _has_no(mine.claims)
            ):
                return Finding("negation", denial.word)
    return None


# Names of which a fact may say that something does not hold for them.
_DENIED_KINDS: Final = frozenset({"place", "payment", "category", "carrier"})
_EXCEPT: Final = re.compile(
    r"[?]\s*$|[吗呢]\W*$|除|以外|之外|(?<![a-z])(?:except|other than|apart from|besides|excluded)(?![a-z])",
    re.I,
)


def _has_no(claims: tuple[Claim, ...]) -> bool:
    return any(claim.sign < 0 for claim in claims)
