"""Who is calling: the shop's key, and the customer, agent or operator it speaks for. What they may do stands in `access`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ApiKeyRole(StrEnum):
    """`shop` may serve customers; `operator` may also read metrics, edit knowledge and use raw engines.

    `page` is for a browser: it serves the one customer whose token is beside it, and reads nothing of any other.
    """

    PAGE = "page"
    SHOP = "shop"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was checked. The key itself is never kept: `prefix` is its readable beginning, for logs
    and lists.
    """

    key_id: str
    tenant_id: str
    role: ApiKeyRole
    prefix: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key, and its `value`, which is known only now."""

    key: ApiKey
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a customer's operation. `agent_id` is a person of the service team: with a customer, who acts for them
    alone; without, on whatever is of the shop's customers. `operator_id` names who looks after the service itself, and
    sees nothing of any customer. `is_shop`: the shop's own systems, which tell what happened.
    """

    tenant_id: str
    customer_id: str | None = None
    agent_id: str | None = None
    operator_id: str | None = None
    is_shop: bool = False

    @property
    def caller(self) -> str:
        """Who answers for what is done, in tokens and in the audit log."""
        if self.is_shop:
            return "shop"
        if self.agent_id is not None:
            return f"agent:{self.agent_id}"
        if self.operator_id is not None:
            return f"operator:{self.operator_id}"
        return f"customer:{self.customer_id}"
