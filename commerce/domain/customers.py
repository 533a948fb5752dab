"""Customers and where they live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MemberLevel(StrEnum):
    """By what was spent in the last 12 months; the thresholds are the shop's policy."""

    ORDINARY = "ordinary"
    SILVER = "silver"
    GOLD = "gold"


@dataclass(frozen=True, slots=True)
class Address:
    """A delivery address. `region` is the province or state, as the shipping rules name it."""

    address_id: str
    recipient: str
    phone: str
    region: str
    city: str
    district: str
    street: str
    postcode: str
    country: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """`language` is a tag such as zh or en; `is_plus` is the paid membership. Phone and e-mail are
    personal data.
    """

    customer_id: str
    name: str
    email: str
    phone: str
    language: str
    level: MemberLevel
    is_plus: bool
    points: int
    registered_at: datetime | None
    addresses: tuple[Address, ...]
    attributes: Mapping[str, object] = field(hash=False, default_factory=dict)
