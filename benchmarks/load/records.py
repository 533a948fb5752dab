"""What the planner hands to the driver, and the driver to the measures. Times are seconds of the run: 0 is its start."""

from dataclasses import dataclass, field
from typing import Final, Literal

Route = Literal["chat", "chat_stream", "completions", "completions_stream", "understand", "recommendations"]
Outcome = Literal["answered", "degraded", "shed", "cancelled", "failed"]
"""One for each request id: 200 in full quality, 200 below it, refused by 429 or 503 with Retry-After, given up by the client,
and the rest: another status, a broken or unfinished stream, no connection."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("answered", "degraded", "shed", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Planned:
    """One request to send at `at_s`, whatever became of those before it.

    `body` is the JSON to POST, None for a GET. `conversation` and `turn` tell which conversation it belongs to and its place
    there, from 0: a later turn carries the conversation's id that the server gave, and waits for the turn before it. `phase`
    names the part of the arrivals it belongs to; what is in `warm_up` is sent and left out of the measures.
    """

    number: int
    at_s: float
    route: Route
    path: str
    body: bytes | None
    tenant: str
    intent: str
    language: str
    value: int
    conversation: int
    turn: int
    phase: str = "measured"


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one request. `at_s` is when it was to be sent, `sent_s` when it was; None for what did not happen.

    `first_s` is the first checked text of a stream, or a plain answer's end; `pieces` the texts of a stream; `stages_ms` the
    server's own timings; `server_s` the server's own clock readings (received, answered), where it gives them. `due_s` is
    when it could first be sent: `at_s`, or later where the turn before it ended later; what `sent_s` is past it is the
    driver's doing.
    """

    number: int
    at_s: float
    sent_s: float | None
    first_s: float | None
    end_s: float | None
    status: int | None
    outcome: Outcome
    error: str | None = None
    rung: str | None = None
    pieces: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    request_id: str | None = None
    stages_ms: dict[str, float] = field(default_factory=dict, hash=False)
    server_s: tuple[float, float] | None = None
    due_s: float | None = None


@dataclass(frozen=True, slots=True)
class DriverWatch:
    """What one driver process noticed of itself. Seconds; `cpu_share` is of one core, over the run.

    `lag_s` are samples of how much later the event loop woke than it was to: what that is, every latency holds too.
    """

    process: int
    cpu_share: float
    lag_s: tuple[float, ...]
    sent: int
    steal_share: float
