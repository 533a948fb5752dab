"""API keys. Only a hash is kept: a key has 256 random bits, so a fast hash is enough and no one can try
them all.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime

from sqlalchemy import Row, insert, select, update

from commerce.domain.errors import InvalidCredentials
from commerce.domain.identity import ApiKey, ApiKeyRole
from commerce.domain.tenants import ChangeKind
from commerce.store.changes import record_change
from commerce.store.connection import Connected
from commerce.store.tables import api_keys
from commerce.store.tenants import require_tenant

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

    async def issue_api_key(self, tenant_id: str, role: ApiKeyRole) -> str:
        """A new key, which cannot be read again. Raises TenantNotFound."""
        prefix = f"kf_{role.value}_{secrets.token_hex(6)}"
        key = f"{prefix}_{secrets.token_urlsafe(32)}"
        async with self.writing() as connection:
            await require_tenant(connection, tenant_id)
            await connection.execute(
                insert(api_keys).values(
                    tenant_id=tenant_id,
                    key_id=secrets.token_hex(8),
                    role=role.value,
                    prefix=prefix,
                    key_hash=_hash(key),
                    created_at=datetime.now(UTC),
                )
            )
        return key

    async def revoke_api_key(self, tenant_id: str, key_id: str) -> None:
        """From now on the key is refused, and replicas hear of it. Raises InvalidCredentials for no such
        valid key.
        """
        now = datetime.now(UTC)
        mine = (
            (api_keys.c.tenant_id == tenant_id)
            & (api_keys.c.key_id == key_id)
            & api_keys.c.revoked_at.is_(None)
        )
        async with self.writing() as connection:
            done = await connection.execute(update(api_keys).where(mine).values(revoked_at=now))
            if done.rowcount == 0:
                raise InvalidCredentials
            await record_change(connection, tenant_id, ChangeKind.API_KEY, key_id, now)

    async def api_keys(self, tenant_id: str) -> tuple[ApiKey, ...]:
        """Every key of a tenant, revoked ones included, oldest first."""
        query = select(api_keys).where(api_keys.c.tenant_id == tenant_id).order_by(api_keys.c.created_at)
        async with self.reading() as connection:
            rows = await connection.execute(query)
            return tuple(_api_key(row) for row in rows)


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
