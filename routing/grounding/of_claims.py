"""Whether the claims, promises and negations of a sentence follow from the facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from routing.grounding.claims import Claim, Denial, claims_in
from routing.grounding.content import content_of
from routing.grounding.fact import Finding
from routing.grounding.known import Piece, held
from routing.grounding.likeness import likeness
from routing.grounding.names import names_in
from routing.grounding.of_topics import agreed, is_agreed
from routing.grounding.said import ASKS, COURTESY, Said
from routing.grounding.text import clauses_of
from routing.grounding.topics import stances_in
from routing.grounding.value import follows


def claims_finding(said: Said, scope: Callable[[int], tuple[Piece, ...]]) -> Finding | None:
    """Of a word with several meanings one has to follow."""
    findings: dict[int, list[Finding | None]] = {}
    topics = agreed(said, scope)
    for claim in claims_in(said.text).claims:
        findings.setdefault(claim.start, []).append(
            None
            if (claim.kind == "property" and is_agreed(claim.concept, topics))
            or _is_reworded(claim, said, scope(claim.start))
            else _claim(claim, said, scope(claim.start))
        )
    return next((found[0] for found in findings.values() if all(found)), None)


def _is_reworded(claim: Claim, said: Said, pieces: tuple[Piece, ...]) -> bool:
    """Whether one rule holds all values of a sentence that denies nothing and gives nothing away: then a word that the rule
    has not is another word for it.
    """
    mine = claims_in(said.text)
    values = [value for value in said.values if value.kind not in ("identifier", "tail")]
    is_news = claim.mode == "done" or claim.kind == "promise" or claim.concept in _GIVEN
    if not values or is_news or mine.denials or _has_no(mine.claims):
        return False
    if any(stance.sign < 0 for stance in stances_in(said.text)):
        return False
    rules = [p for p in pieces if not p.about and all(any(follows(v, o) for o in p.values) for v in values)]
    denied = {c.concept for p in pieces for c in p.claims if c.sign < 0}
    return bool(rules) and claim.concept not in denied and not any(p.denials for p in rules)


def _claim(claim: Claim, said: Said, pieces: tuple[Piece, ...]) -> Finding | None:
    facts = held(tuple(c for piece in pieces for c in piece.claims))
    if claim.kind == "promise":
        return _promise(claim, said, facts)
    if claim.concept == "ship" and claim.sign > 0 and _is_carried(pieces):
        return None
    if claim.mode == "event" or ASKS.search(said.text):
        return None
    if _is_asked(said.low, claim.end):
        return None
    if claim.concept == "expired" and (claim.mode == "will" or claim.sign < 0 or _is_too_late(pieces)):
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
    if claim.concept == "pay" and claim.mode == "can":
        return None
    if claim.concept == "deducted" and ("discount", 1) in told:
        return None
    if (
        claim.concept == "ship"
        and claim.mode == "will"
        and claim.sign > 0
        and _WAITS.search(claim.word)
        and _is_under_way(pieces)
    ):
        return Finding("claim", claim.word)
    is_weak = (
        claim.concept in _WEAK
        or (claim.mode == "will" and claim.concept in ("pay", "place"))
        or (claim.mode == "can" and claim.concept in _WEAK_DEEDS)
    )
    if claim.concept == "processing" and claim.sign < 0 and 1 not in signs:
        return None
    # That something has happened says nothing of what can be.
    against = {
        c.sign
        for piece in pieces
        for c in piece.claims
        if c.concept == claim.concept and c.mode in ("can", "will")
    }
    if is_weak and -claim.sign not in (against if claim.concept in _WEAK_DEEDS else signs):
        return None
    modes = {mode for concept, mode, sign in facts if concept == claim.concept and sign == claim.sign}
    if claim.mode == "done":
        is_held = "done" in modes
    else:
        is_held = bool(modes - {"done", "event"}) or (
            claim.sign in signs and claim.sign > 0 and claim.kind == "property"
        )
        # What is done was possible.
        is_held |= bool(modes) and (not signs or (claim.mode == "can" and "done" in modes))
    if claim.concept == "free" and claim.sign < 0 and _is_priced(said, pieces):
        return None
    if claim.concept == "stock" and claim.sign > 0 and _UNTIL.search(_clause(said.low, claim.start)):
        return None
    if claim.concept == "to_leave" and ("stock", 1) in told:
        return None
    if _EXCEPT.search(said.text) and {claim.sign, -claim.sign} <= signs and claim.mode == "can":
        return None
    if is_held and claim.mode == "can" and -claim.sign in signs and not _is_told_of_it(claim, said, pieces):
        return Finding("negation", claim.word)
    if is_held or (
        claim.mode == "can"
        and not signs
        and claim.concept not in _GIVEN
        and (COURTESY.search(_clause(said.low, claim.start)) or _HELPS.search(said.low, 0, claim.start))
    ):
        return None
    return Finding("negation" if -claim.sign in signs else "claim", claim.word)


_BELOW: Final = re.compile(
    r"(?<![a-z])(?:below|under|less than|short of|until|unless)(?![a-z])|[未没不][满到够足]|低于|少于|不足"
)


def _is_carried(pieces: Sequence[Piece]) -> bool:
    """What a carrier has a number for has been given to it."""
    return any(
        any(name.kind == "carrier" for name in piece.names)
        and any(v.kind == "identifier" for v in piece.values)
        for piece in pieces
    )


_WAITS: Final = re.compile(r"排队|等|待|queue|lined? up|waiting|yet to|scheduled")


def _is_under_way(pieces: Sequence[Piece]) -> bool:
    """Whether an order's own facts say that it has left, so that it is not waiting to."""
    own = {(c.concept, c.mode, c.sign) for piece in pieces if piece.about for c in piece.claims}
    return any((concept, "done", 1) in own for concept in ("ship", "transit", "deliver", "cancel", "return"))


def _is_asked(low: str, at: int) -> bool:
    """Whether the part of the sentence that goes on there ends with a question mark."""
    mark = re.search(r"[.!?;。](?!\d)", low[at:])
    return mark is not None and mark[0] == "?"


def _is_too_late(pieces: Sequence[Piece]) -> bool:
    return any(c.concept == "return" and c.sign < 0 for piece in pieces for c in piece.claims)


def _is_priced(said: Said, pieces: Sequence[Piece]) -> bool:
    """Whether what is said to cost something does: below an amount, or so much."""
    told = {v.key for v in said.values if v.kind.startswith("money")}
    return (_BELOW.search(said.low) is not None and any(_is_free_from(piece) for piece in pieces)) or any(
        v.key in told and any(c.concept == "free" for c in piece.claims)
        for piece in pieces
        for v in piece.values
    )


def _is_free_from(piece: Piece) -> bool:
    """Free from an amount, so that it is not below."""
    amounts = {v.key for v in piece.values if v.kind.startswith("money")}
    return len(amounts) > 1 and any(c.concept == "free" and c.sign > 0 for c in piece.claims)


def _clause(text: str, at: int) -> str:
    """The piece of a sentence between its marks that holds a place."""
    return next((text[a:b] for a, b in clauses_of(text) if a <= at < b), text)


_PEOPLE: Final = re.compile(
    r"(?<![a-z])(?:team|agents?|colleagues?|staff|service|support|representatives?|we are|we're|hours"
    r"|shipping|delivery|deliver|payments?|cash|invoices?|returns?|exchanges?)(?![a-z])"
)
_HELPS: Final = re.compile(r"(?<![a-z])(?:help|assist)(?: you)? with(?![a-z])|帮您[查看]")
# Claims so common in free wording that only their contrary is kept back.
_WEAK: Final = frozenset(
    "noreason instalments place change address member weekend tax nophone points hub".split()
)
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


# What the customer may do at once is no promise of ours.
_ORDERS: Final = re.compile(
    r"(?<![a-z])(?:order(?:ed)?|buy|bought|purchased?|used?)(?![a-z])|下单|购买|拍下|使用"
)
_UNTIL: Final = re.compile(r"(?<![a-z])until(?![a-z])|才")


_COVER: Final = re.compile(
    r"warranty|(?<![a-z])(?:as for|our|under|the|a|any|of|price|by|its|this) (?:guarantees?|promise)(?![a-z])"
    r"|^guarantee (?:on|for)|保证期"
)
# Today is the same day for what is paid by the hour that the sentence names.
_DAYS: Final = frozenset({"today", "tomorrow"})


def _has_hour(said: Said) -> bool:
    return any(value.kind == "time" for value in said.values)


# What binds the customer is no promise.
_MUST: Final = re.compile(
    r"(?<![a-z])(?:must|have to|has to|need to|needs to|are to be)(?![a-z])|须|需要?|必须|得先"
)
# Other things of which a fact may say as much.
_SAID_BY: Final = {
    "today": ("same_day",),
    "tomorrow": ("next_day",),
    "unconditional": ("noreason",),
    "full_refund": ("refund", "refunded"),
    "waive": ("discount",),
}


def _promise(claim: Claim, said: Said, facts: frozenset[tuple[str, str, int]]) -> Finding | None:
    signs = {sign for concept, _, sign in facts if concept == claim.concept}
    if claim.concept == "today" and COURTESY.search(said.low):
        return None
    clause = _clause(said.low, claim.start)
    if claim.concept == "waive":
        signs |= {sign for concept, _, sign in facts if concept == "free"}
    if claim.concept == "same_day" and any(v.end == claim.start for v in said.values if v.kind == "date"):
        return None
    if claim.concept == "all" and _MUST.search(clause):
        return None
    if claim.concept == "guarantee" and _COVER.search(clause):
        return None
    if claim.concept in _SAID_BY and (claim.concept not in _DAYS or _has_hour(said)):
        signs |= {sign for concept, _, sign in facts if concept in _SAID_BY[claim.concept]}
    if claim.concept == "at_once":
        signs |= {sign for concept, _, sign in facts if concept in ("soon", "to_leave")}
        if _ORDERS.search(clause):
            return None
    if claim.sign < 0 and _UNTIL.search(clause) and 1 in signs:
        return None
    if claim.concept == "soon" or claim.sign in signs or (claim.sign < 0 and not signs):
        return None
    return Finding("promise", claim.word)


# A denial that only says under which condition.
_CONDITION: Final = re.compile(
    r"^\s*(?:if|unless|outside|beyond|without|should|when|where)(?![a-z])|^\s*(?:如果?|若|假如|要是|除非|除了)|的话\s*$|^\s*不在.*(?:的话|时)$"
)


def _is_supposed(low: str, at: int) -> bool:
    return _CONDITION.search(_clause(low, at)) is not None


def _is_denied_too(said: Said, pieces: Sequence[Piece]) -> bool:
    """Whether the fact that is likest to the sentence denies something as well, in whatever words."""
    shares = likeness(said, pieces)
    likest = max(pieces, key=lambda piece: shares[id(piece)], default=None)
    return likest is not None and shares[id(likest)] > 0 and (bool(likest.denials) or _has_no(likest.claims))


def denials_finding(said: Said, scope: Callable[[int], tuple[Piece, ...]]) -> Finding | None:
    """Negations of what is no claim of ours, by the words beside them: denied what is so, or said to be so what is denied."""
    is_agreed_on = bool(agreed(said, scope))
    mine = claims_in(said.text)
    content = set(content_of(said.low))
    for denial in mine.denials:
        pieces = scope(denial.start)
        if (denied_name := _denied_name(denial, said, pieces)) is not None:
            return Finding("negation", denied_name)
        if is_agreed_on or _is_supposed(said.low, denial.start) or _is_denied_too(said, pieces):
            continue
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
        if (
            denied_names
            and not is_agreed_on
            and not mine.denials
            and not _has_no(mine.claims)
            and not _EXCEPT.search(said.text)
        ):
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


def _denied_name(denial: Denial, said: Said, pieces: Sequence[Piece]) -> str | None:
    """A name behind a negation that every fact with it affirms: not to Hangzhou."""
    if _is_supposed(said.low, denial.start) or ASKS.search(said.text) or _CONTRAST.search(said.low):
        return None
    end = next((b for a, b in clauses_of(said.low) if a <= denial.start < b), len(said.low))
    for name in names_in(said.text):
        if name.kind not in _DENIED_KINDS or not denial.end <= name.start < min(end, denial.end + _REACH):
            continue
        of_it = [piece for piece in pieces if any(name.concept == other.concept for other in piece.names)]
        if of_it and not any(piece.denials or _has_no(piece.claims) for piece in of_it):
            return name.text
    return None


# Characters behind a negation in which it still denies a name, and words by which a name is only set beside another.
_REACH: Final = 40
_CONTRAST: Final = re.compile(
    r"(?<![a-z])(?:yet|until|any ?more|any longer|longer|only|but|rather|other than)(?![a-z])"
    r"|只|而是|再|之前|以前|还没|尚未|除"
)

# Names of which a fact may say that something does not hold for them.
_DENIED_KINDS: Final = frozenset({"place", "payment", "category", "carrier"})
_EXCEPT: Final = re.compile(
    r"[?]\s*$|吗\W*$|除|以外|之外|(?<![a-z])(?:except|other than|apart from|besides|excluded)(?![a-z])",
    re.I,
)


def _has_no(claims: tuple[Claim, ...]) -> bool:
    return any(claim.sign < 0 for claim in claims)
