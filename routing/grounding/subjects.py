"""What a sentence and the facts are about: which order, which product."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from routing.grounding.content import stem
from routing.grounding.text import CJK, lowered

_ORDER: Final = re.compile(
    r"(?:订单(?:号|编号)?|(?<![a-z])orders?(?: numbers?| no\.?| id)?"
    r"|#)[\s:#是为(]*(?<![a-z0-9])(?=[a-z-]*\d)([a-z0-9][a-z0-9-]{4,})",
    re.I,
)
_ID: Final = re.compile(r"(?<![a-z0-9])(?=[a-z-]*\d)[a-z0-9][a-z0-9-]{4,}", re.I)
_LATIN: Final = re.compile(r"[a-z0-9]+(?:[.'-][a-z0-9]+)*")
_IDLE: Final = frozenset({"the", "and", "for", "with", "of", "in", "a"})


def plain(identifier: str) -> str:
    return "".join(c for c in identifier if c.isalnum()).upper()


def is_order(subject: str) -> bool:
    """Whether a subject is an order's number rather than a product's name."""
    return _ID.fullmatch(subject.strip().lstrip("#")) is not None and sum(c.isdigit() for c in subject) >= 3


def orders_in(text: str) -> list[tuple[int, str]]:
    """Where a text names an order by its number."""
    return [(match.start(1), plain(match[1])) for match in _ORDER.finditer(text)]


@dataclass(frozen=True, slots=True)
class Subjects:
    """All subjects of the facts: orders by number, products by the pieces of their names that tell them apart."""

    orders: frozenset[str]
    products: tuple[tuple[str, frozenset[str]], ...]

    def named(self, text: str) -> list[tuple[int, str]]:
        """Where a text names one of them, from left to right."""
        low = lowered(text)
        found = [(m.start(), plain(m.group())) for m in _ID.finditer(text) if plain(m.group()) in self.orders]
        found += self._tails(low)
        found += self._products(low)
        return sorted(found)

    def _tails(self, low: str) -> list[tuple[int, str]]:
        """Of a number its end alone: "the one ending in 0001"."""
        found = []
        for match in re.finditer(
            r"(?:尾号|后四位|ending in|ending|ends with|\.\.\.)\D{0,3}(\d{3,6})(?!\d)", low
        ):
            found += [(match.start(1), order) for order in self.orders if order.endswith(match[1])]
        return found

    def _products(self, low: str) -> list[tuple[int, str]]:
        shares: list[tuple[bool, float, int, str]] = []
        counts: dict[str, int] = {}
        for _, pieces in self.products:
            for piece in pieces:
                counts[piece] = counts.get(piece, 0) + 1
        said = dict(_pieces(low))
        for name, pieces in self.products:
            there = [piece for piece in pieces if piece in said]
            own = [piece for piece in there if counts[piece] == 1]
            share = sum(1 / counts[p] for p in there) / max(sum(1 / counts[p] for p in pieces), 0.01)
            if own or share >= 0.5:
                shares.append((bool(own), share, min(said[piece] for piece in own or there), name))
        # What names that are alike share names none of them where another's own part is there.
        is_any_own = any(is_own for is_own, *_ in shares)
        most = max((share for is_own, share, _, _ in shares if is_own == is_any_own), default=0.0)
        return [
            (at, name) for is_own, share, at, name in shares if is_own == is_any_own and share >= 0.3 * most
        ]


def subjects_of(names: Iterable[str]) -> Subjects:
    names = list(dict.fromkeys(names))
    orders = frozenset(plain(name) for name in names if is_order(name))
    products = tuple(
        (name, frozenset(piece for piece, _ in _pieces(lowered(name))))
        for name in names
        if not is_order(name)
    )
    return Subjects(orders, products)


def _pieces(low: str) -> Sequence[tuple[str, int]]:
    """Words and pairs of Chinese characters with their first places."""
    found: dict[str, int] = {}
    for match in _LATIN.finditer(low):
        word = match.group() if any(c.isdigit() for c in match.group()) else stem(match.group())
        if word not in _IDLE and len(word) > 1:
            found.setdefault(word, match.start())
    for match in CJK.finditer(low):
        run = match.group()
        for at in range(len(run) - 1):
            found.setdefault(run[at : at + 2], match.start() + at)
    return list(found.items())
