"""The store's corrections and shadow tallies, and the migration that brought them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import Connection, bindparam, inspect, text

from commerce.demo.generator import DemoSize
from commerce.demo.policy import DEMO_POLICY
from commerce.demo.shop import seed_demo
from commerce.domain.errors import TenantNotFound
from commerce.domain.feedback import Origin, ShadowTally
from commerce.domain.tenants import ModelKind, ModelVersion
from commerce.store import Store, migrate, open_store, tables
from tests.builders import NOW, TENANT
from tests.migrations import migrated

OTHER = replace(TENANT, tenant_id="other")
VERSION, NEWER = "a" * 64, "b" * 64
TALLY = ShadowTally(VERSION, None, 10, 8, 7, 3, 2, 1, 4, 50.5, 60.25)


@pytest_asyncio.fixture
async def store(store: Store) -> Store:
    await store.create_tenant(OTHER, DEMO_POLICY)
    return store


async def test_corrections_come_back_as_they_were_given_oldest_first(store: Store) -> None:
    given = [
        await store.add_feedback("demo", f"text {number}", "invoice", said, source)
        for number, (said, source) in enumerate([("complaint", "shop"), (None, "operator"), (None, "agent")])
    ]
    assert await store.feedback("demo") == given
    assert [(row.text, row.intent, row.said, row.source) for row in given] == [
        ("text 0", "invoice", "complaint", "shop"),
        ("text 1", "invoice", None, "operator"),
        ("text 2", "invoice", None, "agent"),
    ]
    assert len({row.feedback_id for row in given}) == 3
    assert given[0].at < given[1].at < given[2].at and given[0].at.utcoffset() == timedelta(0)


async def test_the_same_correction_again_is_one_row_as_it_stands(store: Store) -> None:
    first = await store.add_feedback("demo", "包裹没收到", "complaint", "order_status", "shop")
    again = await store.add_feedback("demo", "包裹没收到", "complaint", None, "operator")
    assert again == first
    assert await store.feedback("demo") == [first]


async def test_the_last_correction_of_a_text_counts(store: Store) -> None:
    first = await store.add_feedback("demo", "包裹没收到", "complaint", "order_status", "shop")
    kept = await store.add_feedback("demo", "没事了", "greeting_thanks", None, "shop")
    last = await store.add_feedback("demo", "包裹没收到", "logistics_tracking", "complaint", "operator")
    assert last.feedback_id == first.feedback_id and last.at > first.at
    assert (last.intent, last.said, last.source) == ("logistics_tracking", "complaint", "operator")
    assert await store.feedback("demo") == [kept, last]


async def test_one_text_corrected_at_once_is_one_row(url: str, store: Store) -> None:
    async with open_store(url) as replica:
        given = await asyncio.gather(
            *(
                each.add_feedback("demo", "退货", "return_request", None, "shop")
                for each in [store, replica] * 5
            )
        )
    assert await store.feedback("demo") == [given[0]] and set(given) == {given[0]}


async def test_personal_data_is_masked_before_texts_are_compared(store: Store) -> None:
    first = await store.add_feedback("demo", "打13912345678找我", "contact", None, "shop")
    assert first.text == "打[phone]找我"
    assert await store.add_feedback("demo", "打13800000000找我", "contact", None, "shop") == first
    async with store.reading() as connection:
        (row,) = await connection.execute(text("SELECT * FROM feedback"))
    assert "13912345678" not in str(row)


async def test_a_correction_belongs_to_its_shop(store: Store) -> None:
    mine = await store.add_feedback("demo", "退货", "return_request", None, "shop")
    theirs = await store.add_feedback("other", "退货", "return_policy", None, "shop")
    assert await store.feedback("demo") == [mine] and await store.feedback("other") == [theirs]
    with pytest.raises(TenantNotFound):
        await store.add_feedback("nobody", "退货", "return_request", None, "shop")
    assert await store.feedback("nobody") == []


async def test_counts_are_added_by_version_and_shop(store: Store) -> None:
    assert await store.shadow_tally("demo", VERSION) is None
    await store.add_shadow_tally("demo", TALLY)
    assert await store.shadow_tally("demo", VERSION) == TALLY
    await store.add_shadow_tally("demo", ShadowTally(VERSION, NEWER, 1, 2, 3, 4, 5, 6, 7, 8.5, 9.5))
    await store.add_shadow_tally("demo", replace(TALLY, version=NEWER))
    await store.add_shadow_tally("other", replace(TALLY, texts=1))
    added = ShadowTally(VERSION, NEWER, 11, 10, 10, 7, 7, 7, 11, 59.0, 69.75)
    assert await store.shadow_tally("demo", VERSION) == added
    assert await store.shadow_tally("demo", NEWER) == replace(TALLY, version=NEWER)
    assert await store.shadow_tally("other", VERSION) == replace(TALLY, texts=1)


async def test_counts_of_several_replicas_at_once_are_all_kept(url: str, store: Store) -> None:
    async with open_store(url) as replica:
        await asyncio.gather(*(each.add_shadow_tally("demo", TALLY) for each in [store, replica] * 10))
    total = await store.shadow_tally("demo", VERSION)
    assert total == ShadowTally(VERSION, None, 200, 160, 140, 60, 40, 20, 80, 1010.0, 1205.0)


def test_tallies_of_two_versions_are_not_added() -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        TALLY.plus(replace(TALLY, version=NEWER))


async def test_a_replaced_shop_begins_without_corrections_and_counts(store: Store) -> None:
    for tenant_id in ("demo", "other"):
        await store.add_feedback(tenant_id, "退货", "return_request", None, "shop")
        await store.add_shadow_tally(tenant_id, TALLY)
    await seed_demo(store, 4, NOW, size=DemoSize(10, 20), reset=True)
    assert await store.feedback("demo") == [] and await store.shadow_tally("demo", VERSION) is None
    assert len(await store.feedback("other")) == 1 and await store.shadow_tally("other", VERSION) == TALLY


async def names(store: Store) -> tuple[set[str], set[str]]:
    """The new tables, and the columns of promoted models."""

    def seen(connection: Connection) -> tuple[set[str], set[str]]:
        schema = inspect(connection)
        columns = {column["name"] for column in schema.get_columns("promoted_models")}
        return set(schema.get_table_names()) & {"feedback", "shadow_tallies"}, columns

    async with store.reading() as connection:
        return await connection.run_sync(seen)


async def test_a_model_promoted_before_the_migration_is_served_after_it(url: str) -> None:
    async with open_store(url) as store:
        await migrated(store, command.downgrade, "0002")
        async with store.writing() as connection:
            statement = "INSERT INTO promoted_models VALUES ('demo', 'segmentation', 'v1', 'u1', :at)"
            at = bindparam("at", NOW, tables.UtcDateTime())
            await connection.execute(text(statement).bindparams(at))
        await migrate(url)
        await store.check()
        await store.create_tenant(TENANT, DEMO_POLICY)
        served = await store.promoted_model("demo", ModelKind.SEGMENTATION)
        assert served is not None
        assert (served.version, served.url, served.promoted_at, served.previous) == ("v1", "u1", NOW, None)
        replaced = await store.promote_model("demo", ModelKind.SEGMENTATION, "v2", "u2")
        assert replaced.previous == ModelVersion("v1", "u1")


async def test_the_migration_can_be_taken_back(store: Store) -> None:
    await store.promote_model("demo", ModelKind.SEGMENTATION, "v1", "u1")
    await store.promote_model("demo", ModelKind.SEGMENTATION, "v2", "u2")
    assert await names(store) == (
        {"feedback", "shadow_tallies"},
        {"tenant_id", "kind", "version", "url", "promoted_at", "previous_version", "previous_url"},
    )
    await migrated(store, command.downgrade, "0002")
    assert await names(store) == (set(), {"tenant_id", "kind", "version", "url", "promoted_at"})
    await migrated(store, command.upgrade, "head")
    await store.check()
    served = await store.promoted_model("demo", ModelKind.SEGMENTATION)
    assert served is not None and (served.version, served.previous) == ("v2", None)


async def test_a_later_correction_of_nobody_keeps_whose_it_was(store: Store) -> None:
    await store.add_feedback("demo", "包裹没收到", "complaint", None, "shop", Origin("C1"))
    await store.add_feedback("demo", "包裹没收到", "logistics_tracking", None, "operator")
    async with store.reading() as connection:
        (row,) = await connection.execute(text("SELECT customer_id, intent FROM feedback"))
    assert tuple(row) == ("C1", "logistics_tracking")
