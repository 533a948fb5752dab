"""A shopper's words as a query, and what a search finds in the demonstration catalogue."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from benchmarks.postgres import new_database
from commerce.demo.catalogue_rows import catalogue_rows
from commerce.demo.shop import DEMO_TENANT, DemoSize, seed_demo
from commerce.domain.catalogue import ProductHit, ProductQuery, ProductVocabulary, Term
from commerce.domain.errors import ProductNotFound
from commerce.domain.price_words import price_range
from commerce.domain.product_query import query_from_text
from commerce.domain.text import LocalText
from commerce.store import Store, migrate, open_store

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def vocabulary() -> ProductVocabulary:
    by_kind: dict[str, list[Term]] = {"product_type": [], "colour": [], "category": []}
    for row in catalogue_rows(random.Random(0), NOW, "demo", "CNY").terms:
        name = LocalText(row["name_zh"], row["name_en"])
        by_kind[row["kind"]].append(Term(row["slug"], name, tuple(row["synonyms"]), tuple(row["categories"])))
    return ProductVocabulary(
        tuple(by_kind["product_type"]), tuple(by_kind["colour"]), tuple(by_kind["category"])
    )


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [
        ("200以内", None, 200), ("两百以内", None, 200), ("三百五以下", None, 350), ("一百零五元以内", None, 105),
        ("一万二以内", None, 12000), ("十五块以内", None, 15), ("不超过500", None, 500), ("超过500", 500, None),
        ("300以上", 300, None), ("100到200元", 100, 200), ("200左右", 160, 240), ("under $1,200.50", None, 1200.5),
        ("between 200 and 100", 100, 200), ("at least 50 yuan", 50, None), ("预算一千", None, 1000),
        ("38到40码", None, None), ("不超过十五天", None, None), ("under 2 years", None, None), ("iphone 15", None, None),
        ("预算,200以内", None, 200), ("$ 50 or less", None, 50), ("9" * 400 + "以内", None, None),
        ("万" * 30 + "以内", None, None), ("九万万万万万以内的杯子", None, None),
        ("预算999999999999,999,999,999以内", None, None),
        ("九万万万万万到三百", None, None), ("双十一200以内的耳机", None, 200), ("万一500以上", 500, None),
        ("统一100到200元", 100, 200), ("双11三百以内", None, 300), ("两百50以内", None, None), ("5百以内", None, None),
    ],
)  # fmt: skip
def test_prices_in_words(words: str, low: float | None, high: float | None) -> None:
    assert price_range(words)[0] == (low, high)


@pytest.mark.parametrize("piece", ["1", " ", "1,", "1 ", "百", ",111", "1.", "200 到", "$ ", "a", "a-", "a1"])
def test_a_message_of_any_length_is_read_in_a_moment(piece: str) -> None:
    """4,000 digits took three seconds where the time grew with their square."""
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    query_from_text(text, ProductVocabulary((), (), ()), "zh")
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("红色的羽绒服", {"product_types": ("down_jacket",), "colour": "red"}),
        ("有没有红羽绒服,女款的", {"product_types": ("down_jacket",), "colour": "red", "categories": ("womens_clothing",)}),
        ("women's red down jackets?", {"product_types": ("down_jacket",), "categories": ("womens_clothing",)}),
        ("酒红色口红", {"product_types": ("lipstick",), "colour": "wine_red"}),
        ("口红", {"product_types": ("lipstick",), "colour": None}),
        ("gift under 200", {"is_gift": True, "max_price_minor": 20000, "tokens": ()}),
        ("两百以内送女朋友的礼物", {"is_gift": True, "max_price_minor": 20000}),
        ("女款跑步鞋 37码", {"product_types": ("running_shoes",), "categories": (), "size": "37"}),
        ("T恤 XL码", {"product_types": ("tshirt",), "size": "XL"}),
        ("有防水的冲锋衣吗", {"product_types": ("jacket",), "tokens": ("防水",)}),
        ("submarine", {"product_types": (), "tokens": ("submarine",)}),
        ("你好", {"product_types": (), "tokens": (), "is_gift": False, "colour": None}),
    ],
)  # fmt: skip
def test_a_query_from_words(vocabulary: ProductVocabulary, text: str, expected: dict[str, Any]) -> None:
    query = query_from_text(text, vocabulary, "zh")
    assert {name: getattr(query, name) for name in expected} == expected


@pytest.mark.parametrize("seed", range(8))
def test_every_seed_has_red_down_jackets_and_small_gifts_in_stock(seed: int) -> None:
    rows = catalogue_rows(random.Random(seed), NOW, "demo", "CNY")
    assert len(rows.products) >= 500
    assert len({row["category"] for row in rows.products}) == 16
    names = [row["name_zh"] for row in rows.products]
    assert len(set(names)) == len(names)
    products = {row["product_id"]: row for row in rows.products}
    red = {
        products[row["product_id"]]["category"]
        for row in rows.variants
        if products[row["product_id"]]["product_type"] == "down_jacket"
        and row["colour"] == "red"
        and row["stock"]
    }
    assert red == {"womens_clothing", "mens_clothing"}
    gifts = {
        row["product_id"]
        for row in rows.variants
        if products[row["product_id"]]["is_giftable"] and row["price_minor"] <= 20000 and row["stock"]
    }
    assert len(gifts) >= 20
    assert all(row["price_minor"] > 0 and row["stock"] >= 0 for row in rows.variants)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shop_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small demonstration shop, for reading."""
    folder: Path = tmp_path_factory.mktemp("shop")

    async def fill() -> str:
        url = f"sqlite:///{folder / 'shop.db'}"
        if request.param == "postgresql":
            url = await new_database(request.getfixturevalue("postgres"))
        await migrate(url)
        async with open_store(url) as store:
            await seed_demo(store, 5, NOW, folder, size=DemoSize(60, 300))
        return url

    return asyncio.run(fill())


@pytest_asyncio.fixture
async def shop(shop_url: str) -> AsyncIterator[Store]:
    async with open_store(shop_url) as store:
        yield store


async def found(shop: Store, text: str, limit: int = 50) -> tuple[ProductHit, ...]:
    vocabulary = await shop.product_vocabulary(DEMO_TENANT)
    return await shop.search_products(DEMO_TENANT, query_from_text(text, vocabulary, "zh", limit=limit))


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ["红色的羽绒服", "red down jackets"])
async def test_only_red_down_jackets_in_stock(shop: Store, text: str) -> None:
    hits = await found(shop, text)
    assert {hit.category for hit in hits} == {"womens_clothing", "mens_clothing"}
    assert {(hit.product_type, hit.colour) for hit in hits} == {("down_jacket", "red")}
    assert all(hit.stock > 0 for hit in hits)
    assert len({hit.product_id for hit in hits}) == len(hits)
    assert [hit.sold_count for hit in hits] == sorted((hit.sold_count for hit in hits), reverse=True)


@pytest.mark.asyncio
async def test_the_gender_narrows_it(shop: Store) -> None:
    assert {hit.category for hit in await found(shop, "男士红色羽绒服")} == {"mens_clothing"}


@pytest.mark.asyncio
async def test_gifts_under_200_are_giftable_popular_and_cheap(shop: Store) -> None:
    hits = await found(shop, "gift under 200", limit=8)
    assert len(hits) == 8
    assert all(hit.price_minor <= 20000 and hit.stock > 0 for hit in hits)
    for hit in hits:
        assert (await shop.product(DEMO_TENANT, hit.product_id)).is_giftable
    assert hits[0].sold_count >= hits[-1].sold_count > 0


@pytest.mark.asyncio
async def test_what_the_shop_does_not_sell_is_not_found(shop: Store) -> None:
    assert await found(shop, "submarine") == ()
    assert await shop.search_products(DEMO_TENANT, ProductQuery(tokens=("100%",))) == ()
    assert await shop.search_products(DEMO_TENANT, ProductQuery(tokens=("_of",))) == ()
    assert "coffee" not in {hit.product_type for hit in await found(shop, "fee off")}
    assert await found(shop, "紫色的羽绒服") == ()


@pytest.mark.asyncio
async def test_a_message_of_hundreds_of_words_is_a_search_like_any_other(shop: Store) -> None:
    words = " ".join(f"zz{n}" for n in range(600))
    assert len(words) < 4_000 and await found(shop, words) == ()
    assert {hit.product_type for hit in await found(shop, f"文胸 {words}")} == {"bra"}


@pytest.mark.asyncio
async def test_words_of_the_query_rank_before_popularity(shop: Store) -> None:
    first = (await found(shop, "无钢圈文胸"))[0]
    assert "无钢圈" in first.name.zh
    assert "bra" in (await found(shop, "wireless bra"))[0].name.en


@pytest.mark.asyncio
async def test_a_search_stays_in_its_tenant_and_limit(shop: Store) -> None:
    assert await shop.search_products("other", ProductQuery()) == ()
    assert len(await shop.search_products(DEMO_TENANT, ProductQuery(limit=3))) == 3
    dear = await shop.search_products(DEMO_TENANT, ProductQuery(min_price_minor=300_000, limit=5))
    assert dear
    assert all(hit.price_minor >= 300_000 for hit in dear)


@pytest.mark.asyncio
async def test_sold_out_variants_are_found_only_when_asked_for(shop: Store) -> None:
    sold_out = next(
        (product, variant)
        for product in await shop.products(DEMO_TENANT)
        for variant in product.variants
        if variant.stock == 0 and len({each.colour for each in product.variants}) == len(product.variants) > 1
    )
    product, variant = sold_out
    wanted: dict[str, Any] = {"product_types": (product.product_type,), "colour": variant.colour, "limit": 50}
    with_stock = await shop.search_products(DEMO_TENANT, ProductQuery(**wanted))
    anyway = await shop.search_products(DEMO_TENANT, ProductQuery(**wanted, in_stock=False))
    assert variant.variant_id not in {hit.variant_id for hit in with_stock}
    assert variant.variant_id in {hit.variant_id for hit in anyway}


@pytest.mark.asyncio
async def test_products_come_with_both_names_and_their_variants(shop: Store) -> None:
    product = (await shop.products(DEMO_TENANT))[0]
    assert product == await shop.product(DEMO_TENANT, product.product_id)
    assert product.name.zh and product.name.en and product.description.zh
    assert product.variants and all(each.product_id == product.product_id for each in product.variants)
    assert [category.slug for category in await shop.categories(DEMO_TENANT)].count("jewelry") == 1
    with pytest.raises(ProductNotFound):
        await shop.product(DEMO_TENANT, "P0")
