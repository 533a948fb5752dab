"""Two hundred mixed requests at once through the real graph: each ends once, and the counts add up."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.polling import eventually
from tests.serving import Kefu

pytestmark = pytest.mark.cluster
OUTCOMES = ("answered", "degraded", "shed", "cancelled", "failed")
CHATS = (
    "我的订单到哪了",
    "Recommend me a gift under 200",
    "What is the return policy?",
    "Hello",
    "送女朋友的礼物，200以内",
)


def calls(kefu: Kefu) -> list[tuple[str, str, dict[str, Any] | None]]:
    """200 calls: 160 turns (plain, streamed and by OpenAI's API), 40 of the rest."""
    found: list[tuple[str, str, dict[str, Any] | None]] = []
    for number in range(20):
        for chat in CHATS[:4]:
            found.append(("POST", "/v1/chat", {"message": chat, "stream": number % 2 == 0}))
        for chat in CHATS[1:5]:
            body = {
                "model": "kefu",
                "messages": [{"role": "user", "content": chat}],
                "stream": number % 2 == 1,
            }
            found.append(("POST", "/v1/chat/completions", body))
        found.append(("POST", "/v1/understand", {"texts": ["我想退货", "where is my parcel"]}))
        found.append(("GET", "/v1/recommendations?limit=3", None))
    return found


def turns(kefu: Kefu) -> dict[str, float]:
    return {outcome: kefu.metric("ray_kefu_turns_total", outcome=outcome) for outcome in OUTCOMES}


def settled_turns(kefu: Kefu) -> dict[str, float]:
    """The counts once everything that happened before has been reported: a turn of its own is in them."""
    marks = kefu.metric("ray_kefu_turns_total", intent="complaint")
    kefu.chat("我要投诉")
    eventually(lambda: kefu.metric("ray_kefu_turns_total", intent="complaint") > marks, within_s=30)
    return turns(kefu)


async def send_all(kefu: Kefu) -> Counter[str]:
    served = kefu.served
    headers = {"Authorization": f"Bearer {served['api_key']}", "X-Customer-Token": served["customer_token"]}
    limits = httpx.Limits(max_connections=200)

    async def send(client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None) -> str:
        response = await client.request(method, path, json=body)
        if response.status_code != 200:
            return f"{path}: {response.status_code} {response.text[:200]}"
        if "event-stream" in response.headers["content-type"]:
            ends = response.text.count("event: done") + response.text.count("data: [DONE]")
            return "ok" if ends == 1 else f"{path}: {ends} ends"
        return "ok"

    async with httpx.AsyncClient(
        base_url=served["base_url"], headers=headers, timeout=60, limits=limits
    ) as client:
        return Counter(await asyncio.gather(*(send(client, *call) for call in calls(kefu))))


def test_two_hundred_at_once_each_end_once_and_are_counted_once(kefu: Kefu) -> None:
    before = settled_turns(kefu)
    assert asyncio.run(send_all(kefu)) == {"ok": 200}
    expected = 160
    eventually(lambda: sum(turns(kefu).values()) - sum(before.values()) >= expected, within_s=60, every_s=0.5)
    after = turns(kefu)
    assert sum(after.values()) - sum(before.values()) == expected
    assert after["failed"] == before["failed"] and after["cancelled"] == before["cancelled"]
