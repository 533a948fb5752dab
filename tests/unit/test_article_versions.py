"""Articles in a store of either kind: every version is kept, can be read and be brought back."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import IntegrityError

from commerce.demo.shop import DemoSize, seed_demo
from commerce.domain.errors import (
    ArticleConflict,
    ArticleInvalid,
    ArticleNotFound,
    ArticleVersionNotFound,
    NotFound,
)
from commerce.domain.identity import Principal
from commerce.domain.knowledge import Article
from commerce.domain.tenants import ChangeKind
from commerce.domain.text import LocalText
from commerce.store import Store
from commerce.store.tables import article_versions, articles
from tests.migrations import migrated

OPERATOR: Final = Principal("demo", operator_id="O1")
AGENT: Final = Principal("demo", "C000001", "A7")
NOW: Final = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SIZE: Final = DemoSize(customers=5, orders=5)
PLAIN: Final = Article(
    "ship-now", "policy", ("delivery_policy",), (), LocalText("运费", "Fees"), LocalText("包邮。", "Free.")
)
DEARER: Final = replace(PLAIN, body=LocalText("八元。", "8 yuan."))


@pytest_asyncio.fixture
async def shop(store: Store) -> Store:
    """`store` with the demonstration shop's goods and articles."""
    await seed_demo(store, 7, NOW, size=SIZE, reset=True)
    return store


async def test_every_version_is_kept_with_who_made_it(store: Store) -> None:
    await store.put_article(OPERATOR, PLAIN)
    await store.put_article(AGENT, DEARER, expected_version=1, request_id="r2")
    found = await store.article_versions("demo", PLAIN.article_id)
    assert [(v.article.version, v.article.body.en, v.edited_by) for v in found] == [
        (2, "8 yuan.", "agent:A7"),
        (1, "Free.", "operator:O1"),
    ]
    assert found[0].article == await store.article("demo", PLAIN.article_id)
    assert (await store.article_version("demo", PLAIN.article_id, 1)).article.body == PLAIN.body
    told = [e for e in await store.audit_entries("demo") if e.what == "put_article"]
    assert [(e.caller, e.customer_id, e.entity_id, e.why, e.request_id) for e in told] == [
        ("operator:O1", None, "ship-now", "version 1", None),
        ("agent:A7", None, "ship-now", "version 2", "r2"),
    ]


async def test_versions_come_in_pages(store: Store) -> None:
    for _ in range(5):
        await store.put_article(OPERATOR, PLAIN)
    first = await store.article_versions("demo", PLAIN.article_id, limit=2)
    rest = await store.article_versions("demo", PLAIN.article_id, before=first[-1].article.version)
    assert [v.article.version for v in (*first, *rest)] == [5, 4, 3, 2, 1]


async def test_an_old_version_is_brought_back_as_the_next(store: Store) -> None:
    await store.put_article(OPERATOR, PLAIN)
    await store.put_article(OPERATOR, DEARER)
    before = await store.latest_change()
    with pytest.raises(ArticleConflict):
        await store.restore_article(AGENT, PLAIN.article_id, 1, expected_version=1)
    back = await store.restore_article(AGENT, PLAIN.article_id, 1, expected_version=2)
    assert (back.version, back.body) == (3, PLAIN.body)
    assert await store.article("demo", PLAIN.article_id) == back
    assert [c.entity_id for c in await store.changes_since(before)] == [PLAIN.article_id]
    assert (await store.audit_entries("demo"))[-1].why == "version 3, as version 1 was"
    with pytest.raises(ArticleVersionNotFound, match="no version 9"):
        await store.restore_article(AGENT, PLAIN.article_id, 9)


async def test_a_deleted_article_can_come_back_and_goes_on_counting(store: Store) -> None:
    await store.put_article(OPERATOR, PLAIN)
    with pytest.raises(ArticleConflict):
        await store.delete_article(OPERATOR, PLAIN.article_id, expected_version=2)
    await store.delete_article(OPERATOR, PLAIN.article_id, expected_version=1)
    with pytest.raises(ArticleNotFound):
        await store.article("demo", PLAIN.article_id)
    assert [v.article.version for v in await store.article_versions("demo", PLAIN.article_id)] == [1]
    # It is not there, whatever its history is.
    back = await store.restore_article(OPERATOR, PLAIN.article_id, 1, expected_version=0)
    await store.delete_article(OPERATOR, PLAIN.article_id)
    anew = await store.put_article(OPERATOR, DEARER, expected_version=0)
    assert (back.version, anew.version) == (2, 3)
    assert [e.why for e in await store.audit_entries("demo") if e.what == "delete_article"] == [
        "version 1",
        "version 2",
    ]


async def test_another_shops_articles_are_not_there(store: Store) -> None:
    await store.put_article(OPERATOR, PLAIN)
    other = Principal("other", operator_id="O1")
    for refused in (
        store.article_versions("other", PLAIN.article_id),
        store.article_version("other", PLAIN.article_id, 1),
        store.restore_article(other, PLAIN.article_id, 1),
        store.delete_article(other, PLAIN.article_id),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await store.article_page("other") == () == await store.articles("other", [PLAIN.article_id])


async def test_of_two_editors_at_once_one_is_told(store: Store) -> None:
    await store.put_article(OPERATOR, PLAIN)
    done = await asyncio.gather(
        store.put_article(OPERATOR, DEARER, expected_version=1),
        store.put_article(AGENT, PLAIN, expected_version=1),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["Article", "ArticleConflict"]
    assert len(await store.article_versions("demo", PLAIN.article_id)) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"categories": ("shoes", "cars")}, "categories: 'cars' is no category of the shop"),
        ({"products": ("no-such",)}, "products: 'no-such' is no product of the shop"),
    ],
)
async def test_what_nobody_would_find_is_refused(shop: Store, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ArticleInvalid, match=said):
        await shop.put_article(OPERATOR, replace(PLAIN, **changes))
    with pytest.raises(ArticleNotFound):
        await shop.article_versions("demo", PLAIN.article_id)


async def test_pages_and_chosen_ids(shop: Store) -> None:
    everything = await shop.articles("demo")
    first = await shop.article_page("demo", limit=100)
    rest = await shop.article_page("demo", after=first[-1].article_id)
    assert (*first, *rest) == everything and len(first) == 100
    ids = [everything[3].article_id, everything[1].article_id, "nowhere"]
    assert await shop.articles("demo", ids) == (everything[1], everything[3])
    # More than one statement takes.
    assert await shop.articles("demo", [str(n) for n in range(1200)] + ids) == (everything[1], everything[3])


async def test_a_shops_own_articles_have_their_first_version(shop: Store) -> None:
    for article in await shop.articles("demo"):
        (first,) = await shop.article_versions("demo", article.article_id)
        assert (first.article, first.edited_by) == (article, "shop")


@pytest.mark.parametrize("statement", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}"])
async def test_versions_are_never_changed(shop: Store, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        async with shop.writing() as connection:
            await connection.execute(text(statement.format("article_versions")))


async def test_a_migration_keeps_what_is_there_and_expands_alone(shop: Store) -> None:
    before = await shop.articles("demo")
    await migrated(shop, command.downgrade, "0009")
    async with shop.writing() as connection:
        columns = [
            c
            for c in articles.c
            if c.name not in ("products", "is_draft", "publish_at", "expires_at", "questions")
        ]
        row = (await connection.execute(select(*columns).limit(1))).mappings().one()
    await migrated(shop, command.upgrade, "0010")
    assert await shop.articles("demo") == tuple(replace(article, questions=()) for article in before)
    assert [v.edited_by for v in await shop.article_versions("demo", row["article_id"])] == ["unknown"]
    # An older process beside this one knows neither the new columns nor the versions.
    async with shop.writing() as connection:
        await connection.execute(delete(articles).where(articles.c.article_id == row["article_id"]))
        older = {**row, "version": 2, "kind": "theirs"}
        await connection.execute(insert(articles).values(older))
    assert (await shop.article("demo", row["article_id"])).is_shown(NOW)
    await shop.put_article(OPERATOR, replace(PLAIN, article_id=row["article_id"]))
    found = await shop.article_versions("demo", row["article_id"])
    assert [(v.article.version, v.article.kind, v.edited_by) for v in found] == [
        (3, "policy", "operator:O1"),
        (2, "theirs", "unknown"),
        (1, row["kind"], "unknown"),
    ]


async def test_a_seed_that_is_replaced_takes_its_versions_with_it(shop: Store) -> None:
    await shop.put_article(OPERATOR, PLAIN)
    await seed_demo(shop, 8, NOW, size=SIZE, reset=True)
    async with shop.reading() as connection:
        rows = (await connection.execute(select(article_versions.c.article_id))).scalars().all()
    assert PLAIN.article_id not in rows and len(rows) == len(await shop.articles("demo"))


def test_when_an_article_is_shown() -> None:
    hour = timedelta(hours=1)
    timed = replace(PLAIN, publish_at=NOW, expires_at=NOW + hour)
    shown = [timed.is_shown(at) for at in (NOW - hour, NOW, NOW + hour - timedelta(seconds=1), NOW + hour)]
    assert shown == [False, True, True, False]
    assert PLAIN.is_shown(NOW) and not replace(PLAIN, is_draft=True).is_shown(NOW)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"article_id": "Ship now"}, "is not a slug"),
        ({"kind": ""}, "kind: is not a word"),
        ({"kind": "k" * 33}, "kind: is not a word"),
        ({"title": LocalText("", "Fees")}, "title.zh: is empty"),
        ({"title": LocalText("费", "F" * 501)}, "title.en: is 501 characters; at most 500"),
        ({"body": LocalText("费" * 50_001, "F")}, "body.zh: is 50001 characters"),
        ({"body": LocalText("费\x00", "F")}, "body.zh: holds a NUL"),
        ({"products": ("p1", "p1")}, "products: holds one twice"),
        ({"intents": ("",)}, "intents: '' is not a name"),
        ({"products": tuple(map(str, range(201)))}, "products: are 201; at most 200"),
        ({"publish_at": NOW, "expires_at": NOW}, "expires_at: is not after publish_at"),
        ({"expires_at": NOW.replace(tzinfo=None)}, "expires_at: has no time zone"),
        ({"version": 0}, "version: must be at least 1"),
    ],
)
def test_an_article_that_makes_no_sense(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ArticleInvalid, match=said):
        replace(PLAIN, **changes)


async def test_instants_are_kept_whatever_their_zone(store: Store) -> None:
    at = datetime(2027, 2, 1, tzinfo=timezone(timedelta(hours=8)))
    await store.put_article(OPERATOR, replace(PLAIN, publish_at=at))
    stored = await store.article("demo", PLAIN.article_id)
    assert stored.publish_at == at and stored.publish_at.utcoffset() == timedelta(0)
    assert [c.kind for c in await store.changes_since(await store.latest_change() - 1)] == [
        ChangeKind.ARTICLE
    ]
