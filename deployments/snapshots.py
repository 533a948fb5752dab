"""What a gateway keeps of each tenant between requests: tenant, policy, catalogue's words, checked keys.

The change log drops what changed, so nothing here outlives a change by more than the poll interval.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from commerce.domain.catalogue import ProductVocabulary
from commerce.domain.identity import ApiKey
from commerce.domain.policy import ShopPolicy
from commerce.domain.tenants import Change, ChangeKind, Tenant
from commerce.store import Store

_KEYS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class ShopSnapshot:
    """One tenant as of the last change seen."""

    tenant: Tenant
    policy: ShopPolicy
    vocabulary: ProductVocabulary


class Snapshots:
    """Caches filled on first use. Keys are kept by their hash: the key itself stays in no memory but the request's."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shops: dict[str, ShopSnapshot] = {}
        self._keys: OrderedDict[bytes, ApiKey] = OrderedDict()
        self._changes = 0

    async def shop(self, tenant_id: str) -> ShopSnapshot:
        """The tenant's snapshot. TenantNotFound."""
        if (kept := self._shops.get(tenant_id)) is not None:
            return kept
        change = self._changes
        snapshot = ShopSnapshot(
            await self._store.tenant(tenant_id),
            await self._store.policy(tenant_id),
            await self._store.product_vocabulary(tenant_id),
        )
        # What changed while it was read may not be in it: then the next request reads again.
        if change == self._changes:
            self._shops[tenant_id] = snapshot
        return snapshot

    async def api_key(self, key: str) -> ApiKey:
        """The checked key. InvalidCredentials; a refused key is not remembered."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        if (kept := self._keys.get(digest)) is not None:
            self._keys.move_to_end(digest)
            return kept
        change = self._changes
        checked = await self._store.authenticate(key)
        if change != self._changes:
            return checked
        self._keys[digest] = checked
        if len(self._keys) > _KEYS_KEPT:
            self._keys.popitem(last=False)
        return checked

    async def apply(self, changes: Sequence[Change]) -> None:
        """Drop what these changes made stale."""
        self._changes += len(changes)
        for change in changes:
            if change.kind is ChangeKind.API_KEY:
                self._keys.clear()
            elif change.kind is not ChangeKind.MODEL:
                self._shops.pop(change.tenant_id, None)
