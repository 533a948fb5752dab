"""Who is calling: the shop's key, and the customer it speaks for."""

from __future__ import annotations

from dataclasses import dataclass
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
class Principal:
    """The caller of a customer's operation. Without a customer it may see nothing that belongs to one."""

    tenant_id: str
    customer_id: str | None = None
