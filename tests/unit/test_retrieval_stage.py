"""The retrieval stage over a real store: two replicas follow what editors do, and the clock."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select

from cluster.config import resolve_secret
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.identity import Principal
from commerce.domain.knowledge import Article
from commerce.domain.tenants import ChangeKind, Tenant
from commerce.domain.text import LocalText
from commerce.store import Store, migrate, open_store
from commerce.store.changes import record_change
from commerce.store.knowledge import article_row
from commerce.store.tables import articles, products
from deployments.errors import NotReady
from deployments.retrieval import Retrieval
from models.retrieval.embedders import FakeEmbedder, Vectors
from models.types import Found, Passage, SearchRequest
from routing.sheet.questions import questions
from tests.local_service import Shop

EDITOR: Final = Principal("shop", operator_id="O1")
TENANT: Final = Tenant("shop", LocalText("店", "Shop"), "zh-CN", "Asia/Shanghai", "CNY")
PLAIN: Final = Article(
    "unicorn",
    "faq",
    (),
    (),
    LocalText("独角兽帐篷", "Unicorn tent"),
    LocalText("先插四根杆。", "Poles first."),
)
VISIBLE_S: Final = 1.0


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    await migrate(url)
    async with open_store(url) as opened:
        await opened.create_tenant(TENANT, DEMO_POLICY)
        await opened.put_article(EDITOR, replace(PLAIN, article_id="other"))
        yield opened


async def replica(tmp_path: Path, **identity: Any) -> Retrieval:
    stage = Retrieval(resolve_secret)
    await stage.reconfigure({"engine": "fake", "store": f"sqlite:{tmp_path / 'shop.db'}", **identity})
    return stage


@pytest_asyncio.fixture
async def replicas(store: Store, tmp_path: Path) -> AsyncIterator[list[Retrieval]]:
    stages = [await replica(tmp_path) for _ in range(2)]
    yield stages
    for stage in stages:
        await stage.aclose()


async def found(stage: Retrieval, tenant_id: str = "shop", **more: Any) -> dict[str, Passage]:
    request = SearchRequest(tenant_id, "unicorn tent", "en", **more)
    return {passage.article_id: passage for passage in (await stage.search(request)).passages}


async def found_version(stage: Retrieval) -> int | None:
    now = (await found(stage)).get("unicorn")
    return None if now is None else now.version


async def visible_s(stages: list[Retrieval], version: int | None) -> float:
    """How long until every replica finds that version of the article; None: none."""
    started = time.perf_counter()
    async with asyncio.timeout(20):
        for stage in stages:
            while await found_version(stage) != version:
                await asyncio.sleep(0.01)
    return time.perf_counter() - started


async def test_an_edit_is_found_by_every_replica_within_a_second(
    store: Store, replicas: list[Retrieval]
) -> None:
    await store.put_article(EDITOR, PLAIN)
    assert await visible_s(replicas, 1) <= VISIBLE_S
    await store.put_article(EDITOR, replace(PLAIN, body=LocalText("先铺地布。", "Groundsheet first.")))
    assert await visible_s(replicas, 2) <= VISIBLE_S
    assert {(await found(stage))["unicorn"].quote for stage in replicas} == {"Groundsheet first."}
    await store.restore_article(EDITOR, "unicorn", 1)
    assert await visible_s(replicas, 3) <= VISIBLE_S
    await store.delete_article(EDITOR, "unicorn")
    assert await visible_s(replicas, None) <= VISIBLE_S
    assert all(["other" in await found(stage) for stage in replicas])


async def test_a_draft_is_not_found_until_it_is_none(store: Store, replicas: list[Retrieval]) -> None:
    await store.put_article(EDITOR, PLAIN)
    await visible_s(replicas, 1)
    await store.put_article(EDITOR, replace(PLAIN, is_draft=True))
    assert await visible_s(replicas, None) <= VISIBLE_S
    await store.put_article(EDITOR, PLAIN)
    assert await visible_s(replicas, 3) <= VISIBLE_S


async def test_an_article_comes_and_goes_without_an_edit(store: Store, replicas: list[Retrieval]) -> None:
    begins = datetime.now(UTC) + timedelta(seconds=1.5)
    ends = begins + timedelta(seconds=1.5)
    await store.put_article(EDITOR, replace(PLAIN, publish_at=begins, expires_at=ends))
    seq = await store.latest_change()
    async with asyncio.timeout(5):
        while any([(await stage.status()).change_seq != seq for stage in replicas]):
            await asyncio.sleep(0.01)
    assert not any(["unicorn" in await found(stage) for stage in replicas])
    assert datetime.now(UTC) < begins
    await visible_s(replicas, 1)
    assert timedelta() <= datetime.now(UTC) - begins <= timedelta(seconds=VISIBLE_S)
    await visible_s(replicas, None)
    assert timedelta() <= datetime.now(UTC) - ends <= timedelta(seconds=VISIBLE_S)
    assert await store.latest_change() == seq


async def test_a_shop_finds_its_own_articles_alone(store: Store, replicas: list[Retrieval]) -> None:
    await store.create_tenant(replace(TENANT, tenant_id="second"), DEMO_POLICY)
    await store.put_article(Principal("second", operator_id="O2"), PLAIN)
    async with asyncio.timeout(5):
        while "unicorn" not in await found(replicas[0], "second"):
            await asyncio.sleep(0.01)
    assert set(await found(replicas[0], "second")) == {"unicorn"}
    assert set(await found(replicas[0])) == {"other"}
    assert await found(replicas[0], "nobody") == {}


async def test_an_import_brings_and_takes_articles_at_once(store: Store, replicas: list[Retrieval]) -> None:
    """It tells of its articles in one change, without their ids."""
    now = datetime.now(UTC)
    async with store.writing() as connection:
        await connection.execute(delete(articles).where(articles.c.article_id == "other"))
        await connection.execute(insert(articles).values(article_row("shop", PLAIN, now)))
        await record_change(connection, "shop", ChangeKind.ARTICLE, "*", now)
    assert await visible_s(replicas, 1) <= VISIBLE_S
    assert [set(await found(stage)) for stage in replicas] == [{"unicorn"}] * 2


async def test_a_store_that_was_edited_before_the_start_is_whole(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        await Retrieval(resolve_secret).status()
    await store.put_article(EDITOR, PLAIN)
    stage = await replica(tmp_path)
    assert set(await found(stage)) == {"unicorn", "other"}
    assert (await stage.status()).change_seq == await store.latest_change()
    await stage.aclose()
    with pytest.raises(RuntimeError, match="has ended"):
        await stage.check_health()


async def test_a_message_is_told_by_the_questions_that_it_is_like(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        await Retrieval(resolve_secret).search(SearchRequest("shop", "快递单号是多少", "zh"))
    stage = await replica(tmp_path)
    for tenant_id in ("shop", "one without articles"):
        asked = SearchRequest(tenant_id, "KF2600的快递单号是多少", "zh", asked="快递单号是多少")
        first, second, *_ = (await stage.search(asked)).likenesses
        assert first.name == "order.tracking" and first.score > 0.99 > second.score
        assert (await stage.search(replace(asked, asked="  "))).likenesses == ()
    await stage.aclose()


async def test_a_search_embeds_once_whatever_it_is_compared_with(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await replica(tmp_path)
    calls: list[list[str]] = []
    embed = FakeEmbedder.embed_queries

    def counted(self: FakeEmbedder, texts: Sequence[str]) -> Vectors:
        calls.append(list(texts))
        return embed(self, texts)

    monkeypatch.setattr(FakeEmbedder, "embed_queries", counted)
    request = SearchRequest("shop", "unicorn tent", "en", asked="it")
    both = await stage.search(request)
    same = await stage.search(replace(request, asked="unicorn tent"))
    assert calls == [["it", "unicorn tent"], ["unicorn tent"]]
    assert both.passages == same.passages != () and both.likenesses != same.likenesses
    await stage.aclose()


async def test_a_replica_that_starts_embeds_nothing_that_another_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    embed = FakeEmbedder.embed_passages

    def counted(self: FakeEmbedder, texts: Sequence[str]) -> Vectors:
        embedded.extend(texts)
        return embed(self, texts)

    # The fake embeds queries as passages, too.
    monkeypatch.setattr(FakeEmbedder, "embed_passages", counted)
    vectors = str(tmp_path / "vectors")
    first = await replica(tmp_path, vectors_dir=vectors)
    await store.put_article(EDITOR, PLAIN)
    await visible_s([first], 1)
    asked_like = {text for texts in questions().values() for text in texts}
    assert set(embedded) > asked_like
    embedded.clear()
    second = await replica(tmp_path, vectors_dir=vectors)
    assert embedded == []
    assert await found(second) == await found(first) and embedded == ["unicorn tent"] * 2
    asked = SearchRequest("shop", "", "zh", asked="快递单号是多少")
    assert (await second.search(asked)).likenesses == (await first.search(asked)).likenesses
    for stage in (first, second):
        await stage.aclose()


async def test_a_search_over_http_filters_by_category_and_product(shop: Shop) -> None:
    database = shop.service.store._engine.url.database
    stage = Retrieval(resolve_secret)
    await stage.reconfigure({"engine": "fake", "store": f"sqlite:{database}"})

    class Client:
        async def search(self, request: SearchRequest, timeout_s: float) -> Found:
            return await stage.search(request)

    shop.service.retrieval = Client()  # type: ignore[assignment]
    async with shop.service.store.reading() as connection:
        product_id = await connection.scalar(select(products.c.product_id).limit(1))
    about = replace(PLAIN, article_id="about-one", products=(str(product_id),))
    await shop.service.store.put_article(Principal("demo", operator_id="O1"), about)

    async def asked(**query: Any) -> set[str]:
        wanted = {"q": "独角兽帐篷 退货", "limit": 20, **query}
        response = await shop.client.get("/v1/knowledge/search", params=wanted)
        assert response.status_code == 200, response.text
        return {each["id"] for each in response.json()["results"]}

    async with asyncio.timeout(5):
        while "about-one" not in await asked():
            await asyncio.sleep(0.01)
    assert "about-one" in await asked(product=product_id)
    assert "about-one" not in await asked(product="another")
    food = "食品生鲜怎么退、坏了怎么赔"
    assert "return-food" in await asked(q=food, category="food")
    assert "return-food" not in await asked(q=food, category="shoes")
    await stage.aclose()
