"""What a gateway keeps of each tenant between requests: tenant, policy, catalogue's words, checked keys, revoked
tokens, whom it has erased.

The change log drops what changed, so nothing here outlives a change by more than the poll interval.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from commerce.domain.catalogue import ProductVocabulary
from commerce.domain.errors import CustomerTokenInvalid
from commerce.domain.identity import ApiKey
from commerce.domain.policy import ShopPolicy
from commerce.domain.revocations import Revocations
from commerce.domain.tenants import Change, ChangeKind, Tenant
from commerce.store import Store
from deployments.names import catalogue_names
from models.understanding.catalogue import CatalogueNames

_KEYS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class ShopSnapshot:
    """One tenant as of the last change seen."""

    tenant: Tenant
    policy: ShopPolicy
    vocabulary: ProductVocabulary
    names: CatalogueNames


@dataclass(frozen=True, slots=True)
class _Catalogue:
    vocabulary: ProductVocabulary
    names: CatalogueNames


class Snapshots:
    """Caches filled on first use. Keys are kept by their hash: the key itself stays in no memory but the request's."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shops: dict[str, ShopSnapshot] = {}
        self._catalogues: dict[str, _Catalogue] = {}
        self._reading: dict[tuple[str, int], asyncio.Task[ShopSnapshot]] = {}
        self._keys: OrderedDict[bytes, ApiKey] = OrderedDict()
        self._revocations: dict[str, Revocations] = {}
        self._erased: dict[str, frozenset[str]] = {}
        self._changes = 0

    async def shop(self, tenant_id: str) -> ShopSnapshot:
        """The tenant's snapshot. TenantNotFound."""
        if (kept := self._shops.get(tenant_id)) is not None:
            return kept
        # All that ask between two changes wait for one reading, which none of them ends by leaving.
        key = tenant_id, self._changes
        if (reading := self._reading.get(key)) is None:
            reading = self._reading[key] = asyncio.create_task(self._read(*key))
            reading.add_done_callback(lambda _: self._reading.pop(key))
        return await asyncio.shield(reading)

    async def names(self, tenant_id: str) -> CatalogueNames:
        """The catalogue's names; where they are kept, without the store. TenantNotFound."""
        if (kept := self._catalogues.get(tenant_id)) is not None:
            return kept.names
        return (await self.shop(tenant_id)).names

    async def _read(self, tenant_id: str, change: int) -> ShopSnapshot:
        tenant, policy = await self._store.tenant(tenant_id), await self._store.policy(tenant_id)
        catalogue = self._catalogues.get(tenant_id) or await self._read_catalogue(tenant_id)
        snapshot = ShopSnapshot(tenant, policy, catalogue.vocabulary, catalogue.names)
        # What changed while it was read may not be in it: then the next request reads again.
        if change == self._changes:
            self._shops[tenant_id], self._catalogues[tenant_id] = snapshot, catalogue
        return snapshot

    async def _read_catalogue(self, tenant_id: str) -> _Catalogue:
        vocabulary = await self._store.product_vocabulary(tenant_id)
        sold = await self._store.names_sold(tenant_id)
        # A large catalogue's takes a second.
        return _Catalogue(vocabulary, await asyncio.to_thread(catalogue_names, vocabulary, sold))

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

    async def revocations(self, tenant_id: str, since: datetime) -> Revocations:
        """What the tenant has revoked, from `since` on at the least."""
        if (kept := self._revocations.get(tenant_id)) is not None:
            return kept
        change = self._changes
        found = await self._store.revocations(tenant_id, since)
        if change == self._changes:
            self._revocations[tenant_id] = found
        return found

    async def require_customer(self, tenant_id: str, customer_id: str) -> None:
        """CustomerTokenInvalid for one who was erased."""
        if (erased := self._erased.get(tenant_id)) is None:
            change = self._changes
            erased = await self._store.erased_customers(tenant_id)
            if change == self._changes:
                self._erased[tenant_id] = erased
        if customer_id in erased:
            raise CustomerTokenInvalid("erased")

    async def apply(self, changes: Sequence[Change]) -> None:
        """Drop what these changes made stale."""
        self._changes += len(changes)
        for change in changes:
            if change.kind is ChangeKind.API_KEY:
                self._keys.clear()
            elif change.kind is ChangeKind.TOKEN:
                self._revocations.pop(change.tenant_id, None)
            elif change.kind is ChangeKind.ERASURE:
                self._erased.pop(change.tenant_id, None)
            elif change.kind is not ChangeKind.MODEL:
                self._shops.pop(change.tenant_id, None)
                if change.kind in {ChangeKind.CATALOGUE, ChangeKind.TENANT}:
                    self._catalogues.pop(change.tenant_id, None)
                if change.kind is ChangeKind.TENANT:
                    self._erased.pop(change.tenant_id, None)
