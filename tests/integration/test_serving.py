"""The whole graph over real HTTP, through HAProxy and Serve, with fake engines."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from commerce.domain.identity import Principal
from commerce.domain.text import LocalText
from tests.polling import eventually
from tests.serving import Kefu

pytestmark = pytest.mark.cluster


def test_an_answer_comes_through_the_graph(kefu: Kefu) -> None:
    answer = kefu.chat("我的订单到哪了")
    assert answer["intent"] == "logistics_tracking"
    assert kefu.served["customer_order_ids"][0] in answer["answer"]
    assert {"understanding", "orders", "retrieval", "total"} <= set(answer["timings_ms"])


def test_a_stream_arrives_in_pieces_and_ends_with_done(kefu: Kefu) -> None:
    with (
        kefu.client() as client,
        client.stream("POST", "/v1/chat", json={"message": "Hello", "stream": True}) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = list(response.iter_lines())
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert names[0] == "meta" and names[-1] == "done"
    done = json.loads(lines[-2].removeprefix("data: "))
    assert done["rung"] == "small"


def test_texts_of_many_callers_share_batches_and_keep_their_places(kefu: Kefu) -> None:
    texts = ["我想退货", "where is my parcel", "发票怎么开", "你好"] * 8
    with kefu.client() as client, ThreadPoolExecutor(8) as pool:
        responses = list(
            pool.map(lambda _: client.post("/v1/understand", json={"texts": texts}).json(), range(8))
        )
    expected = ["return_request", "logistics_tracking", "invoice", "greeting_thanks"] * 8
    for response in responses:
        assert [r["intent"] for r in response["results"]] == expected


def test_names_of_the_shops_catalogue_are_among_the_entities(kefu: Kefu) -> None:
    with kefu.client() as client:
        response = client.post("/v1/understand", json={"texts": ["雪翎的羽绒服有L码吗", "hello"]})
    first, second = response.json()["results"]
    assert {(e["type"], e["text"], e["start"]) for e in first["entities"]} >= {
        ("brand", "雪翎", 0),
        ("product", "羽绒服", 3),
    }
    assert second["entities"] == []


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 400), (b'{"message": ""}', 422), (json.dumps({"message": "x" * 1_000_000}).encode(), 413),
     (json.dumps({"message": "x" * 10_000}).encode(), 422), (b'{"message": "\\ud800"}', 422)],
)  # fmt: skip
def test_bad_input_keeps_its_shape_through_the_proxy(kefu: Kefu, content: bytes, status: int) -> None:
    with kefu.client() as client:
        response = client.post("/v1/chat", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert set(response.json()) == {"type", "message", "request_id", "retry_after_s"}


def test_readiness_names_every_part_and_its_lag(kefu: Kefu) -> None:
    state = httpx.get(f"{kefu.served['base_url']}/readyz").json()
    assert state["is_ready"]
    followers = {"retrieval", "segmentation", "recommendation"}
    assert set(state["parts"]) == {"store", "understanding", "generation.small"} | followers
    assert all(state["parts"][name]["lag"] == 0 for name in followers)


async def test_a_changed_article_is_found_without_a_restart(kefu: Kefu) -> None:
    from dataclasses import replace

    from commerce.store import open_store

    with kefu.client() as client:
        before = client.get("/v1/knowledge/search", params={"q": "荧光独角兽帐篷", "limit": 1}).json()[
            "results"
        ]
        assert not before or "独角兽" not in before[0]["title"]
        async with open_store(f"sqlite+aiosqlite:///{kefu.home / 'shop.db'}") as store:
            plain = (await store.articles("demo"))[0]
            article = replace(
                plain,
                article_id="unicorn-tent",
                title=LocalText("荧光独角兽帐篷怎么搭", "How to pitch the unicorn tent"),
                body=LocalText(
                    "荧光独角兽帐篷要先插四根杆。", "The unicorn tent needs its four poles first."
                ),
            )
            await store.put_article(Principal("demo", operator_id="test"), article)

        def is_found() -> bool:
            found = client.get(
                "/v1/knowledge/search", params={"q": "荧光独角兽帐篷怎么搭", "limit": 1}
            ).json()["results"]
            return bool(found) and found[0]["id"] == "unicorn-tent"

        eventually(is_found, within_s=10)


def test_the_metrics_of_every_stage_are_in_one_scrape(kefu: Kefu) -> None:
    before = kefu.metric("ray_kefu_turns_total", outcome="answered")
    kefu.chat("Hello")
    eventually(lambda: kefu.metric("ray_kefu_turns_total", outcome="answered") > before, within_s=30)
    assert kefu.metric("ray_kefu_generation_streams_total", end="stop") > 0
    assert kefu.metric("ray_kefu_stage_seconds_count", stage="understanding") > 0


def test_status_tells_deployments_and_ladder(kefu: Kefu) -> None:
    status = kefu.status()
    assert status["is_running"] and status["is_ready"]
    assert {d["name"] for d in status["deployments"]} == {
        "Gateway",
        "Understanding",
        "Retrieval",
        "Segmentation",
        "Recommendation",
        "Generation-small",
    }
    assert status["ladder"]["measured"][0]["intent"] == "greeting_thanks"
    printed = kefu.command("status").stdout
    assert "greeting_thanks" in printed and "HEALTHY" in printed
