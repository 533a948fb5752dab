"""Conversations and their turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class TurnOutcome(StrEnum):
    """What became of a turn; known only afterwards, except for a hand-off."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    ABANDONED = "abandoned"
    REOPENED = "reopened"
    HANDED_OFF = "handed_off"


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A turn about to be stored. `probability` is the calibrated one of `intent`; `timings_ms` is stage →
    milliseconds.
    """

    request_id: str
    message: str
    answer: str
    intent: str
    probability: float
    decision: str
    rung: str
    queue: str
    language: str
    at: datetime
    outcome: TurnOutcome = TurnOutcome.OPEN
    timings_ms: Mapping[str, float] = field(hash=False, default_factory=dict)
    state: Mapping[str, object] = field(hash=False, default_factory=dict)
    """What the dialogue carries to the next turn (open slot, pending proposal). Opaque to the store; it
    becomes `Conversation.state`.
    """


@dataclass(frozen=True, slots=True)
class Turn:
    """A stored turn: `number` counts from 1 and equals the conversation's version after it. Personal data
    in `message` and `answer` is masked.
    """

    number: int
    request_id: str
    message: str
    answer: str
    intent: str
    probability: float
    decision: str
    rung: str
    queue: str
    language: str
    at: datetime
    outcome: TurnOutcome
    timings_ms: Mapping[str, float] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Conversation:
    """`turns` oldest first, the latest ones only when a limit was asked for. `version` is the number of
    stored turns.
    """

    conversation_id: str
    customer_id: str | None
    version: int
    language: str
    created_at: datetime
    updated_at: datetime
    state: Mapping[str, object] = field(hash=False)
    turns: tuple[Turn, ...]
