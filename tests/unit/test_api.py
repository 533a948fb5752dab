"""The HTTP API over a real store and a small seeded shop, with fake stages: no Ray, no sockets."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from commerce import tokens
from commerce.domain.identity import ApiKeyRole, Principal
from deployments.errors import StageOverloaded, StageUnavailable
from tests.local_service import Shop


def assert_error(response: httpx.Response, status: int, type: str, *words: str) -> None:
    body = response.json()
    assert (response.status_code, body["type"]) == (status, type), body
    assert set(body) == {"type", "message", "request_id", "retry_after_s"}
    assert body["request_id"] == response.headers["X-Request-Id"]
    for word in words:
        assert word in body["message"], body["message"]


async def test_an_order_is_shown_to_its_owner_with_facts_that_only_the_store_has(shop: Shop) -> None:
    answer = await shop.chat("我的订单到哪了")
    open_order = shop.demo.customer_order_ids[0]
    stored = await shop.service.store.order(Principal("demo", shop.demo.customer_id), open_order)
    assert open_order in answer["answer"] and stored.shipments[0].tracking_number in answer["answer"]
    assert (answer["intent"], answer["rung"], answer["outcome"]) == (
        "logistics_tracking",
        "composed",
        "answered",
    )
    assert answer["cards"][0]["order_id"] == open_order


async def test_a_stranger_sees_nothing_of_an_order_and_no_difference_to_none(shop: Shop) -> None:
    order_id = shop.demo.customer_order_ids[0]
    owned = await shop.client.get(f"/v1/orders/{order_id}", headers=shop.customer)
    assert owned.status_code == 200 and owned.json()["order_id"] == order_id
    foreign = await shop.client.get(f"/v1/orders/{order_id}", headers=shop.other)
    absent = await shop.client.get("/v1/orders/KF000000000000", headers=shop.other)
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["message"] == absent.json()["message"]
    anonymous = await shop.client.get(f"/v1/orders/{order_id}")
    assert_error(anonymous, 401, "customer_required", "X-Customer-Token")
    chat = await shop.chat(f"我的订单{order_id}到哪了", headers=shop.other)
    assert "没有找到订单" in chat["answer"] and chat["cards"] == []


async def test_an_anonymous_customer_is_asked_to_sign_in(shop: Shop) -> None:
    answer = await shop.chat("我的订单到哪了", headers={})
    assert "登录" in answer["answer"] and answer["cards"] == []


@pytest.mark.parametrize(
    ("content", "status", "type", "word"),
    [
        (b"", 400, "invalid_json", "JSON object"),
        (b"{", 400, "invalid_json", "not valid JSON"),
        (b"[]", 400, "invalid_json", "JSON object"),
        (b'"text"', 400, "invalid_json", "JSON object"),
        (b'{"message": "\xff"}', 400, "invalid_json", "UTF-8"),
        (b"{}", 422, "invalid_request", "message: is missing"),
        (b'{"message": ""}', 422, "invalid_request", "is empty"),
        (b'{"message": " \\n "}', 422, "invalid_request", "is empty"),
        (b'{"message": 5}', 422, "invalid_request", "message"),
        (b'{"message": "hi", "strem": true}', 422, "invalid_request", "strem: is not a known field"),
        ('{"message": "😀😀"}'.encode(), 422, "invalid_request", "no words"),
        (b'{"message": "hi\\u0000"}', 422, "invalid_request", "U+0000"),
        (b'{"message": "hi\\u202e"}', 422, "invalid_request", "U+202E"),
        (b'{"message": "\\ud800"}', 422, "invalid_request", "surrogate"),
        (b'{"message": "hi", "conversation_id": "../x"}', 422, "invalid_request", "conversation_id"),
    ],
)
async def test_bad_input_is_told_what_to_do(
    shop: Shop, content: bytes, status: int, type: str, word: str
) -> None:
    headers = {"Content-Type": "application/json"}
    response = await shop.client.post("/v1/chat", content=content, headers=headers)
    assert_error(response, status, type, word)


async def test_lengths_are_limited_with_the_limit_named(shop: Shop) -> None:
    response = await shop.client.post("/v1/chat", json={"message": "长" * 10_000})
    assert_error(response, 422, "invalid_request", "10000 characters", "4000")
    texts = {"texts": ["hi"] * 257}
    assert_error(await shop.client.post("/v1/understand", json=texts), 422, "invalid_request", "256")


async def test_a_large_body_is_refused_announced_or_not(shop: Shop) -> None:
    body = json.dumps({"message": "x" * 1_000_000}).encode()
    assert_error(await shop.client.post("/v1/chat", content=body), 413, "body_too_large", "65536")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 8192):
            yield body[start : start + 8192]

    headers = {"Content-Type": "application/json"}
    chunked = await shop.client.post("/v1/chat", content=pieces(), headers=headers)
    assert_error(chunked, 413, "body_too_large", "65536")


async def test_emoji_within_words_are_fine(shop: Shop) -> None:
    assert (await shop.chat("你好 😀👨‍👩‍👧"))["intent"] == "greeting_thanks"


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer kf_shop_x_y", "Basic abc", "Bearer \u00e9"])
async def test_a_wrong_key_is_refused_on_every_route(shop: Shop, header: str | None) -> None:
    headers = {b"Authorization": (header or "").encode("latin-1")}
    for method, path, body in (
        ("POST", "/v1/chat", {"message": "hi"}),
        ("POST", "/api/chat", {"input": "hi"}),
        ("POST", "/v1/understand", {"texts": ["hi"]}),
        ("GET", "/v1/knowledge/search?q=hi", None),
        ("GET", "/v1/orders/KF1", None),
        ("GET", "/metrics", None),
    ):
        response = await shop.client.request(method, path, json=body, headers=headers)
        assert_error(response, 401, "unauthorised", "Authorization: Bearer KEY")
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_revoked_key_ends_with_its_change(shop: Shop) -> None:
    assert (await shop.client.post("/v1/understand", json={"texts": ["hi"]})).status_code == 200
    key = next(k for k in await shop.service.store.api_keys("demo") if k.role is ApiKeyRole.SHOP)
    seen = await shop.service.store.latest_change()
    await shop.service.store.revoke_api_key(Principal("demo", operator_id="O1"), key.key_id)
    await shop.service.snapshots.apply(await shop.service.store.changes_since(seen))
    response = await shop.client.post("/v1/understand", json={"texts": ["hi"]})
    assert_error(response, 401, "unauthorised", "revoked")


async def test_a_forged_or_foreign_token_is_refused(shop: Shop) -> None:
    forged = tokens.mint(
        b"x" * 32, tenant_id="demo", subject=shop.demo.customer_id, kind=tokens.TokenKind.CUSTOMER,
        now=datetime.now(UTC), ttl=timedelta(hours=1),
    )  # fmt: skip
    response = await shop.client.post(
        "/v1/chat", json={"message": "hi"}, headers={"X-Customer-Token": forged}
    )
    assert_error(response, 401, "customer_token_invalid", "X-Customer-Token")


async def test_metrics_need_an_operator(shop: Shop) -> None:
    assert_error(await shop.client.get("/metrics"), 403, "forbidden", "operator")
    allowed = await shop.client.get("/metrics", headers={"Authorization": f"Bearer {shop.operator_key}"})
    assert allowed.status_code == 200


async def test_unknown_routes_and_methods_have_the_one_shape(shop: Shop) -> None:
    assert_error(await shop.client.get("/v1/nothing"), 404, "not_found", "/docs")
    assert_error(await shop.client.get("/v1/chat"), 405, "method_not_allowed", "GET")


def parse_events(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    blocks = [block for block in text.strip().split("\n\n") if not block.startswith(":")]
    for block in blocks:  # on a busy machine there are heartbeats between them
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


async def test_a_stream_says_the_same_as_the_json(shop: Shop) -> None:
    body = {"message": "我想要一件红色的羽绒服", "stream": True}
    response = await shop.client.post("/v1/chat", json=body, headers=shop.customer)
    assert response.headers["content-type"].startswith("text/event-stream")
    found = parse_events(response.text)
    names = [name for name, _ in found]
    assert names[0] == "meta" and names[-1] == "done" and {"rung", "delta", "card"} <= set(names)
    assert "".join(data["text"] for name, data in found if name == "delta") == found[-1][1]["answer"]
    assert (await shop.chat("我想要一件红色的羽绒服"))["answer"] == found[-1][1]["answer"]


async def test_a_stream_refuses_bad_input_with_a_status_and_no_event(shop: Shop) -> None:
    body = {"message": "hi", "stream": True, "conversation_id": "conv_unknown"}
    assert_error(
        await shop.client.post("/v1/chat", json=body), 404, "conversation_not_found", "conversation_id"
    )


async def test_a_conversation_goes_on_and_belongs_to_its_customer(shop: Shop) -> None:
    first = await shop.chat("嗯那个啥")
    assert first["move"] == "clarify"
    second = await shop.chat("嗯那个啥", conversation_id=first["conversation_id"])
    assert (second["move"], second["handed_off"]) == ("hand_off", True)
    body = {"message": "hi", "conversation_id": first["conversation_id"]}
    foreign = await shop.client.post("/v1/chat", json=body, headers=shop.other)
    assert_error(foreign, 404, "conversation_not_found")
    stored = await shop.service.store.conversation(
        Principal("demo", shop.demo.customer_id), first["conversation_id"]
    )
    assert [t.request_id for t in stored.turns] == [first["request_id"], second["request_id"]]


async def test_a_rung_that_is_on_answers_and_its_failure_is_marked(shop: Shop) -> None:
    answer = await shop.chat("Hello")
    assert (answer["rung"], answer["outcome"]) == ("small", "answered")
    shop.service.generation.failure = StageUnavailable("generation.small", "killed")
    fallen = await shop.chat("Hello")
    assert (fallen["rung"], fallen["outcome"]) == ("composed", "degraded")
    assert fallen["rung_reasons"] == ["small: unavailable"] and "Qinghe Mall" in fallen["answer"]
    # Now it is known to be down: the next turn does not ask it, and is marked all the same.
    shop.service.generation.failure = AssertionError("a model that is down was asked")
    known = await shop.chat("Hello")
    assert (known["rung"], known["outcome"], known["rung_reasons"]) == (
        "composed",
        "degraded",
        ["small: unavailable"],
    )


async def test_without_understanding_the_message_is_kept_and_handed_over(shop: Shop) -> None:
    shop.service.understanding.failure = StageOverloaded("understanding", "full")
    answer = await shop.chat("我想退货")
    assert (answer["rung"], answer["handed_off"], answer["outcome"]) == ("acknowledgement", True, "degraded")
    assert answer["missing"] == ["understanding: overloaded"]
    response = await shop.client.post("/v1/understand", json={"texts": ["hi"]})
    assert_error(response, 429, "overloaded")
    assert response.headers["Retry-After"] == "1"


async def test_every_turn_ends_in_exactly_one_outcome(shop: Shop) -> None:
    await shop.chat("Hello")
    shop.service.understanding.failure = RuntimeError("a bug")
    broken = await shop.client.post("/v1/chat", json={"message": "hi"})
    assert_error(broken, 500, "internal", "request_id")
    assert "a bug" not in broken.text
    assert [outcome for _, _, outcome in shop.service.metrics.turns] == ["answered", "failed"]
    assert shop.service.metrics.requests == [("/v1/chat", 200), ("/v1/chat", 500)]


async def test_understanding_keeps_order_and_shape(shop: Shop) -> None:
    texts = ["我想退货", "where is my parcel", "红色的M码多少钱"]
    response = await shop.client.post("/v1/understand", json={"texts": texts})
    results = response.json()["results"]
    assert [r["intent"] for r in results][:2] == ["return_request", "logistics_tracking"]
    assert set(results[0]) == {
        "intent",
        "probability",
        "decision",
        "top",
        "language",
        "sentiment",
        "entities",
    }
    for text, result in zip(texts, results, strict=True):
        assert (result["decision"] == "out_of_scope") == (result["intent"] == "out_of_scope")
        for entity in result["entities"]:
            assert text[entity["start"] : entity["end"]] == entity["text"]


async def test_knowledge_is_searched(shop: Shop) -> None:
    response = await shop.client.get("/v1/knowledge/search", params={"q": "退货", "limit": 1})
    found = response.json()["results"][0]
    assert found["quote"] in found["body"] and found["id"] == "return-window"
    assert_error(await shop.client.get("/v1/knowledge/search"), 422, "invalid_request", "q: is missing")


async def test_the_plain_route_answers(shop: Shop) -> None:
    response = await shop.client.post("/api/chat", json={"input": "How can I return a product?"})
    assert set(response.json()) == {"answer"} and "7 days" in response.json()["answer"]


async def test_the_description_has_an_example_for_each_body(shop: Shop) -> None:
    document = (await shop.client.get("/openapi.json")).json()
    chat = document["components"]["schemas"]["ChatRequest"]
    assert chat["examples"][0]["message"] == "我的订单到哪了"
    assert {
        "/v1/chat",
        "/v1/understand",
        "/v1/knowledge/search",
        "/v1/orders/{order_id}",
        "/api/chat",
        "/metrics",
    } <= set(document["paths"])
