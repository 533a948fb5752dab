"""What the demonstration shop hands to a browser: a key for the page, and customers to be.

A page's key is a signed token of the shop, so that no API key is in a browser: it expires by itself, is stored nowhere, and
can be revoked as a customer's token can.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from commerce import tokens
from commerce.domain.identity import ApiKey, ApiKeyRole, Principal
from commerce.store import Store

PAGE_TTL: Final = timedelta(hours=12)
_SUBJECT: Final = "page"


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """Somebody whom the page can be: their token, and a word on what they have."""

    id: str
    name: str
    token: str
    about_zh: str
    about_en: str


@dataclass(frozen=True, slots=True)
class Demonstration:
    """`key` goes where an API key goes; it and the customers' tokens are good for `PAGE_TTL` at most."""

    key: str
    customers: tuple[DemoCustomer, ...]


async def demonstration(
    store: Store, secret: bytes, now: datetime, longest: timedelta
) -> Demonstration | None:
    """The demonstration shop's key and customers, fresh at `now`; None when the store holds no such shop. The customers'
    tokens are good for no more than `longest`.
    """
    for tenant in await store.tenants():
        seeded = tenant.attributes.get("demo")
        if isinstance(seeded, Mapping):
            break
    else:
        return None
    shown = (
        (str(seeded["customer_id"]), "有近期订单", "has recent orders"),
        (str(seeded["other_customer_id"]), "另一位顾客", "another customer"),
    )
    customers = [
        DemoCustomer(
            id=customer_id,
            name=(await store.customer(Principal(tenant.tenant_id, customer_id))).name,
            token=_mint(
                secret, tenant.tenant_id, customer_id, tokens.TokenKind.CUSTOMER, now, min(PAGE_TTL, longest)
            ),
            about_zh=about_zh,
            about_en=about_en,
        )
        for customer_id, about_zh, about_en in shown
    ]
    key = _mint(secret, tenant.tenant_id, _SUBJECT, tokens.TokenKind.PAGE, now, PAGE_TTL)
    return Demonstration(key, tuple(customers))


def is_page_key(key: str) -> bool:
    """Whether a bearer key claims to be a page's: a JWT has two dots, and an API key (`kf_…`) has none."""
    return key.count(".") == 2


def page_key(claims: tokens.TokenClaims) -> ApiKey:
    """The API key that a page's token stands for: of its own shop, with a page's role."""
    return ApiKey(
        key_id=_SUBJECT,
        tenant_id=claims.tenant_id,
        role=ApiKeyRole.PAGE,
        prefix=_SUBJECT,
        created_at=claims.issued_at,
    )


def _mint(
    secret: bytes, tenant_id: str, subject: str, kind: tokens.TokenKind, now: datetime, ttl: timedelta
) -> str:
    return tokens.mint(secret, tenant_id=tenant_id, subject=subject, kind=kind, now=now, ttl=ttl)
