"""Agents over HTTP: what they do for customers; and what operators read of it and revoke."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from commerce import tokens
from commerce.domain.actions import arguments_from
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.tenants import Change, ChangeKind
from deployments.api.operators import RevokeRequest
from deployments.changes import ChangeFeed
from tests.local_service import SECRET, Shop, agent_token, token
from tests.unit.test_actions_api import an_order, cancel, commit, propose
from tests.unit.test_api import assert_error

POLL_MS = 250


def operator(shop: Shop) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.operator_key}"}


async def audit(shop: Shop, **wanted: Any) -> dict[str, Any]:
    response = await shop.client.get("/v1/audit", params=wanted, headers=operator(shop))
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def what_was_done(shop: Shop) -> list[dict[str, Any]]:
    """The entries since the shop's keys were issued."""
    return [each for each in (await audit(shop))["entries"] if each["what"] != "issue_key"]


async def revoked(shop: Shop, **wanted: Any) -> dict[str, Any]:
    response = await shop.client.post("/v1/tokens/revoke", json=wanted, headers=operator(shop))
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


@asynccontextmanager
async def following(shop: Shop) -> AsyncIterator[asyncio.Event]:
    """A replica that follows the change log meanwhile, as a gateway does. The event is set once it has seen a change."""
    has_seen = asyncio.Event()

    async def apply(changes: Sequence[Change]) -> None:
        await shop.service.snapshots.apply(changes)
        has_seen.set()

    feed = ChangeFeed(shop.service.store, POLL_MS, apply)
    await feed.start()
    task = asyncio.create_task(feed.run())
    try:
        yield has_seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def a_line(shop: Shop, order_id: str) -> dict[str, Any]:
    order = await shop.service.store.order(Principal("demo", agent_id="A7"), order_id)
    return {"line_id": order.lines[0].line_id, "quantity": 1}


async def test_an_agent_acts_for_the_orders_owner_and_the_audit_log_says_who(shop: Shop) -> None:
    order_id, owner = await an_order(shop, "paid")
    customer_id = (await shop.service.store.order(Principal("demo", agent_id="A7"), order_id)).customer_id
    found = await propose(shop, cancel(order_id), agent_token())
    # The token is the agent's: neither the owner nor a colleague can use it.
    for headers in (owner, agent_token("A8")):
        taken = await commit(shop, cancel(order_id), found["confirmation_token"], headers)
        assert_error(taken, 409, "confirmation_refused", "somebody else")
    done = await commit(shop, cancel(order_id), found["confirmation_token"], agent_token())
    assert done.status_code == 200, done.text
    (entry,) = (await audit(shop, order_id=order_id))["entries"]
    assert (entry["caller"], entry["customer_id"], entry["what"]) == ("agent:A7", customer_id, "cancel")
    assert "order.cancel_cutoff" in entry["why"]
    assert entry["request_id"] == done.headers["X-Request-Id"]
    shown = await shop.client.get(f"/v1/orders/{order_id}", headers=agent_token())
    assert shown.json()["state"] == "cancelled"


async def test_with_a_customers_token_an_agent_acts_for_that_customer_alone(shop: Shop) -> None:
    order_id, owner = await an_order(shop, "paid")
    found = await propose(shop, cancel(order_id), agent_token() | owner)
    assert found["is_allowed"]
    stranger = token("nobody-of-this-shop")
    other = await shop.client.post(
        "/v1/actions/propose", json=cancel(order_id), headers=agent_token() | stranger
    )
    assert_error(other, 404, "order_not_found", "no such order")
    # How the agent was told whose order it is makes no other caller of them.
    done = await commit(shop, cancel(order_id), found["confirmation_token"], agent_token())
    assert done.status_code == 200, done.text


async def failed_rules(shop: Shop, wanted: dict[str, Any], headers: dict[str, str]) -> list[str]:
    found = await propose(shop, wanted, headers)
    assert found["confirmation_token"] is None
    return [rule["rule_id"] for rule in found["rules"] if rule["outcome"] == "failed"]


async def test_goodwill_is_an_agents_to_give(shop: Shop) -> None:
    order_id, owner = await an_order(shop, "delivered")
    items = [await a_line(shop, order_id)]
    wanted = {
        "action": "refund",
        "order_id": order_id,
        "items": items,
        "reason": "goodwill",
        "amount_minor": 100,
    }
    assert await failed_rules(shop, wanted, owner) == ["refund.by_agent"]
    policy = await shop.service.store.policy("demo")
    most = policy.refunds.goodwill_max_minor
    assert most >= 100
    too_much = wanted | {"amount_minor": most + 1}
    assert "refund.goodwill_limit" in await failed_rules(shop, too_much, agent_token())
    found = await propose(shop, wanted, agent_token())
    done = await commit(shop, wanted, found["confirmation_token"], agent_token())
    assert done.status_code == 200, done.text
    assert [effect["amount_minor"] for effect in found["effects"]] == [100]


@pytest.mark.parametrize("kind", ["complete_case", "refuse_case"])
async def test_cases_are_an_agents_to_end(shop: Shop, kind: str) -> None:
    order_id, owner = await an_order(shop, "delivered")
    items = [await a_line(shop, order_id)]
    problem = {"action": "report_problem", "order_id": order_id, "items": items, "problem": "damaged",
               "wants": "refund", "words": "碎了"}  # fmt: skip
    agreed = (await propose(shop, problem, owner))["confirmation_token"]
    opened = (await commit(shop, problem, agreed, owner)).json()
    case_id = next(each["id"] for each in opened["made"] if each["kind"] == "CaseOpened")
    wanted = {"action": kind, "order_id": order_id, "case_id": case_id}
    wanted |= {"words": "不是质量问题"} if kind == "refuse_case" else {}
    assert await failed_rules(shop, wanted, owner) == ["case.by_agent"]
    found = await propose(shop, wanted, agent_token())
    done = await commit(shop, wanted, found["confirmation_token"], agent_token(), key="end")
    assert done.status_code == 200, done.text
    told = [(entry["caller"].partition(":")[0], entry["what"]) for entry in await what_was_done(shop)]
    assert told == [("customer", "report_problem"), ("agent", kind)]


async def test_an_agents_token_needs_the_shops_key_and_its_own_kind(shop: Shop) -> None:
    order_id, owner = await an_order(shop, "paid")
    given = await shop.service.demonstration()
    assert given is not None
    page = {"Authorization": f"Bearer {given.key}"}
    path = f"/v1/orders/{order_id}"
    assert_error(await shop.client.get(path, headers=page | agent_token()), 403, "forbidden", "shop's own")
    swapped = {"X-Agent-Token": owner["X-Customer-Token"]}
    refused = await shop.client.get(path, headers=swapped)
    assert_error(refused, 401, "agent_token_invalid", "another kind")


async def test_the_examples_of_the_documentation_are_valid(shop: Shop) -> None:
    document = (await shop.client.get("/openapi.json")).json()
    paths = document["paths"]
    propose_body = paths["/v1/actions/propose"]["post"]["requestBody"]["content"]["application/json"]
    actions = [arguments_from(each["value"]).action for each in propose_body["examples"].values()]
    assert actions == ["return", "refund"]
    assert "oneOf" in propose_body["schema"]
    headers = {each["name"] for each in paths["/v1/actions/propose"]["post"]["parameters"]}
    assert {"x-agent-token", "x-customer-token"} <= headers
    for example in document["components"]["schemas"]["RevokeRequest"]["examples"]:
        assert RevokeRequest.model_validate(example).revocation(datetime.now(UTC))


async def test_the_audit_log_comes_in_pages_and_is_the_shops_own(shop: Shop) -> None:
    begun = (await audit(shop))["entries"][-1]["entry_id"]
    for number in range(5):
        await revoked(shop, customer_id=f"C{number % 2}", before="2026-01-01T00:00:00Z")
    first = await audit(shop, limit=2, after=begun)
    second = await audit(shop, limit=2, after=first["next_after"])
    last = await audit(shop, limit=2, after=second["next_after"])
    ids = [entry["entry_id"] for page in (first, second, last) for entry in page["entries"]]
    assert len(ids) == 5 and ids == sorted(ids) and last["next_after"] is None
    assert len((await audit(shop, customer_id="C0"))["entries"]) == 3
    assert (await audit(shop, order_id="C1"))["entries"][0]["what"] == "revoke_tokens"
    later = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    assert (await audit(shop, since=later))["entries"] == []
    assert (await audit(shop, since="2026-01-01T00:00:00+08:00", limit=1000))["next_after"] is None
    prefix = next(
        key.prefix for key in await shop.service.store.api_keys("demo") if key.role is ApiKeyRole.OPERATOR
    )
    assert {entry["caller"] for entry in first["entries"]} == {f"operator:{prefix}"}
    assert await shop.service.store.audit_entries("other") == ()
    without_zone = await shop.client.get(
        "/v1/audit", params={"since": "2026-01-01T00:00:00"}, headers=operator(shop)
    )
    assert_error(without_zone, 422, "invalid_request", "since")


async def test_a_revoked_customer_is_refused_by_a_replica_that_follows_the_log(shop: Shop) -> None:
    path = f"/v1/orders/{shop.demo.customer_order_ids[0]}"
    async with following(shop) as has_seen:
        assert (await shop.client.get(path, headers=shop.customer)).status_code == 200
        made = await revoked(shop, customer_id=shop.demo.customer_id)
        assert made["scope"] == "customer" and made["entity_id"] == shop.demo.customer_id
        async with asyncio.timeout(10):
            await has_seen.wait()
        answer = await shop.client.get(path, headers=shop.customer)
        assert_error(answer, 401, "customer_token_invalid", "revoked")
        assert (await shop.client.get(path, headers=shop.other)).status_code == 404
        assert (await shop.client.get(path, headers=agent_token())).status_code == 200


async def seen(shop: Shop, since: int) -> None:
    await shop.service.snapshots.apply(await shop.service.store.changes_since(since))


async def test_one_token_is_revoked_and_its_customers_others_stay(shop: Shop) -> None:
    path = f"/v1/orders/{shop.demo.customer_order_ids[0]}"
    another = token(shop.demo.customer_id)
    first = shop.customer["X-Customer-Token"]
    jti = jwt.decode(first, options={"verify_signature": False})["jti"]
    before = await shop.service.store.latest_change()
    await revoked(shop, jti=jti)
    await seen(shop, before)
    assert (await shop.client.get(path, headers=shop.customer)).status_code == 401
    assert (await shop.client.get(path, headers=another)).status_code == 200
    (change,) = await shop.service.store.changes_since(before)
    assert change.kind is ChangeKind.TOKEN


async def test_an_agents_tokens_end_and_a_revocation_never_goes_back(shop: Shop) -> None:
    path = f"/v1/orders/{shop.demo.customer_order_ids[0]}"
    before = await shop.service.store.latest_change()
    first = await revoked(shop, agent_id="A7")
    again = await revoked(shop, agent_id="A7", before="2026-01-01T00:00:00Z")
    assert again["not_before"] == first["not_before"]
    await seen(shop, before)
    answer = await shop.client.get(path, headers=agent_token())
    assert_error(answer, 401, "agent_token_invalid", "revoked")
    assert (await shop.client.get(path, headers=agent_token("A8"))).status_code == 200


async def test_a_kept_revocation_needs_no_database(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/v1/orders/{shop.demo.customer_order_ids[0]}"
    assert (await shop.client.get(path, headers=shop.customer)).status_code == 200

    async def fails(*_: object) -> None:
        raise AssertionError("revocations were read again")

    monkeypatch.setattr(shop.service.store, "revocations", fails)
    assert (await shop.client.get(path, headers=shop.customer)).status_code == 200


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "one of"),
        ({"customer_id": "C1", "jti": "J"}, "one of"),
        ({"customer_id": "C1", "pages": True}, "one of"),
        ({"pages": False}, "pages"),
        ({"jti": "J", "before": "2026-01-01T00:00:00Z"}, "before"),
        ({"customer_id": "C1", "before": "2026-01-01T00:00:00"}, "before"),
        ({"customer_id": "C1", "before": "2199-01-01T00:00:00Z"}, "still to come"),
        ({"customer_id": "C1", "before": "0001-01-01T00:00:00+08:00"}, "between the years"),
        ({"customer": "C1"}, "customer"),
    ],
)
async def test_what_can_not_be_revoked_is_told(shop: Shop, body: dict[str, Any], named: str) -> None:
    response = await shop.client.post("/v1/tokens/revoke", json=body, headers=operator(shop))
    assert_error(response, 422, "invalid_request", named)
    assert await what_was_done(shop) == []


async def test_a_token_that_is_good_for_too_long_is_refused(shop: Shop) -> None:
    hours = shop.service.identity.limits.customer_token_hours
    assert hours == 24
    minted = tokens.mint(
        SECRET, tenant_id="demo", subject=shop.demo.customer_id, kind=tokens.TokenKind.CUSTOMER,
        now=datetime.now(UTC), ttl=timedelta(hours=hours, seconds=1),
    )  # fmt: skip
    path = f"/v1/orders/{shop.demo.customer_order_ids[0]}"
    answer = await shop.client.get(path, headers={"X-Customer-Token": minted})
    assert_error(answer, 401, "customer_token_invalid", "longer")


async def test_what_is_over_is_not_read(shop: Shop) -> None:
    store, now = shop.service.store, datetime.now(UTC)
    one = RevokeRequest(jti="J").revocation(now)
    old = now - timedelta(days=3)
    await store.revoke_tokens(Principal("demo", operator_id="o"), replace(one, not_before=old), old)
    assert (await store.revocations("demo", now - timedelta(days=2))).token_ids == frozenset()
    assert (await store.revocations("demo", now - timedelta(days=4))).token_ids == {"J"}
