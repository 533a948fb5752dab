"""`/v1/understand` with reasons, and `/v1/feedback`: over a real store, with the fake engine."""

from typing import Any

import httpx
import pytest

from deployments.demo import is_page_key
from tests.local_service import POISON, PUZZLE, Shop


async def ask(
    shop: Shop, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    return await shop.client.post(path, json=body, headers=headers or {})


async def test_readings_come_with_their_reasons_on_request_alone(shop: Shop) -> None:
    plain = (await ask(shop, "/v1/understand", {"texts": ["请问我的发票呢"]})).json()["results"][0]
    assert "explanation" not in plain
    explained = (await ask(shop, "/v1/understand", {"texts": ["请问我的发票呢"], "explain": True})).json()
    result = explained["results"][0]
    assert {key: result[key] for key in plain} == plain
    reason = result["explanation"]
    assert set(reason) == {"intents", "tokens", "nearest"}
    assert reason["tokens"] == [{"text": "发票", "start": 4, "end": 6, "weight": 1.0}]
    assert reason["intents"][0] == {"intent": "invoice", "probability": 0.97}


@pytest.mark.parametrize("explain", [False, True])
async def test_a_text_that_cannot_be_read_fails_alone(shop: Shop, explain: bool) -> None:
    body = {"texts": ["我要发票", POISON, "我想退货"], "explain": explain}
    response = await ask(shop, "/v1/understand", body)
    assert response.status_code == 200
    first, failed, last = response.json()["results"]
    assert (first["intent"], last["intent"]) == ("invoice", "return_request")
    assert failed == {"error": {"type": "stage_failed", "message": "a part of the service failed; try again"}}
    alone = await ask(shop, "/v1/understand", body | {"texts": [POISON]})
    assert alone.status_code == 502 and alone.json()["type"] == "stage_failed"


async def test_a_message_that_cannot_be_read_is_handed_over(shop: Shop) -> None:
    answer = await shop.chat(POISON)
    assert answer["handed_off"] and answer["missing"] == ["understanding: failed"]
    assert ("understanding", "failed") in shop.service.metrics.stages
    assert ("understanding", "ok") not in shop.service.metrics.stages


async def test_a_text_that_cannot_be_explained_fails_alone(shop: Shop) -> None:
    body = {"texts": ["我要发票", PUZZLE, POISON, "我想退货"], "explain": True}
    response = await ask(shop, "/v1/understand", body)
    assert response.status_code == 200
    first, puzzle, poison, last = response.json()["results"]
    assert first["explanation"] and last["explanation"]
    assert [failed["error"]["type"] for failed in (puzzle, poison)] == ["deadline", "stage_failed"]
    alone = await ask(shop, "/v1/understand", body | {"texts": [PUZZLE]})
    assert alone.status_code == 504 and alone.json()["type"] == "deadline"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"texts": ["a"] * 9, "explain": True}, "texts: are 9; with explain at most 8"),
        (
            {"texts": ["ok", "a" * 501], "explain": True},
            "texts.1: is 501 characters; with explain at most 500",
        ),
    ],
)
async def test_too_much_to_explain_is_refused(shop: Shop, body: dict[str, Any], message: str) -> None:
    refused = await ask(shop, "/v1/understand", body)
    assert refused.status_code == 422 and message in refused.json()["message"]


async def test_a_correction_is_kept_masked_once_and_by_its_last_word(shop: Shop) -> None:
    body = {"text": "打13912345678找我，包裹没收到", "intent": "complaint", "said": "order_status"}
    first = (await ask(shop, "/v1/feedback", body)).json()
    assert first["text"] == "打[phone]找我，包裹没收到"
    again = (await ask(shop, "/v1/feedback", body | {"intent": "logistics_tracking"})).json()
    assert again["intent"] == "logistics_tracking"
    kept = await shop.service.store.feedback("demo")
    assert [(row.text, row.intent, row.said, row.source) for row in kept] == [
        ("打[phone]找我，包裹没收到", "logistics_tracking", "order_status", "shop")
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intent": "returns"}, "intent: is no intent; write one of product_question"),
        ({"said": "returns"}, "said: is no intent"),
        ({"text": " "}, "text"),
        ({"label": "x"}, "label: is not a known field"),
    ],
)
async def test_what_is_no_correction_is_refused(shop: Shop, change: dict[str, Any], message: str) -> None:
    refused = await ask(shop, "/v1/feedback", {"text": "退货", "intent": "return_request"} | change)
    assert refused.status_code == 422 and message in refused.json()["message"]
    assert await shop.service.store.feedback("demo") == []


async def test_a_browsers_key_gets_no_reasons_and_teaches_nothing(shop: Shop) -> None:
    demonstration = await shop.service.demonstration()
    assert demonstration is not None and is_page_key(demonstration.key)
    headers = {"Authorization": f"Bearer {demonstration.key}"}
    for path, body in (
        ("/v1/understand", {"texts": ["退货"], "explain": True}),
        ("/v1/feedback", {"text": "退货", "intent": "return_request"}),
    ):
        refused = await ask(shop, path, body, headers)
        assert refused.status_code == 403 and "shop's or an operator's key" in refused.json()["message"]
    assert await shop.service.store.feedback("demo") == []
