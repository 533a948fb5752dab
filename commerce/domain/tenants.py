"""Shops, what they log, and what replicas must hear about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from commerce.domain.text import LocalText


@dataclass(frozen=True, slots=True)
class Tenant:
    """One shop. `zone` is an IANA name, in which its windows and dates are computed; `locale` such as
    zh-CN.
    """

    tenant_id: str
    name: LocalText
    locale: str
    zone: str
    currency: str
    attributes: Mapping[str, object] = field(hash=False, default_factory=dict)


class ChangeKind(StrEnum):
    ARTICLE = "article"
    POLICY = "policy"
    CATALOGUE = "catalogue"
    API_KEY = "api_key"
    TENANT = "tenant"
    MODEL = "model"
    TOKEN = "token"
    ERASURE = "erasure"


class ModelKind(StrEnum):
    """What is trained on a shop's own data. The shadow of understanding reads what the live one reads, and never answers."""

    SEGMENTATION = "segmentation"
    RECOMMENDATION = "recommendation"
    UNDERSTANDING = "understanding"
    UNDERSTANDING_SHADOW = "understanding_shadow"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A trained model: its version, a content hash, and the URL of its folder."""

    version: str
    url: str


@dataclass(frozen=True, slots=True)
class PromotedModel:
    """The trained model that a tenant's replicas serve: its version, a content hash, and the URL of its folder.

    `previous` was served before it; None: what ships, if anything does.
    """

    kind: ModelKind
    version: str
    url: str
    promoted_at: datetime
    previous: ModelVersion | None


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the numbered change log: `seq` grows in commit order, so a reader that remembers the last
    one misses none.
    """

    seq: int
    tenant_id: str
    kind: ChangeKind
    entity_id: str
    at: datetime


class BehaviourKind(StrEnum):
    VIEW = "view"
    CART = "cart"
    PURCHASE = "purchase"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class BehaviourEvent:
    """What a customer did with a product. `amount_minor` is the line's value for purchases and returns,
    else 0.
    """

    event_id: int
    customer_id: str
    product_id: str
    category: str
    kind: BehaviourKind
    quantity: int
    amount_minor: int
    currency: str
    order_id: str | None
    at: datetime
