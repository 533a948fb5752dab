"""Tokens by which a caller agrees to exactly one proposal: JWT, HS256, minutes long, good once.

A token says who agreed (`caller`), to which arguments, on which version of the order, and to which effects; nothing in it is
secret, and nothing in it can be changed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

from commerce.domain.actions import Arguments
from commerce.domain.errors import ConfirmationRefused
from commerce.domain.identity import Principal
from commerce.domain.proposals import Proposal
from commerce.tokens import require_long

TTL: Final = timedelta(minutes=5)
_ALGORITHM: Final = "HS256"
_KIND: Final = "confirmation"
_CLAIMS: Final = ("v", "kind", "tenant", "sub", "jti", "args", "ver", "dig", "at", "exp")
_SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a token says: it is used once, by `token_id`. The dates of what was agreed to follow from `proposed_at`."""

    token_id: str
    order_version: int
    digest: str
    proposed_at: datetime


def mint_confirmation(
    secret: bytes, principal: Principal, proposal: Proposal, now: datetime
) -> tuple[str, datetime]:
    """The token, and when it expires. `now` is timezone-aware. Raises ValueError for a short secret."""
    require_long(secret)
    expires_at = now + TTL
    claims = {
        "v": _SCHEMA_VERSION,
        "kind": _KIND,
        "tenant": principal.tenant_id,
        "sub": principal.caller,
        "jti": secrets.token_urlsafe(16),
        "args": _digest(proposal.arguments),
        "ver": proposal.order_version,
        "dig": proposal.digest,
        "at": now.astimezone(UTC).isoformat(),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM), expires_at


def verify_confirmation(
    token: str, secret: bytes, principal: Principal, wanted: Arguments, now: datetime
) -> Confirmation:
    """Raises ConfirmationRefused; its `reason` is malformed, signature, foreign, altered or expired."""
    require_long(secret)
    try:
        claims: dict[str, Any] = jwt.decode(
            token, secret, algorithms=[_ALGORITHM], options={"require": list(_CLAIMS), "verify_exp": False}
        )
    except jwt.InvalidSignatureError:
        raise ConfirmationRefused("signature") from None
    except jwt.InvalidTokenError:
        raise ConfirmationRefused("malformed") from None
    if claims["v"] != _SCHEMA_VERSION or claims["kind"] != _KIND:
        raise ConfirmationRefused("malformed")
    if (claims["tenant"], claims["sub"]) != (principal.tenant_id, principal.caller):
        raise ConfirmationRefused("foreign")
    if claims["args"] != _digest(wanted):
        raise ConfirmationRefused("altered")
    # Whoever minted it has this clock or one that is as right: minutes need no leeway.
    if now >= datetime.fromtimestamp(claims["exp"], UTC):
        raise ConfirmationRefused("expired")
    proposed_at = datetime.fromisoformat(claims["at"])
    return Confirmation(claims["jti"], claims["ver"], claims["dig"], proposed_at)


def _digest(arguments: Arguments) -> str:
    said = json.dumps(arguments.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
