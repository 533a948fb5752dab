"""Signed tokens by which a shop says for which customer, or agent, a request is made: JWT, HS256.

The shop's own back end mints them with the shared secret; nothing in a token is secret. A token of one
kind or tenant is refused for another. A page's token stands where an API key stands, in a browser that must
not hold one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import jwt

from commerce.domain.errors import AgentTokenInvalid, CustomerTokenInvalid, PageTokenInvalid, TokenInvalid

MIN_SECRET_BYTES = 32
_ALGORITHM = "HS256"
_SCHEMA_VERSION = 1
# Clocks of two machines may differ by this much.
_LEEWAY = timedelta(seconds=30)


class TokenKind(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    PAGE = "page"


_ERRORS: dict[TokenKind, type[TokenInvalid]] = {
    TokenKind.CUSTOMER: CustomerTokenInvalid,
    TokenKind.AGENT: AgentTokenInvalid,
    TokenKind.PAGE: PageTokenInvalid,
}


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """`subject` is the customer's or the agent's id; a page token's is only a word."""

    tenant_id: str
    subject: str
    kind: TokenKind
    issued_at: datetime
    expires_at: datetime


def mint(
    secret: bytes, *, tenant_id: str, subject: str, kind: TokenKind, now: datetime, ttl: timedelta
) -> str:
    """A token valid from `now` (timezone-aware) for `ttl`. Raises ValueError for a short secret or an
    empty subject.
    """
    _require_long(secret)
    if not tenant_id or not subject or ttl <= timedelta(0):
        raise ValueError("a token needs a tenant, a subject and a positive time to live")
    claims = {
        "v": _SCHEMA_VERSION,
        "tenant": tenant_id,
        "sub": subject,
        "kind": kind.value,
        "iat": int(now.timestamp()),
        "exp": int((now + ttl).timestamp()),
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def verify(token: str, secret: bytes, *, tenant_id: str, kind: TokenKind, now: datetime) -> TokenClaims:
    """The token's claims, if it is of this tenant and kind and valid at `now`.

    Raises CustomerTokenInvalid, AgentTokenInvalid or PageTokenInvalid by `kind`; its `reason` is malformed,
    signature, version, kind, tenant or expired. Raises ValueError for a short secret.
    """
    return _verified(token, secret, kind, now, tenant_id)


def verify_page(token: str, secret: bytes, *, now: datetime) -> TokenClaims:
    """A page token's claims. Its tenant is whatever the token says: there is no API key beside it that would.

    Raises PageTokenInvalid as `verify` does.
    """
    return _verified(token, secret, TokenKind.PAGE, now, None)


def _verified(
    token: str, secret: bytes, kind: TokenKind, now: datetime, tenant_id: str | None
) -> TokenClaims:
    """With `tenant_id` None, of any tenant."""
    _require_long(secret)
    refused = _ERRORS[kind]
    claims = _checked_claims(token, secret, refused)
    if claims["v"] != _SCHEMA_VERSION:
        raise refused("version")
    if claims["kind"] != kind.value:
        raise refused("kind")
    if tenant_id is not None and claims["tenant"] != tenant_id:
        raise refused("tenant")
    issued_at = datetime.fromtimestamp(claims["iat"], UTC)
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    if now >= expires_at + _LEEWAY or now < issued_at - _LEEWAY:
        raise refused("expired")
    return TokenClaims(claims["tenant"], claims["sub"], kind, issued_at, expires_at)


def _checked_claims(token: str, secret: bytes, refused: type[TokenInvalid]) -> dict[str, Any]:
    # The clock is the caller's: PyJWT would read its own.
    options: jwt.types.Options = {
        "require": ["v", "tenant", "sub", "kind", "iat", "exp"],
        "verify_exp": False,
        "verify_iat": False,
    }
    try:
        claims = jwt.decode(token, secret, algorithms=[_ALGORITHM], options=options)
    except jwt.InvalidSignatureError:
        raise refused("signature") from None
    except jwt.InvalidTokenError:
        raise refused("malformed") from None
    texts = all(isinstance(claims[name], str) and claims[name] for name in ("tenant", "sub", "kind"))
    numbers = all(type(claims[name]) is int and 0 <= claims[name] < 2**40 for name in ("v", "iat", "exp"))
    if not (texts and numbers):
        raise refused("malformed")
    return claims


def _require_long(secret: bytes) -> None:
    if len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"the token secret must have at least {MIN_SECRET_BYTES} bytes")
