"""What a sentence is held against, and what is found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the prompt. `subject`: the order number or product name that it is about; "" holds for all."""

    id: str
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a sentence was not sent: `kind` is length, language, identifier, number, claim, negation, promise, name or subject;
    `what` is the piece itself.
    """

    kind: str
    what: str
