"""API keys. Only a hash is kept: a key has 256 random bits, so a fast hash is enough and no one can try
them all.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import ApiKeyNotFound, InvalidCredentials, LastOperatorKey
from commerce.domain.identity import ApiKey, ApiKeyRole, IssuedKey, Principal
from commerce.domain.tenants import ChangeKind
from commerce.store.audit import record_audit
from commerce.store.changes import record_change
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.tables import api_keys
from commerce.store.tenants import require_tenant

_KEY_LOCK = 9
_KEY = re.compile(r"(kf_[a-z]+_[0-9a-f]{12})_[A-Za-z0-9_\-]{43}")


class KeyStore(Connected):
    async def authenticate(self, api_key: str) -> ApiKey:
        """The key's tenant and role. Raises InvalidCredentials, the same for unknown, malformed and
        revoked.
        """
        shape = _KEY.fullmatch(api_key)
        if shape is None:
            raise InvalidCredentials
        async with self.reading() as connection:
            row = (
                await connection.execute(select(api_keys).where(api_keys.c.prefix == shape.group(1)))
            ).one_or_none()
        if row is None or row.revoked_at is not None or not hmac.compare_digest(row.key_hash, _hash(api_key)):
            raise InvalidCredentials
        return _api_key(row)

    async def issue_api_key(
        self, operator: Principal, role: ApiKeyRole, request_id: str | None = None
    ) -> IssuedKey:
        """A new key of the operator's shop, which cannot be read again; the audit log says who issued it. Raises
        TenantNotFound.
        """
        prefix = f"kf_{role.value}_{secrets.token_hex(6)}"
        value = f"{prefix}_{secrets.token_urlsafe(32)}"
        now = datetime.now(UTC)
        key = ApiKey(secrets.token_hex(8), operator.tenant_id, role, prefix, now)
        async with self.writing() as connection:
            await require_tenant(connection, operator.tenant_id)
            await connection.execute(
                insert(api_keys).values(
                    tenant_id=key.tenant_id,
                    key_id=key.key_id,
                    role=role.value,
                    prefix=prefix,
                    key_hash=_hash(value),
                    created_at=now,
                )
            )
            await record_audit(
                connection,
                operator,
                now,
                what="issue_key",
                entity_id=key.key_id,
                why=f"{role.value}: {prefix}",
                request_id=request_id,
            )
        return IssuedKey(key, value)

    async def revoke_api_key(
        self, operator: Principal, key_id: str, *, is_forced: bool = False, request_id: str | None = None
    ) -> ApiKey:
        """From now on the key is refused; replicas hear of it, and the audit log of who did it. One that was revoked before
        stays as it is.

        Raises ApiKeyNotFound, and LastOperatorKey where the shop has no other valid one, unless `is_forced`.
        """
        now = datetime.now(UTC)
        mine = (api_keys.c.tenant_id == operator.tenant_id) & (api_keys.c.key_id == key_id)
        async with self.writing() as connection:
            # Of two operators who revoke each other's key, one stays.
            await lock_until_commit(connection, _KEY_LOCK)
            row = (await connection.execute(select(api_keys).where(mine))).one_or_none()
            if row is None:
                raise ApiKeyNotFound(operator.tenant_id)
            key = _api_key(row)
            if key.revoked_at is not None:
                return key
            if not is_forced and await _is_last_operators(connection, key):
                raise LastOperatorKey(key.tenant_id)
            await connection.execute(update(api_keys).where(mine).values(revoked_at=now))
            await record_audit(
                connection,
                operator,
                now,
                what="revoke_key",
                entity_id=key_id,
                why=f"{key.role.value}: {key.prefix}",
                request_id=request_id,
            )
            await record_change(connection, key.tenant_id, ChangeKind.API_KEY, key_id, now)
        return replace(key, revoked_at=now)

    async def api_keys(self, tenant_id: str) -> tuple[ApiKey, ...]:
        """Every key of a tenant, revoked ones included, oldest first."""
        query = select(api_keys).where(api_keys.c.tenant_id == tenant_id).order_by(api_keys.c.created_at)
        async with self.reading() as connection:
            rows = await connection.execute(query)
            return tuple(_api_key(row) for row in rows)


async def _is_last_operators(connection: AsyncConnection, key: ApiKey) -> bool:
    others = select(api_keys.c.key_id).where(
        api_keys.c.tenant_id == key.tenant_id,
        api_keys.c.role == ApiKeyRole.OPERATOR.value,
        api_keys.c.revoked_at.is_(None),
        api_keys.c.key_id != key.key_id,
    )
    return key.role is ApiKeyRole.OPERATOR and (await connection.execute(others.limit(1))).first() is None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _api_key(row: Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        tenant_id=row.tenant_id,
        role=ApiKeyRole(row.role),
        prefix=row.prefix,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
