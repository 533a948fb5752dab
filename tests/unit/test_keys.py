"""API keys: issued, listed and revoked, in the store and over HTTP; and who is told to have done it."""

import asyncio
from typing import Any, Final

import httpx
import pytest

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.access import ALLOWED, Permission, Role
from commerce.domain.errors import ApiKeyNotFound, LastOperatorKey
from commerce.domain.identity import ApiKey, ApiKeyRole, Principal
from commerce.domain.tenants import ChangeKind
from commerce.store import Store
from tests.builders import TENANT, new_key
from tests.local_service import Shop
from tests.unit.test_agents_api import following, operator, what_was_done
from tests.unit.test_api import assert_error
from tests.unit.test_roles_api import OTHER

WHO: Final = Principal(TENANT.tenant_id, operator_id="shell:7")


async def issued(store: Store, role: ApiKeyRole) -> ApiKey:
    return (await store.issue_api_key(WHO, role)).key


async def valid(store: Store) -> set[str]:
    return {key.key_id for key in await store.api_keys(TENANT.tenant_id) if key.revoked_at is None}


async def test_the_audit_log_says_who_issued_and_revoked_a_key(store: Store) -> None:
    before = await store.latest_change()
    made = await store.issue_api_key(WHO, ApiKeyRole.SHOP, request_id="r1")
    assert made.value.startswith(f"{made.key.prefix}_") and made.value not in repr(made)
    assert await store.authenticate(made.value) == made.key
    revoked = await store.revoke_api_key(WHO, made.key.key_id, request_id="r2")
    again = await store.revoke_api_key(WHO, made.key.key_id, request_id="r3")
    assert revoked.revoked_at is not None and again == revoked
    (listed,) = await store.api_keys(TENANT.tenant_id)
    assert listed == revoked
    told = await store.audit_entries(TENANT.tenant_id)
    assert [(each.caller, each.what, each.entity_id, each.why, each.request_id) for each in told] == [
        ("operator:shell:7", "issue_key", made.key.key_id, f"shop: {made.key.prefix}", "r1"),
        ("operator:shell:7", "revoke_key", made.key.key_id, f"shop: {made.key.prefix}", "r2"),
    ]
    (change,) = await store.changes_since(before)
    assert (change.kind, change.entity_id) == (ChangeKind.API_KEY, made.key.key_id)


async def test_the_last_operator_key_goes_only_by_force(store: Store) -> None:
    await store.create_tenant(OTHER, DEMO_POLICY)
    await new_key(store, OTHER.tenant_id, ApiKeyRole.OPERATOR)
    first, last, shop = [
        await issued(store, role) for role in (ApiKeyRole.OPERATOR, ApiKeyRole.OPERATOR, ApiKeyRole.SHOP)
    ]
    await store.revoke_api_key(WHO, first.key_id)
    for _ in range(2):
        with pytest.raises(LastOperatorKey, match="--force"):
            await store.revoke_api_key(WHO, last.key_id)
    assert await valid(store) == {last.key_id, shop.key_id}
    await store.revoke_api_key(WHO, shop.key_id)
    await store.revoke_api_key(WHO, last.key_id, is_forced=True)
    assert await valid(store) == set()
    # What was revoked is revoked, also without force.
    assert (await store.revoke_api_key(WHO, last.key_id)).revoked_at is not None


async def test_of_operators_who_revoke_each_others_keys_at_once_one_stays(store: Store) -> None:
    keys = [await issued(store, ApiKeyRole.OPERATOR) for _ in range(4)]
    ended = await asyncio.gather(
        *(store.revoke_api_key(WHO, key.key_id) for key in keys), return_exceptions=True
    )
    assert [type(each) for each in ended if isinstance(each, BaseException)] == [LastOperatorKey]
    assert len(await valid(store)) == 1


async def test_a_key_that_is_not_there_is_not_repeated(store: Store) -> None:
    key = await new_key(store, TENANT.tenant_id, ApiKeyRole.SHOP)
    with pytest.raises(ApiKeyNotFound) as refused:
        await store.revoke_api_key(WHO, key)
    assert key not in str(refused.value)


def with_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def issue(shop: Shop, role: str) -> dict[str, Any]:
    response = await shop.client.post("/v1/keys", json={"role": role}, headers=operator(shop))
    assert response.status_code == 201, response.text
    assert response.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = response.json()
    return found


async def revoke(shop: Shop, key_id: str) -> httpx.Response:
    return await shop.client.delete(f"/v1/keys/{key_id}", headers=operator(shop))


async def test_a_key_issued_over_http_works_until_a_replica_hears_that_it_was_revoked(shop: Shop) -> None:
    async with following(shop) as has_seen:
        made = await issue(shop, "operator")
        mine = with_key(made["key"])
        assert (await shop.client.get("/v1/policy", headers=mine)).status_code == 200
        gone = await revoke(shop, made["key_id"])
        async with asyncio.timeout(10):
            await has_seen.wait()
        assert_error(await shop.client.get("/v1/policy", headers=mine), 401, "unauthorised", "revoked")
    assert gone.status_code == 200 and gone.json()["revoked_at"] is not None
    assert (await revoke(shop, made["key_id"])).json() == gone.json()
    listed = await shop.client.get("/v1/keys", headers=operator(shop))
    assert listed.json()["keys"][-1] == gone.json()
    assert {"key", "key_hash"}.isdisjoint(listed.json()["keys"][-1]) and made["key"] not in listed.text
    me = (await shop.service.authenticate(shop.operator_key)).prefix
    entries = (await shop.service.store.audit_entries("demo"))[-2:]
    assert [(each.caller, each.what, each.entity_id) for each in entries] == [
        (f"operator:{me}", "issue_key", made["key_id"]),
        (f"operator:{me}", "revoke_key", made["key_id"]),
    ]
    assert entries[-1].request_id == gone.headers["X-Request-Id"]


async def test_the_last_operator_key_is_not_revoked_over_http(shop: Shop) -> None:
    mine = (await shop.service.authenticate(shop.operator_key)).key_id
    assert_error(await revoke(shop, mine), 409, "last_operator_key", "issue another first")
    assert await what_was_done(shop) == []
    await issue(shop, "operator")
    assert (await revoke(shop, mine)).status_code == 200


async def test_nobody_issues_a_key_that_may_do_more_than_theirs(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ALLOWED, Permission.MANAGE_KEYS, frozenset({Role.OPERATOR, Role.SHOP}))
    for role, status in (("page", 201), ("shop", 201), ("operator", 403)):
        response = await shop.client.post("/v1/keys", json={"role": role})
        assert response.status_code == status, response.text
    assert_error(response, 403, "forbidden", "more than yours")


async def test_what_is_no_key_of_the_shop_or_no_role_is_told(shop: Shop) -> None:
    store = shop.service.store
    await store.create_tenant(OTHER, DEMO_POLICY)
    foreign = (await store.authenticate(await new_key(store, "other", ApiKeyRole.SHOP))).key_id
    for key_id in ("unknown", foreign):
        assert_error(await revoke(shop, key_id), 404, "key_not_found", "GET /v1/keys")
    assert_error(await revoke(shop, "a%00b"), 422, "invalid_request", "key_id")
    for body in ({"role": "agent"}, {}, {"role": "shop", "key": "mine"}):
        response = await shop.client.post("/v1/keys", json=body, headers=operator(shop))
        assert_error(response, 422, "invalid_request", "key" if "key" in body else "role")
    assert {key.role for key in await store.api_keys("demo")} == {ApiKeyRole.SHOP, ApiKeyRole.OPERATOR}
