"""Signed tokens that are no longer good, though they have not expired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

CLOCK_LEEWAY: Final = timedelta(seconds=30)
"""By how much the clocks of two machines may differ."""


class RevocationScope(StrEnum):
    """One token, by the `jti` that it was given; or all of a customer, of an agent or of the shop's pages that were issued
    before an instant.
    """

    TOKEN = "token"
    CUSTOMER = "customer"
    AGENT = "agent"
    PAGE = "page"


ALL_PAGES: Final = "page"
"""The `entity_id` where the scope is PAGE: a page's token is nobody's."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """`entity_id` is of a token, a customer or an agent, or ALL_PAGES. For one token `not_before` is the instant of its
    revocation.
    """

    scope: RevocationScope
    entity_id: str
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Revocations:
    """What one tenant has revoked and could still be valid."""

    token_ids: frozenset[str] = frozenset()
    not_before: Mapping[tuple[RevocationScope, str], datetime] = field(hash=False, default_factory=dict)

    def forbid(
        self, scope: RevocationScope, entity_id: str, token_id: str | None, issued_at: datetime
    ) -> bool:
        """Whether the token of that id, which is among those of `scope` and `entity_id`, is revoked.

        The clock of who issued it may be fast: what says that it was issued within the leeway after the instant may have been
        there before. So a new token is good once the leeway has passed.
        """
        if token_id in self.token_ids:
            return True
        not_before = self.not_before.get((scope, entity_id))
        return not_before is not None and issued_at <= not_before + CLOCK_LEEWAY
