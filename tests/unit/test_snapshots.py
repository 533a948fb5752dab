"""What a gateway keeps of a shop never outlives a change, not even one that came while it was being read."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.errors import InvalidCredentials, StoreUnavailable
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.tenants import Change, ChangeKind
from commerce.store import Store
from deployments.snapshots import Snapshots
from tests.builders import TENANT, new_key

CHANGE = Change(9, TENANT.tenant_id, ChangeKind.POLICY, TENANT.tenant_id, datetime(2026, 11, 24, tzinfo=UTC))


class Slow:
    """A store whose answers are held after they were read, until they are let go."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.has_read, self.goes_on = asyncio.Event(), asyncio.Event()
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def policy(self, tenant_id: str) -> Any:
        return await self._held(await self.store.policy(tenant_id))

    async def authenticate(self, key: str) -> Any:
        return await self._held(await self.store.authenticate(key))

    async def _held(self, found: Any) -> Any:
        self.reads += 1
        self.has_read.set()
        await self.goes_on.wait()
        return found


async def test_a_change_that_comes_while_a_shop_is_read_is_seen_by_the_next_request(store: Store) -> None:
    slow = Slow(store)
    snapshots = Snapshots(slow)  # type: ignore[arg-type]
    reading = asyncio.create_task(snapshots.shop(TENANT.tenant_id))
    await slow.has_read.wait()
    changed = replace(DEMO_POLICY, shipping=replace(DEMO_POLICY.shipping, fee_minor=10_00))
    await store.put_policy(TENANT.tenant_id, changed, "shell:1")
    await snapshots.apply([CHANGE])
    slow.goes_on.set()
    assert (await reading).policy == DEMO_POLICY
    assert (await snapshots.shop(TENANT.tenant_id)).policy == changed


async def test_all_that_ask_at_once_wait_for_one_reading_which_none_ends_by_leaving(store: Store) -> None:
    slow = Slow(store)
    snapshots = Snapshots(slow)  # type: ignore[arg-type]
    first, *others = [asyncio.create_task(snapshots.shop(TENANT.tenant_id)) for _ in range(5)]
    await slow.has_read.wait()
    first.cancel()
    slow.goes_on.set()
    found = await asyncio.gather(*others)
    assert all(snapshot is found[0] for snapshot in found) and slow.reads == 1
    # An edited article leaves the catalogue's names as they are.
    await snapshots.apply([replace(CHANGE, kind=ChangeKind.ARTICLE)])
    assert (await snapshots.shop(TENANT.tenant_id)).names is found[0].names
    await snapshots.apply([replace(CHANGE, kind=ChangeKind.CATALOGUE)])
    assert (await snapshots.shop(TENANT.tenant_id)).names is not found[0].names


async def test_the_names_of_a_kept_catalogue_need_no_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    snapshots = Snapshots(store)
    names = await snapshots.names(TENANT.tenant_id)
    await snapshots.apply([CHANGE])
    monkeypatch.setattr(Store, "tenant", away)
    assert await snapshots.names(TENANT.tenant_id) is names
    # What the shop sells has changed since: these names are not told any more.
    await snapshots.apply([replace(CHANGE, kind=ChangeKind.CATALOGUE)])
    with pytest.raises(StoreUnavailable):
        await snapshots.names(TENANT.tenant_id)


async def test_a_key_that_is_revoked_while_it_is_checked_is_refused_next_time(store: Store) -> None:
    key = await new_key(store, TENANT.tenant_id, ApiKeyRole.SHOP)
    slow = Slow(store)
    snapshots = Snapshots(slow)  # type: ignore[arg-type]
    checking = asyncio.create_task(snapshots.api_key(key))
    await slow.has_read.wait()
    (known,) = await store.api_keys(TENANT.tenant_id)
    await store.revoke_api_key(Principal(TENANT.tenant_id, operator_id="O1"), known.key_id)
    await snapshots.apply([replace(CHANGE, kind=ChangeKind.API_KEY)])
    slow.goes_on.set()
    await checking
    with pytest.raises(InvalidCredentials):
        await snapshots.api_key(key)
