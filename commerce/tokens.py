"""Signed tokens by which a shop says for which customer, or agent, a request is made: JWT, HS256.

The shop's own back end mints them with the shared secret; nothing in a token is secret. A token of one
kind or tenant is refused for another. One with a `jti` can be revoked by it, and all of a customer or an agent by the
instant at which they were issued; so can all of the shop's pages. A page's token stands where an API key stands, in a
browser that must not hold one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import jwt

from commerce.domain.errors import AgentTokenInvalid, CustomerTokenInvalid, PageTokenInvalid, TokenInvalid
from commerce.domain.revocations import ALL_PAGES, CLOCK_LEEWAY, Revocations, RevocationScope

MIN_SECRET_BYTES = 32
_ALGORITHM = "HS256"
_SCHEMA_VERSION = 1
_MAX_ID_CHARACTERS = 100
_MAX_SUBJECT_CHARACTERS = 64
NOTHING_REVOKED: Final = Revocations()


class TokenKind(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    PAGE = "page"


_ERRORS: dict[TokenKind, type[TokenInvalid]] = {
    TokenKind.CUSTOMER: CustomerTokenInvalid,
    TokenKind.AGENT: AgentTokenInvalid,
    TokenKind.PAGE: PageTokenInvalid,
}


_SCOPES = {
    TokenKind.CUSTOMER: RevocationScope.CUSTOMER,
    TokenKind.AGENT: RevocationScope.AGENT,
    TokenKind.PAGE: RevocationScope.PAGE,
}


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """`subject` is the customer's or the agent's id; a page token's is only a word. `token_id` is its `jti`, where the shop
    gave it one.
    """

    tenant_id: str
    subject: str
    kind: TokenKind
    issued_at: datetime
    expires_at: datetime
    token_id: str | None = None


def mint(
    secret: bytes, *, tenant_id: str, subject: str, kind: TokenKind, now: datetime, ttl: timedelta
) -> str:
    """A token valid from `now` (timezone-aware) for `ttl`, with a `jti` of its own. Raises ValueError for a short secret or
    a subject that is no id.
    """
    require_long(secret)
    if not (_is_subject(tenant_id) and _is_subject(subject)) or ttl <= timedelta(0):
        raise ValueError(
            f"a token needs a tenant and a subject of 1 to {_MAX_SUBJECT_CHARACTERS} printable characters, "
            "and a positive time to live"
        )
    claims = {
        "v": _SCHEMA_VERSION,
        "tenant": tenant_id,
        "sub": subject,
        "kind": kind.value,
        "iat": int(now.timestamp()),
        "exp": int((now + ttl).timestamp()),
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def verify(
    token: str,
    secret: bytes,
    *,
    tenant_id: str,
    kind: TokenKind,
    now: datetime,
    longest: timedelta | None = None,
    revoked: Revocations = NOTHING_REVOKED,
) -> TokenClaims:
    """The token's claims, if it is of this tenant and kind, valid at `now`, and not among the tenant's `revoked` ones.

    Raises CustomerTokenInvalid, AgentTokenInvalid or PageTokenInvalid by `kind`, its `reason` as they say; `lifetime` is for
    one that is good for more than `longest`. Raises ValueError for a short secret.
    """
    claims = _verified(token, secret, kind, now, tenant_id, longest)
    require_unrevoked(claims, revoked)
    return claims


def verify_page(token: str, secret: bytes, *, now: datetime, longest: timedelta) -> TokenClaims:
    """A page token's claims. Its tenant is whatever the token says: there is no API key beside it that would. So whether it
    is revoked is asked next, with `require_unrevoked` and that tenant's revocations.

    Raises PageTokenInvalid as `verify` does.
    """
    return _verified(token, secret, TokenKind.PAGE, now, None, longest)


def require_unrevoked(claims: TokenClaims, revoked: Revocations) -> None:
    """`revoked` are of the claims' tenant. Raises the error of the token's kind, its reason `revoked`."""
    whose = ALL_PAGES if claims.kind is TokenKind.PAGE else claims.subject
    if revoked.forbid(_SCOPES[claims.kind], whose, claims.token_id, claims.issued_at):
        raise _ERRORS[claims.kind]("revoked")


def _verified(
    token: str,
    secret: bytes,
    kind: TokenKind,
    now: datetime,
    tenant_id: str | None,
    longest: timedelta | None,
) -> TokenClaims:
    """With `tenant_id` None, of any tenant."""
    require_long(secret)
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
    begins_at = datetime.fromtimestamp(max(claims["iat"], claims.get("nbf", 0)), UTC)
    if now < begins_at - CLOCK_LEEWAY:
        raise refused("not_yet_valid")
    if now >= expires_at + CLOCK_LEEWAY:
        raise refused("expired")
    if longest is not None and expires_at - issued_at > longest:
        raise refused("lifetime")
    return TokenClaims(claims["tenant"], claims["sub"], kind, issued_at, expires_at, claims.get("jti"))


def _checked_claims(token: str, secret: bytes, refused: type[TokenInvalid]) -> dict[str, Any]:
    # The clock is the caller's: PyJWT would read its own.
    options: jwt.types.Options = {
        "require": ["v", "tenant", "sub", "kind", "iat", "exp"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
    }
    try:
        claims = jwt.decode(token, secret, algorithms=[_ALGORITHM], options=options)
    except jwt.InvalidSignatureError:
        raise refused("signature") from None
    except jwt.InvalidTokenError:
        raise refused("malformed") from None
    texts = all(_is_subject(claims[name]) for name in ("tenant", "sub", "kind"))
    numbers = all(_is_number(claims[name]) for name in ("v", "iat", "exp"))
    if not (texts and numbers and _is_number(claims.get("nbf", 0)) and _is_id(claims.get("jti"))):
        raise refused("malformed")
    return claims


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**40


def _is_subject(value: Any) -> bool:
    """What every database keeps as an id."""
    return isinstance(value, str) and 0 < len(value) <= _MAX_SUBJECT_CHARACTERS and value.isprintable()


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, str) and 0 < len(value) <= _MAX_ID_CHARACTERS)


def require_long(secret: bytes) -> None:
    """Raises ValueError for a secret that could be guessed."""
    if len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"the token secret must have at least {MIN_SECRET_BYTES} bytes")
