"""What the flow of a turn wants done. It yields an effect, whoever drives it does the I/O, and sends the result back in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from commerce.domain.actions import Arguments
from commerce.domain.proposals import Proposal
from commerce.domain.rules import RuleStep
from models.types import ChatMessage, Understood
from models.types.understanding import Language
from routing.dialogue.state import Offer
from routing.facts import Facts, Needs
from routing.ladder import Rung

EventName = Literal["meta", "delta", "card", "rung", "done", "error"]


@dataclass(frozen=True, slots=True)
class Understand:
    """Read the message. The result is an `Understood`, or an `Unread` when the stage did not answer."""

    message: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Understanding did not answer, and why; `language` was told from the script."""

    language: Language
    reason: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Fetch what the turn needs, in parallel. The result is a `Facts`, with the order of that id among its orders. What
    articles say is not searched again where it was for `known`, and orders that it has are not read again.
    """

    understood: Understood
    needs: Needs
    order_id: str | None = None
    known: Facts | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """Fetch all that an action on this order is decided from. The result is a `Details`, or an `Unavailable`."""

    order_id: str


@dataclass(frozen=True, slots=True)
class DetailEach:
    """The same of several orders at once. The result is a `Details` for each in that order, or an `Unavailable`."""

    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Propose:
    """Ask what an action would do. The result is an `Offered`, a `Refused` or an `Unavailable`."""

    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Commit:
    """Do what was agreed to, once however often it is asked for. The result is a `Committed`, a `Refused`, a `Lapsed` or an
    `Unavailable`.
    """

    offer: Offer


@dataclass(frozen=True, slots=True)
class Offered:
    """What would be done, and what agrees to it."""

    proposal: Proposal
    offer: Offer


@dataclass(frozen=True, slots=True)
class Committed:
    """It is done; `made` names what came to be, kind and id."""

    made: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Rules of the shop forbid it; nothing was changed."""

    rule_trace: tuple[RuleStep, ...]


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The offer is too old, or the order is another meanwhile; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The shop's store did not answer in time, and why. A commit may have been done all the same."""

    reason: str


@dataclass(frozen=True, slots=True)
class StartRung:
    """Begin a generation. The result is None, or the reason why it could not begin."""

    rung: Rung
    messages: tuple[ChatMessage, ...]


@dataclass(frozen=True, slots=True)
class NextPiece:
    """Wait for more text of the generation. The result is a `Piece`."""


@dataclass(frozen=True, slots=True)
class StopRung:
    """Abort the generation; its engine stops computing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a generation; `is_last` with the end of the stream, `is_cut` where the model had not come to its own end;
    `failure` says why it broke.
    """

    text: str = ""
    is_last: bool = False
    is_cut: bool = False
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Emit:
    """Send an event to a client that streams. The result is None."""

    event: EventName
    data: dict[str, Any]


Effect = (
    Understand | LookUp | Detail | DetailEach | Propose | Commit | StartRung | NextPiece | StopRung | Emit
)
