"""Holds a generated sentence against the facts: what does not follow from them is not sent.

A sentence is read into typed values, claims, promises and names. Each has to follow from one of the same type in a fact about
the same order or product, or one that holds for all. What has none of them is free wording, and passes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from routing.grounding.claims import Claim, claims_in, content_of
from routing.grounding.derived import follows_together
from routing.grounding.fact import Fact, Finding
from routing.grounding.known import Known, Piece, held, known_of, marks_of, topic_of
from routing.grounding.names import IS_A, Name, names_in
from routing.grounding.subjects import orders_in
from routing.grounding.text import CJK, folded, is_word_at, lowered
from routing.grounding.value import Value, follows
from routing.grounding.values import values_in

MOST_CHARACTERS: Final = 400
_REFERENCE: Final = re.compile(r"\[\d{1,2}\]")
_ASKS: Final = re.compile(r"[?]\s*$|[吗呢]\W*$")
_PLURAL: Final = re.compile(
    r"(?<![a-z])(?:both|respectively|orders|other|another)(?![a-z])|都|分别|另|其他|各"
)
_COURTESY: Final = re.compile(
    r"(?<![a-z])(?:help|assist|questions?|contact|let (?:me|us) know|feel free|happy to|glad to|look into"
    r"|check|anything|would you like|shall i|tell (?:me|us)|ask|reach out|thank|sorry|apologi[sz]e"
    r"|inconvenience|patience|understand|concerns?|colleague)(?![a-z])"
    r"|帮您|帮助|咨询|联系|告诉我|随时|为您服务|抱歉|感谢|谢谢|理解|查询|核实|您好|请问|疑问|请放心|转接|协助|反馈"
)
_ECHO: Final = re.compile(
    r"(?<![a-z])(?:you (?:said|mentioned|asked|told|wrote|want|wanted|'d like|would like|are asking|were asking|gave|provided"
    r"|entered|are looking|were looking)"
    r"|your (?:question|message|request)|regarding|find|see|not sure|no record|no information)"
    r"(?![a-z])|您(?:说|提到|问|想|要|提供|给|询问|发来|输入)|关于|[没未]有?(?:查|找)到|查不到"
    r"|找不到|不确定|没有.{0,8}信息"
)


@dataclass(frozen=True, slots=True)
class _Said:
    """The sentence and the customer's message, read."""

    text: str
    low: str
    values: tuple[Value, ...]
    message: str
    message_values: tuple[Value, ...]
    message_names: tuple[Name, ...]

    @property
    def is_echo(self) -> bool:
        return bool(self.message) and _ECHO.search(self.low) is not None


def check(sentence: str, facts: Sequence[Fact], language: str, said: str = "") -> Finding | None:
    """The first thing in `sentence` that does not follow from `facts`, or None when it may be sent. What the customer `said`
    may be named, but proves nothing.
    """
    text = folded(_REFERENCE.sub("", sentence))
    if len(text) > MOST_CHARACTERS:
        return Finding("length", f"{len(text)} characters")
    known = known_of(tuple(facts))
    message = folded(said[:2000])
    read = _Said(
        text, lowered(text), values_in(text), lowered(message), values_in(message), names_in(message)
    )
    return _language(read, known, language) or _of_its_subjects(read, known)


def _language(said: _Said, known: Known, language: str) -> Finding | None:
    runs = [run for run in CJK.findall(said.text) if run not in known.text and run not in said.message]
    if language != "zh":
        return Finding("language", language) if runs else None
    words = re.findall(r"[A-Za-z]{2,}", said.text)
    has_chinese = CJK.search(said.text) is not None
    return Finding("language", language) if not has_chinese and len(words) > 1 else None


def _of_its_subjects(said: _Said, known: Known) -> Finding | None:
    """Where no order is named it has to be one and the same that all of it follows from."""
    groups = _groups(said, known)
    if groups or len(known.subjects.orders) < 2 or _PLURAL.search(said.low):
        return _check(said, known, groups or [(0, frozenset())])
    mine = marks_of(names_in(said.text), said.values)
    hinted = {order for order, marks in known.hints if marks & mine}
    asked = hinted or {order for _, order in orders_in(said.message.upper())} & known.subjects.orders
    finding: Finding | None = None
    for order in sorted(asked or known.subjects.orders):
        finding = _check(said, known, [(0, frozenset({order}))])
        if finding is None:
            return None
    return finding


def _groups(said: _Said, known: Known) -> list[tuple[int, frozenset[str]]]:
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


def _is_between(said: _Said, start: int, end: int) -> bool:
    """Whether anything is told of the first before the second is named."""
    told = [v.start for v in said.values if v.kind not in ("identifier", "tail")]
    return any(start < at < end for at in (*told, *(claim.start for claim in claims_in(said.text).claims)))


def _is_unknown_order(value: Value, said: _Said, known: Known) -> bool:
    number = str(value.key[0])
    return any(order == number for _, order in orders_in(said.text)) and not any(
        v.kind == "identifier" and v.key == value.key for piece in known.pieces for v in piece.values
    )


def _check(said: _Said, known: Known, groups: list[tuple[int, frozenset[str]]]) -> Finding | None:
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
        next((f for value in said.values if (f := _value(value, said, known, scope(value.start)))), None)
        or _claims(said, scope)
        or _denials(said, scope)
        or next(
            (f for name in names_in(said.text) if (f := _name(name, said, known, scope(name.start)))), None
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


def _value(value: Value, said: _Said, known: Known, pieces: Iterable[Piece]) -> Finding | None:
    kind = "identifier" if value.kind in ("identifier", "tail") else "number"
    pieces = tuple(pieces)
    there = [v for piece in pieces for v in piece.values]
    if value.kind == "tail":
        ends = [str(v.key[0]) for v in there if v.kind == "identifier"]
        return None if any(end.endswith(str(value.key[0])) for end in ends) else Finding(kind, value.text)
    holding = [piece for piece in pieces if any(follows(value, other) for other in piece.values)]
    if holding:
        return (
            None
            if kind == "identifier" or _is_its_topic(value, said, holding, pieces)
            else Finding(kind, value.text)
        )
    if follows_together(value, said.low, pieces, known):
        return None
    if kind == "identifier" and _is_written(value.text, pieces):
        return None
    if (kind == "identifier" or said.is_echo) and any(follows(value, other) for other in said.message_values):
        return None
    return Finding(kind, value.text)


def _is_its_topic(value: Value, said: _Said, holding: Sequence[Piece], pieces: Sequence[Piece]) -> bool:
    """Whether a fact that holds the value speaks of what the sentence speaks of, as far as another does that has a value of
    that kind: 48 hours are the refund's, and not the fault's.
    """
    others = [v for v in said.values if v.kind == value.kind and v.key != value.key]
    rivals = [p for p in pieces if p not in holding and any(v.kind == value.kind for v in p.values)]
    rivals = [p for p in rivals if not any(follows(v, known) for v in others for known in p.values)]
    if not rivals:
        return True
    shares = _likeness(said, pieces)
    most = max(shares[id(p)] for p in rivals)
    return max(shares[id(p)] for p in holding) >= _LEAST_SHARE * most or most < _TOLD_BY


# A fact is about the sentence where it shares so much with it, in words that tell facts apart, of what the likest one does.
_TOLD_BY: Final = 0.5
_LEAST_SHARE: Final = 0.25


def _is_written(text: str, pieces: Iterable[Piece]) -> bool:
    return any(text.lower() in piece.text for piece in pieces)


def _claims(said: _Said, scope: Callable[[int], tuple[Piece, ...]]) -> Finding | None:
    """Of a word with several meanings one has to follow."""
    findings: dict[int, list[Finding | None]] = {}
    for claim in claims_in(said.text).claims:
        findings.setdefault(claim.start, []).append(_claim(claim, said, scope(claim.start)))
    return next((found[0] for found in findings.values() if all(found)), None)


def _claim(claim: Claim, said: _Said, pieces: tuple[Piece, ...]) -> Finding | None:
    facts = held(tuple(c for piece in pieces for c in piece.claims))
    if claim.kind == "promise":
        return _promise(claim, said, facts)
    if claim.mode == "event" or _ASKS.search(said.text):
        return None
    concept_said = "stock" if claim.concept == "available" else claim.concept
    told = {(c.concept, c.sign) for piece in pieces for c in piece.claims if c.mode != "event"}
    signs = {sign for concept, sign in told if concept == concept_said}
    if claim.concept == "available":
        return Finding("negation", claim.word) if signs == {-claim.sign} else None
    if (
        claim.concept == "discount"
        and claim.sign > 0
        and any(v.kind == "off" for p in pieces for v in p.values)
    ):
        return None
    if claim.concept in _WEAK and -claim.sign not in signs:
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
    if is_held or (claim.mode != "done" and _COURTESY.search(said.low) and not signs):
        return None
    return Finding("negation" if -claim.sign in signs else "claim", claim.word)


# Claims so common in free wording that only their contrary is kept back.
_WEAK: Final = frozenset("instalments place change address member weekend tax nophone points hub".split())


def _is_told_of_it(claim: Claim, said: _Said, pieces: Sequence[Piece]) -> bool:
    """Where some facts claim it and others deny it: whether the one that the sentence is likest to claims it too."""
    likeness = _likeness(said, pieces)
    best = {
        sign: max((likeness[id(p)] for p in pieces if _claims_it(p, claim.concept, sign)), default=0.0)
        for sign in (claim.sign, -claim.sign)
    }
    return best[claim.sign] >= best[-claim.sign]


def _claims_it(piece: Piece, concept: str, sign: int) -> bool:
    return any(c.concept == concept and c.sign == sign and c.mode != "event" for c in piece.claims)


def _likeness(said: _Said, pieces: Sequence[Piece]) -> dict[int, float]:
    """How much each has in common with the sentence: what few facts have counts most."""
    words = Counter(word for piece in pieces for word in piece.topic)
    mine = topic_of(said.text, said.low)
    return {id(piece): sum(1 / words[word] for word in piece.topic & mine) for piece in pieces}


def _promise(claim: Claim, said: _Said, facts: frozenset[tuple[str, str, int]]) -> Finding | None:
    signs = {sign for concept, _, sign in facts if concept == claim.concept}
    if claim.concept == "today" and _COURTESY.search(said.low):
        return None
    if claim.concept == "at_once":
        signs |= {sign for concept, _, sign in facts if concept == "soon"}
    if claim.concept == "soon" or claim.sign in signs or (claim.sign < 0 and not signs):
        return None
    return Finding("promise", claim.word)


def _denials(said: _Said, scope: Callable[[int], tuple[Piece, ...]]) -> Finding | None:
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


def _name(name: Name, said: _Said, known: Known, pieces: tuple[Piece, ...]) -> Finding | None:
    if name.concept:
        there = {other.concept for piece in pieces for other in piece.names}
        if name.concept in there or any(small in there for small in IS_A.get(name.concept, ())):
            return None
        if any(_has_word(piece.text, name.text.lower()) for piece in pieces):
            return None
        if name.kind in ("goods", "brand", "category") or said.is_echo or _ASKS.search(said.text):
            asked = {other.concept for other in said.message_names}
            if name.concept in asked:
                return None
        return Finding("name", name.text)
    text = name.text.lower()
    if name.kind == "latin":
        is_known = _has_word(known.text, text) or _has_word(said.message, text)
        is_known |= len(text) > 4 and text in "".join(known.text.split())
        return None if is_known else Finding("name", name.text)
    if text in known.text or text in said.message:
        return None
    if name.kind == "person" and (name.text[-1:] in known.text or name.text[:2] in known.text):
        return None
    if name.kind == "quoted" and _overlap(text, known.text + said.message) >= 0.6:
        return None
    return Finding("name", name.text)


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
