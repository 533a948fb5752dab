"""One fact that an answer may state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from commerce.domain.text import LocalText


@dataclass(frozen=True, slots=True)
class SheetFact:
    """`kind` says what it is about (`order.total`), `subject` of which order or product, `part` of which line of it; None: of
    the shop or the customer. `text` is a sentence in each language.
    """

    kind: str
    subject: str | None
    text: LocalText
    part: str | None = None


def fact(kind: str, subject: str | None, zh: str, en: str, part: str | None = None) -> SheetFact:
    return SheetFact(kind, subject, LocalText(zh, en), part)


def of_kinds(sheet: Iterable[SheetFact], kinds: Iterable[str]) -> tuple[SheetFact, ...]:
    """The facts of these kinds, in the order of the kinds."""
    facts = tuple(sheet)
    return tuple(fact for kind in kinds for fact in facts if fact.kind == kind)
