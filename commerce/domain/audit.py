"""Who did what to whose, when, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`caller` is such as customer:ID, agent:ID or operator:ID; `why` the rules that were applied. Ids grow as entries are
    added.
    """

    entry_id: int
    at: datetime
    caller: str
    customer_id: str | None
    what: str
    entity_id: str
    why: str
    request_id: str | None
