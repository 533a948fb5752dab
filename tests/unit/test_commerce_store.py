"""The store on both databases: schema, keys, change log, articles, conversations, times."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError

from benchmarks.postgres import new_database
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.conversations import NewTurn, TurnOutcome
from commerce.domain.errors import (
    ApiKeyNotFound,
    ArticleConflict,
    ArticleInvalid,
    ArticleNotFound,
    CommerceError,
    ConversationBusy,
    ConversationConflict,
    ConversationNotFound,
    InvalidCredentials,
    StoreNotMigrated,
    StoreUnavailable,
    TenantExists,
    TenantNotFound,
)
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.knowledge import Article
from commerce.domain.tenants import BehaviourEvent, BehaviourKind, ChangeKind, Tenant
from commerce.domain.text import LocalText
from commerce.store import Store, migrate, open_store
from commerce.store.tables import api_keys, behaviour_events, metadata, tenants
from commerce.store.url import parse_store_url
from tests.builders import new_key

EDITOR = Principal("shop", operator_id="O1")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
SHOP = Tenant("shop", LocalText("店", "Shop"), "zh-CN", "Asia/Shanghai", "CNY")
OWNER = Principal("shop", "C1")


@pytest_asyncio.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with open_store(url) as opened:
        await opened.create_tenant(SHOP, DEMO_POLICY)
        yield opened


def an_article(**changes: Any) -> Article:
    plain = Article(
        "shipping",
        "policy",
        ("delivery_policy",),
        (),
        LocalText("运费", "Fees"),
        LocalText("满99包邮", "Free from 99"),
    )
    return replace(plain, **changes)


def a_turn(**changes: Any) -> NewTurn:
    plain = NewTurn("r1", "在吗", "您好", "greeting_thanks", 0.9, "route", "composed", "general", "zh", NOW)
    return replace(plain, **changes)


@pytest.mark.asyncio
async def test_the_migrations_make_exactly_the_tables(url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with open_store(url) as store, store.reading() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_two_migrations_at_once_and_again_from_another_folder(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [f"sqlite:///{tmp_path / f'new-{number}.db'}" for number in range(5)]
    if kind == "postgresql":
        addresses = [await new_database(request.getfixturevalue("postgres")) for _ in range(2)]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = nowhere\n")
    for address in addresses:
        revisions = await asyncio.gather(*(migrate(address) for _ in range(6)))
        assert len(set(revisions)) == 1
        async with open_store(address) as store:
            await store.check()


@pytest.mark.asyncio
async def test_an_empty_or_missing_database_says_what_is_wrong(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'empty.db'}") as store:
        with pytest.raises(StoreNotMigrated, match="nothing"):
            await store.check()
    with pytest.raises(StoreUnavailable, match="folder"):
        open_store(f"sqlite:///{tmp_path / 'no' / 'folder.db'}")
    (tmp_path / "text.db").write_text("this is no database, however long it is" * 100)
    async with open_store(f"sqlite:///{tmp_path / 'text.db'}") as store:
        with pytest.raises(StoreUnavailable, match="not a database") as caught:
            await store.tenants()
    assert "SELECT" not in str(caught.value)


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_other_databases_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="store"):
        open_store(address)


@pytest.mark.parametrize("address", ["no url", "postgresql://kefu:secret@host:port/shop"])
def test_a_url_that_cannot_be_read_is_not_repeated(address: str) -> None:
    with pytest.raises(ValueError, match="postgresql://user:password@host:5432/database") as caught:
        open_store(address)
    assert "secret" not in str(caught.value) and caught.value.__cause__ is None


def test_postgresqls_options_are_asyncpgs_or_refused() -> None:
    plain = "postgresql+asyncpg://kefu@host/shop"
    assert parse_store_url("postgres://kefu@host/shop?sslmode=require") == make_url(f"{plain}?ssl=require")
    with pytest.raises(ValueError, match="takes no option application_name, channel_binding, but host"):
        open_store(f"{plain}?channel_binding=require&application_name=kefu")


@only_sqlite
def test_options_in_sqlites_url_are_refused_instead_of_ignored(url: str) -> None:
    with pytest.raises(ValueError, match=r"takes no options; write its URL without \?timeout, uri"):
        open_store(f"{url}?timeout=30&uri=true")


@pytest.mark.asyncio
@only_sqlite
async def test_sqlite_is_durable_and_checks_its_keys(store: Store) -> None:
    async with store.reading() as connection:
        found = [
            await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


@pytest.mark.asyncio
async def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError):
        async with store.writing() as connection:
            await connection.execute(text("DELETE FROM tenants"))
            raise RuntimeError
    assert await store.tenant("shop") == SHOP


@pytest.mark.asyncio
async def test_tenants_and_policies(store: Store) -> None:
    assert await store.policy("shop") == DEMO_POLICY
    dearer = replace(DEMO_POLICY, shipping=replace(DEMO_POLICY.shipping, fee_minor=10_00))
    before = await store.latest_change()
    await store.put_policy("shop", dearer, "shell:1")
    assert await store.policy("shop") == dearer
    assert [change.kind for change in await store.changes_since(before)] == [ChangeKind.POLICY]
    with pytest.raises(TenantExists):
        await store.create_tenant(SHOP, DEMO_POLICY)
    for unknown in (
        store.tenant("other"),
        store.policy("other"),
        store.put_policy("other", dearer, "shell:1"),
    ):
        with pytest.raises(TenantNotFound):
            await unknown


@pytest.mark.asyncio
async def test_a_key_opens_its_own_tenant_until_it_is_revoked(store: Store) -> None:
    key = await new_key(store, "shop", ApiKeyRole.OPERATOR)
    known = await store.authenticate(key)
    assert (known.tenant_id, known.role) == ("shop", ApiKeyRole.OPERATOR)
    async with store.reading() as connection:
        (row,) = await connection.execute(select(api_keys))
    assert key not in str(row)
    assert key[len(row.prefix) :] not in str(row)
    for wrong in (
        key[:-1] + ("A" if key[-1] != "A" else "B"),
        key + "x",
        "",
        "kf_shop",
        f"{known.prefix}_{'x' * 43}",
        "é",
    ):
        with pytest.raises(InvalidCredentials):
            await store.authenticate(wrong)
    before = await store.latest_change()
    await store.revoke_api_key(Principal("shop", operator_id="O1"), known.key_id, is_forced=True)
    with pytest.raises(InvalidCredentials):
        await store.authenticate(key)
    assert [change.entity_id for change in await store.changes_since(before)] == [known.key_id]
    assert [each.revoked_at is not None for each in await store.api_keys("shop")] == [True]


@pytest.mark.asyncio
async def test_a_key_is_revoked_by_its_own_tenant_only(store: Store) -> None:
    key = await new_key(store, "shop", ApiKeyRole.SHOP)
    with pytest.raises(ApiKeyNotFound):
        await store.revoke_api_key(
            Principal("other", operator_id="O1"), (await store.authenticate(key)).key_id
        )
    assert await store.authenticate(key)
    with pytest.raises(TenantNotFound):
        await new_key(store, "other", ApiKeyRole.SHOP)


@pytest.mark.asyncio
async def test_an_edit_of_an_article_is_in_the_change_log(store: Store) -> None:
    before = await store.latest_change()
    first = await store.put_article(EDITOR, an_article(), expected_version=0)
    second = await store.put_article(
        EDITOR, an_article(body=LocalText("满59包邮", "Free from 59")), expected_version=1
    )
    assert (first.version, second.version) == (1, 2)
    assert await store.article("shop", "shipping") == second
    assert await store.articles("shop") == (second,)
    changes = await store.changes_since(before)
    assert [(change.kind, change.entity_id, change.tenant_id) for change in changes] == [
        (ChangeKind.ARTICLE, "shipping", "shop")
    ] * 2
    assert changes[0].seq < changes[1].seq == await store.latest_change()
    assert await store.changes_since(changes[0].seq, limit=1) == changes[1:]


@pytest.mark.asyncio
async def test_an_edit_on_top_of_another_is_refused_and_not_logged(store: Store) -> None:
    await store.put_article(EDITOR, an_article())
    before = await store.latest_change()
    with pytest.raises(ArticleConflict):
        await store.put_article(EDITOR, an_article(kind="faq"), expected_version=0)
    with pytest.raises(TenantNotFound):
        await store.put_article(Principal("other", operator_id="O1"), an_article())
    assert (await store.article("shop", "shipping")).kind == "policy"
    assert await store.latest_change() == before


@pytest.mark.asyncio
async def test_a_deleted_article_is_gone_and_its_number_is_not_used_again(store: Store) -> None:
    await store.put_article(EDITOR, an_article())
    await store.delete_article(EDITOR, "shipping")
    for gone in (store.article("shop", "shipping"), store.delete_article(EDITOR, "shipping")):
        with pytest.raises(ArticleNotFound):
            await gone
    last = await store.latest_change()
    async with store.writing() as connection:
        await connection.execute(text("DELETE FROM change_log"))
    await store.put_article(EDITOR, an_article())
    assert await store.latest_change() == last + 1


def test_an_article_needs_both_languages_and_a_slug() -> None:
    with pytest.raises(ArticleInvalid, match=r"shipping\.body\.en"):
        an_article(body=LocalText("有", "  "))
    with pytest.raises(ArticleInvalid, match="slug"):
        an_article(article_id="Not a slug")


@pytest.mark.asyncio
async def test_turns_follow_each_other_and_personal_data_is_masked(store: Store) -> None:
    assert (
        await store.append_turn(OWNER, "v1", a_turn(message="电话13812345678", state={"slot": "order"}), 0)
        == 1
    )
    assert (
        await store.append_turn(OWNER, "v1", a_turn(request_id="r2", timings_ms={"understand": 4.5}), 1) == 2
    )
    await store.record_outcome(OWNER, "v1", "r2", TurnOutcome.CONFIRMED)
    found = await store.conversation(OWNER, "v1")
    assert (found.version, found.customer_id, found.state) == (2, "C1", {})
    assert [turn.number for turn in found.turns] == [1, 2]
    assert found.turns[0].message == "电话[phone]"
    assert (found.turns[1].outcome, found.turns[1].timings_ms) == (TurnOutcome.CONFIRMED, {"understand": 4.5})
    assert [turn.number for turn in (await store.conversation(OWNER, "v1", limit=1)).turns] == [2]


@pytest.mark.asyncio
async def test_one_turn_is_answered_at_a_time(store: Store) -> None:
    """Until it is stored, abandoned, or so late that its gateway must be dead."""
    await store.append_turn(OWNER, "v1", a_turn(), 0)

    async def begin(holder: str, at: datetime = NOW) -> int:
        return (await store.begin_turn(OWNER, "v1", holder, at, at + timedelta(seconds=9))).version

    begun = await asyncio.gather(*(begin(f"h{n}") for n in range(8)), return_exceptions=True)
    assert sum(isinstance(each, ConversationBusy) for each in begun) == 7
    (holder,) = (f"h{n}" for n, each in enumerate(begun) if each == 1)
    await store.abandon_turn(OWNER, "v1", "another")
    with pytest.raises(ConversationBusy):
        await begin("next")
    await store.abandon_turn(OWNER, "v1", holder)
    assert await begin("next") == 1
    await store.append_turn(OWNER, "v1", a_turn(request_id="next"), 1)
    assert await begin("after") == 2
    assert await begin("late", NOW + timedelta(seconds=9)) == 2
    with pytest.raises(ConversationNotFound):
        await store.begin_turn(OWNER, "none", "h", NOW, NOW)


@pytest.mark.asyncio
@pytest.mark.parametrize("version", [0, 1])
async def test_of_concurrent_turns_one_is_stored(store: Store, version: int) -> None:
    if version:
        await store.append_turn(OWNER, "v1", a_turn(), 0)
    results = await asyncio.gather(
        *(store.append_turn(OWNER, "v1", a_turn(request_id=f"q{n}"), version) for n in range(5)),
        return_exceptions=True,
    )
    conflicts = [result for result in results if isinstance(result, ConversationConflict)]
    assert len(conflicts) == 4
    assert (await store.conversation(OWNER, "v1")).version == version + 1


@pytest.mark.asyncio
@pytest.mark.parametrize("stranger", [Principal("shop", "C2"), Principal("shop"), Principal("other", "C1")])
async def test_another_customers_conversation_is_not_there(store: Store, stranger: Principal) -> None:
    await store.append_turn(OWNER, "v1", a_turn(), 0)
    attempts: list[Any] = [
        store.conversation(stranger, "v1"),
        store.append_turn(stranger, "v1", a_turn(), 1),
        store.record_outcome(stranger, "v1", "r1", TurnOutcome.REOPENED),
    ]
    if stranger.tenant_id == "shop":
        attempts.append(store.append_turn(stranger, "v1", a_turn(), 0))
    for attempt in attempts:
        with pytest.raises(ConversationNotFound):
            await attempt
    assert (await store.conversation(OWNER, "v1")).version == 1


@pytest.mark.asyncio
async def test_an_anonymous_conversation_belongs_to_nobody_signed_in(store: Store) -> None:
    await store.append_turn(Principal("shop"), "v1", a_turn(), 0)
    assert (await store.conversation(Principal("shop"), "v1")).customer_id is None
    with pytest.raises(ConversationNotFound):
        await store.conversation(OWNER, "v1")


@pytest.mark.asyncio
async def test_times_come_back_as_the_same_instant_in_utc(store: Store) -> None:
    there = datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=8)))
    event = BehaviourEvent(0, "C1", "P1", "home", BehaviourKind.PURCHASE, 1, 9900, "CNY", "KF1", there)
    await store.record_behaviour("shop", event)
    (found,) = await store.behaviour_of(OWNER)
    assert (found.at, found.at.utcoffset()) == (there, timedelta(0))
    assert await store.behaviour_events("shop", since=there + timedelta(seconds=1)) == ()
    assert await store.behaviour_events("other") == ()
    naive = {**_event_row(), "at": datetime(2026, 1, 1)}
    with pytest.raises(Exception, match="no time zone"):
        async with store.writing() as connection:
            await connection.execute(insert(behaviour_events).values(naive))


def _event_row() -> dict[str, Any]:
    return {
        "tenant_id": "shop", "customer_id": "C1", "product_id": "P1", "category": "home", "kind": "view", "quantity": 1,
        "amount_minor": 0, "currency": "CNY", "order_id": None,
    }  # fmt: skip


@pytest.mark.asyncio
@only_sqlite
async def test_a_locked_database_is_unavailable_not_broken(
    url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commerce.store.sqlite._BUSY_TIMEOUT_S", 0.05)
    async with open_store(url) as second, store.writing():
        with pytest.raises(StoreUnavailable, match="locked") as caught:
            await second.put_article(EDITOR, an_article())
        # Readers go on while somebody writes.
        assert await second.articles("shop") == ()
    assert isinstance(caught.value, CommerceError)


@only_sqlite
async def test_writers_of_one_process_take_turns_first_come_first_served(store: Store) -> None:
    event = BehaviourEvent(0, "C1", "P1", "shoes", BehaviourKind.VIEW, 1, 0, "CNY", None, NOW)
    done: list[int] = []

    async def write(number: int) -> None:
        await store.record_behaviour("shop", replace(event, product_id=f"P{number}"))
        done.append(number)

    async with store.writing():
        # All of them find the store busy, and none may come before one that has waited longer.
        waiting = [asyncio.create_task(write(number)) for number in range(40)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert done == list(range(40))
    stored = await store.behaviour_events("shop")
    assert [int(e.product_id[1:]) for e in sorted(stored, key=lambda e: e.event_id)] == done


@only_postgresql
async def test_a_postgresql_that_is_not_there_is_unavailable(url: str, tmp_path: Path) -> None:
    parsed = make_url(url)
    missing = (parsed.set(database="nowhere"), parsed.set(query={"host": str(tmp_path)}))
    for address, why in zip(missing, ("does not exist", "FileNotFoundError"), strict=True):
        async with open_store(address.render_as_string()) as store:
            with pytest.raises(StoreUnavailable, match=why):
                await store.tenants()


@only_postgresql
async def test_a_deadlock_and_a_cut_connection_are_unavailable_not_broken(store: Store) -> None:
    await store.create_tenant(replace(SHOP, tenant_id="other"), DEMO_POLICY)
    both = asyncio.Barrier(2)

    async def lock(*tenant_ids: str) -> None:
        async with store.writing() as connection:
            for tenant_id in tenant_ids:
                await connection.execute(
                    select(tenants).where(tenants.c.tenant_id == tenant_id).with_for_update()
                )
                if tenant_id == tenant_ids[0]:
                    await both.wait()

    ends = await asyncio.gather(lock("shop", "other"), lock("other", "shop"), return_exceptions=True)
    (refused,) = [end for end in ends if end is not None]
    assert isinstance(refused, StoreUnavailable) and "DeadlockDetectedError" in str(refused)

    with pytest.raises(StoreUnavailable, match="terminat"):
        async with store.writing() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@only_postgresql
async def test_a_value_that_no_column_takes_is_a_bug_not_an_unavailable_store(store: Store) -> None:
    too_long, too_large = {"kind": "x" * 99}, {"quantity": 2**40}
    for wrong in (too_long, too_large):
        with pytest.raises(DBAPIError):
            async with store.writing() as connection:
                await connection.execute(
                    insert(behaviour_events).values({**_event_row(), "at": NOW, **wrong})
                )
