"""The facts of a turn, read once: every value, claim and name of them with what it is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from routing.grounding.claims import Claim, Denial, claims_in
from routing.grounding.content import content_of
from routing.grounding.fact import Fact
from routing.grounding.kept import kept
from routing.grounding.names import Name, names_in
from routing.grounding.roles import Of, roles_in
from routing.grounding.subjects import Subjects, orders_in, plain, subjects_of
from routing.grounding.text import folded, lowered
from routing.grounding.topics import Stance, stances_in, topics_in
from routing.grounding.value import Value
from routing.grounding.values import values_in
from routing.grounding.words import IMPLIES


@dataclass(frozen=True, slots=True)
class Piece:
    """A fact, or that part of one that is about one order. `about` is empty where it holds for all."""

    about: frozenset[str]
    text: str
    values: tuple[Value, ...]
    claims: tuple[Claim, ...]
    denials: tuple[Denial, ...]
    names: tuple[Name, ...]
    stances: tuple[Stance, ...]
    roles: tuple[Of, ...]
    content: frozenset[str]
    topic: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    pieces: tuple[Piece, ...]
    subjects: Subjects
    text: str
    hints: tuple[tuple[str, frozenset[str]], ...]


@kept
def known_of(facts: tuple[Fact, ...]) -> Known:
    """Read from the facts; kept for the sentences that follow."""
    pieces = [piece for fact in facts for piece in _pieces(fact)]
    named = {fact.subject for fact in facts if fact.subject} | {o for p in pieces for o in p.about}
    subjects = subjects_of(sorted(named))
    own = _SHARED | {word for name in named for word in content_of(lowered(folded(name)))}
    pieces = [replace(piece, topic=piece.topic - own) for piece in pieces]
    text = "\n".join(piece.text for piece in pieces)
    return Known(tuple(pieces), subjects, text, _hints(pieces, subjects))


def _hints(pieces: list[Piece], subjects: Subjects) -> tuple[tuple[str, frozenset[str]], ...]:
    """By what each order is told apart where its number is not said: goods and models that it alone has."""
    marks: dict[str, set[str]] = {order: set() for order in sorted(subjects.orders)}
    for piece in pieces:
        for order in piece.about & subjects.orders:
            marks[order] |= marks_of(piece.names, piece.values)
    return tuple(
        (order, frozenset(own.difference(*(other for name, other in marks.items() if name != order))))
        for order, own in marks.items()
    )


def marks_of(names: tuple[Name, ...], values: tuple[Value, ...]) -> set[str]:
    """The goods and models of a text."""
    goods = {name.concept for name in names if name.kind in ("goods", "brand")}
    return goods | {str(value.key[0]) for value in values if value.kind == "identifier"}


def _pieces(fact: Fact) -> list[Piece]:
    text = folded(fact.text)
    orders = orders_in(text)
    about = frozenset(
        {plain(fact.subject) if subjects_of([fact.subject]).orders else fact.subject} if fact.subject else ()
    )
    if len({order for _, order in orders}) < 2:
        named = frozenset(order for _, order in orders)
        return [_piece(text, about | named if about or named else about)]
    cuts = [at for at, _ in orders] + [len(text)]
    # What stands before the first number belongs to it.
    return [
        _piece(text[0 if at == 0 else cuts[at] : cuts[at + 1]], frozenset({order}))
        for at, (_, order) in enumerate(orders)
    ]


def _piece(text: str, about: frozenset[str]) -> Piece:
    claims = claims_in(text)
    return Piece(
        about,
        lowered(text),
        values_in(text),
        claims.claims,
        claims.denials,
        names_in(text),
        stances_in(text),
        roles_in(text),
        frozenset(content_of(lowered(text))),
        topic_of(text, lowered(text)),
    )


# Words of every fact of an order, which tell none from another.
_SHARED: Final = frozenset(
    content_of(
        "订单 商品 您的 时间 个月 小时 工作日 分钟 order item goods product your date time number days hours months years "
        "weeks minutes working business yuan cny rmb usd"
    )
)


@kept
def topic_of(text: str, low: str) -> frozenset[str]:
    """By what a text tells what it is about: the things that it claims and names, and its words."""
    concepts = {f"={claim.concept}" for claim in claims_in(text).claims if claim.kind != "promise"}
    names = {f"#{name.concept}" for name in names_in(text) if name.concept}
    topics = {f"@{topic}" for topic in topics_in(text)}
    return frozenset((*concepts, *names, *topics, *content_of(low)))


# After these nothing is on its way any more.
_ENDS: Final = frozenset({"deliver", "cancel", "return", "refunded", "close"})


@kept
def held(claims: tuple[Claim, ...]) -> frozenset[tuple[str, str, int]]:
    """All that these claims say, and what follows from it."""
    found = {(claim.concept, claim.mode, claim.sign) for claim in claims}
    more = {implied for each in found for implied in IMPLIES.get(each, ())}
    # What has happened ends what was said of before: a delivered order was once not shipped.
    done = {concept for concept, mode, sign in found | more if mode == "done" and sign > 0}
    over = {each for each in more if each[0] in done and (each[1] == "will" or each[2] < 0)}
    if done & _ENDS:
        over |= {("transit", "done", 1), ("ship", "will", 1), ("deliver", "will", 1)}
    if done & {"ship", "transit", "dispatching", *_ENDS}:
        over |= {("preparing", "done", 1), ("to_leave", "done", 1)}
    return frozenset(found | (more - over))
