"""What a shop says of how its messages are read: corrections, and a candidate beside the live model in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Feedback:
    """A text with the intent that it has. `said` is the intent that had been read; `source` is who corrected it: shop,
    operator or agent.
    """

    feedback_id: str
    text: str
    intent: str
    said: str | None
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose message was corrected, as far as the shop says: it is forgotten with them."""

    customer_id: str | None = None
    conversation_id: str | None = None


NOBODY: Final = Origin()


@dataclass(frozen=True, slots=True)
class ShadowTally:
    """What a candidate said of the texts that the live model read, in numbers of texts and in total milliseconds.

    `live_version` is the one that it was last compared with, None: what ships. `failed` texts are among `texts`; `skipped`
    ones, for which there was no time, are not.
    """

    version: str
    live_version: str | None
    texts: int
    same_intent: int
    same_decision: int
    live_out_of_scope: int
    shadow_out_of_scope: int
    failed: int
    skipped: int
    live_ms: float
    shadow_ms: float

    def plus(self, other: ShadowTally) -> ShadowTally:
        """Both together; `other` is the later one. Raises ValueError for another version's."""
        if other.version != self.version:
            raise ValueError(f"tallies of {self.version} and {other.version} cannot be added")
        return ShadowTally(
            version=self.version,
            live_version=other.live_version,
            texts=self.texts + other.texts,
            same_intent=self.same_intent + other.same_intent,
            same_decision=self.same_decision + other.same_decision,
            live_out_of_scope=self.live_out_of_scope + other.live_out_of_scope,
            shadow_out_of_scope=self.shadow_out_of_scope + other.shadow_out_of_scope,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
            live_ms=self.live_ms + other.live_ms,
            shadow_ms=self.shadow_ms + other.shadow_ms,
        )
