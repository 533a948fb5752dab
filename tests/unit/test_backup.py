"""The whole store as one file, and back: consistent while others write, equal table by table, or refused."""

import asyncio
import shutil
import sqlite3
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, insert, make_url, select, text
from typer.testing import CliRunner

from cluster.cli import app
from commerce.demo.policy import DEMO_POLICY
from commerce.demo.shop import DemoSeed
from commerce.domain.conversations import NewTurn
from commerce.domain.errors import BackupInvalid, StoreNotEmpty, StoreNotMigrated
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.policy_codec import policy_to_json
from commerce.domain.tenants import ChangeKind
from commerce.portable.backup import back_up
from commerce.portable.erasures import read_erasures, stored_erasures
from commerce.portable.restore import restore
from commerce.portable.shop_tables import row_order
from commerce.store import Store, migrate, open_store
from commerce.store.changes import record_change
from commerce.store.connection import Connected, create_engine_for
from commerce.store.migrate import head_revision, move_to
from commerce.store.tables import (
    audit_log,
    change_log,
    conversations,
    customers,
    metadata,
    order_lines,
    orders,
    payments,
    stock_moves,
)
from tests.builders import TENANT, new_key
from tests.full_shop import fill_empty_tables

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NewUrl = Callable[[], str]
A_TURN = NewTurn(
    request_id="r1", message="…", answer="好的", intent="order_status", probability=0.9, decision="route",
    rung="composed", queue="orders", language="zh", at=NOW,
)  # fmt: skip


@pytest.fixture
def new_url(tmp_path: Path) -> NewUrl:
    """URLs of databases that are not there yet."""
    numbers = count(1)
    return lambda: f"sqlite:///{tmp_path / f'new-{next(numbers)}.db'}"


@pytest_asyncio.fixture
async def store(tmp_path: Path, seeded: tuple[Path, DemoSeed]) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{shutil.copy(seeded[0], tmp_path / 'store.db')}") as opened:
        async with opened.writing() as connection:
            await fill_empty_tables(connection, "demo")
        await new_key(opened, "demo", ApiKeyRole.OPERATOR)
        yield opened


async def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    async with store.reading() as connection:
        return {
            table.name: [
                tuple(row) for row in await connection.execute(select(table).order_by(*row_order(table)))
            ]
            for table in metadata.sorted_tables
        }


async def test_a_restored_store_is_the_one_that_was_backed_up(
    store: Store, tmp_path: Path, new_url: NewUrl
) -> None:
    archive, url = tmp_path / "kefu.backup", new_url()
    await back_up(store, archive, NOW)
    assert archive.stat().st_mode & 0o777 == 0o600
    manifest = (await restore(archive, url)).manifest
    async with open_store(url) as restored:
        await restored.check()
        found, original = await contents(restored), await contents(store)
        assert found.keys() == manifest.tables.keys()
        for name, rows in original.items():
            assert found[name] == rows, name
        assert sum(map(len, found.values())) == sum(entry.rows for entry in manifest.tables.values()) > 1000
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


async def test_the_numbers_go_on_after_the_highest_that_was_given(
    store: Store, tmp_path: Path, new_url: NewUrl
) -> None:
    async with store.writing() as connection:
        await record_change(connection, "demo", ChangeKind.POLICY, "demo", NOW)
        highest = await connection.scalar(select(func.max(change_log.c.seq)))
        await connection.execute(delete(change_log).where(change_log.c.seq == highest))
    assert highest is not None
    await back_up(store, tmp_path / "b", NOW)
    url = new_url()
    await restore(tmp_path / "b", url)
    async with open_store(url) as restored:
        before = await contents(restored)
        async with restored.writing() as connection:
            await record_change(connection, "demo", ChangeKind.POLICY, "demo", NOW)
            move = {"tenant_id": "demo", "variant_id": "V", "reason": "ship", "quantity": -1, "at": NOW}
            await connection.execute(insert(stock_moves).values(move))
        assert await restored.latest_change() == highest + 1
        after = await contents(restored)
        assert len(after["stock_moves"]) == len(before["stock_moves"]) + 1


async def test_money_stays_append_only_after_a_restore(store: Store, tmp_path: Path, new_url: NewUrl) -> None:
    await back_up(store, tmp_path / "b", NOW)
    url = new_url()
    await restore(tmp_path / "b", url)
    async with open_store(url) as restored:
        with pytest.raises(Exception, match="append-only"):
            async with restored.writing() as connection:
                await connection.execute(delete(payments))


async def write_order(store: Store, number: int, template: dict[str, Any], line: dict[str, Any]) -> None:
    """An order with its line, its payment, its stock move and its line of the audit log, in one transaction."""
    order_id = f"ORDER-{number:06d}"
    own = {"tenant_id": "demo", "order_id": order_id}
    async with store.writing() as connection:
        await connection.execute(insert(orders).values({**template, **own}))
        await connection.execute(insert(order_lines).values({**line, **own, "line_id": f"{order_id}-1"}))
        paid = {"payment_id": f"{order_id}-1", "position": 1, "kind": "payment", "status": "succeeded"}
        money = {"method": "alipay", "amount_minor": 100, "currency": "CNY", "created_at": NOW}
        await connection.execute(insert(payments).values({**own, **paid, **money}))
        moved = {"variant_id": line["variant_id"], "reason": "ship", "quantity": -1, "at": NOW}
        await connection.execute(insert(stock_moves).values({**own, **moved}))
        told = {"tenant_id": "demo", "caller": "test", "what": "order", "entity_id": order_id, "why": ""}
        await connection.execute(insert(audit_log).values({**told, "at": NOW}))


async def test_a_backup_between_commits_has_each_whole_or_not_at_all(
    store: Store, tmp_path: Path, new_url: NewUrl
) -> None:
    async with store.reading() as connection:
        template = dict((await connection.execute(select(orders).limit(1))).mappings().one())
        line = dict((await connection.execute(select(order_lines).limit(1))).mappings().one())
    is_done = asyncio.Event()
    has_begun = asyncio.Event()
    numbers = count(1)
    written = 0

    async def writer() -> None:
        nonlocal written
        while not is_done.is_set():
            await write_order(store, next(numbers), template, line)
            written += 1
            has_begun.set()

    writers = [asyncio.create_task(writer()) for _ in range(3)]
    await has_begun.wait()
    at_start = written
    await back_up(store, tmp_path / "b", NOW)
    at_end = written
    is_done.set()
    await asyncio.gather(*writers)
    # Otherwise nothing was shown.
    assert at_end > at_start
    url = new_url()
    await restore(tmp_path / "b", url)
    async with open_store(url) as restored:
        found = await contents(restored)
    ids = {row.order_id for row in map(named(orders), found["orders"]) if row.order_id.startswith("ORDER-")}
    for table in (order_lines, payments, stock_moves):
        rows = [named(table)(row).order_id for row in found[table.name]]
        assert sorted(r for r in rows if r and r.startswith("ORDER-")) == sorted(ids), table.name
    assert {named(audit_log)(row).entity_id for row in found["audit_log"]} >= ids
    assert at_start <= len(ids) <= at_end


def named(table: Any) -> Callable[[tuple[Any, ...]], Any]:
    names = [column.name for column in table.columns]
    return lambda row: SimpleNamespace(**dict(zip(names, row, strict=True)))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE customers SET phone = printf('%.33c', '1')", "phone is 33 characters; at most 32 are kept"),
        ("UPDATE customers SET name = 'a' || char(0)", "name holds a NUL character"),
        ("UPDATE customers SET points = -1", "points must not be negative"),
        ("UPDATE customers SET points = 2147483648", "points 2147483648 is too large"),
        ("UPDATE customers SET attributes = '7'", "attributes must be a JSON object or list"),
        ('UPDATE customers SET attributes = \'{"a": "\\ud800"}\'', "holds half a surrogate pair"),
        ("UPDATE customers SET attributes = '{\"a\": 1e999}'", "is not JSON"),
        ("UPDATE orders SET currency = 'yuan'", "currency must be a currency such as CNY"),
        ("UPDATE articles SET body_zh = hex(zeroblob(9000000))", "is longer than 16777216 bytes"),
        ("UPDATE customers SET customer_id = customer_id || '-'", "refers to customers, where it is not"),
    ],
)
async def test_what_no_restore_would_take_is_named_and_not_written(
    store: Store, tmp_path: Path, statement: str, said: str
) -> None:
    table = statement.split()[1]
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection, connection:
        connection.execute(f"{statement} WHERE rowid = (SELECT min(rowid) FROM {table})")
    before = set(tmp_path.iterdir())
    with pytest.raises(BackupInvalid) as raised:
        await back_up(store, tmp_path / "b", NOW)
    assert said in str(raised.value) and "back up again" in str(raised.value)
    if "refers to" not in said:
        assert str(raised.value).startswith(f"{table}, tenant_id 'demo', ")
    assert set(tmp_path.iterdir()) - before <= {tmp_path / "store.db-wal", tmp_path / "store.db-shm"}


async def test_no_file_is_overwritten(store: Store, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(FileExistsError):
        await back_up(store, tmp_path / "b", NOW)
    assert (tmp_path / "b").read_text() == "mine"


async def test_a_store_that_holds_something_is_not_restored_into(
    store: Store, tmp_path: Path, new_url: NewUrl
) -> None:
    await back_up(store, tmp_path / "b", NOW)
    url = new_url()
    await restore(tmp_path / "b", url)
    with pytest.raises(StoreNotEmpty, match="holds rows of"):
        await restore(tmp_path / "b", url)


async def test_an_empty_schema_is_filled(store: Store, tmp_path: Path, new_url: NewUrl) -> None:
    await back_up(store, tmp_path / "b", NOW)
    url = new_url()
    await migrate(url)
    await restore(tmp_path / "b", url)
    async with open_store(url) as restored:
        await restored.check()
        assert await contents(restored) == await contents(store)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("orders.jsonl")
    data = bytearray(path.read_bytes())
    data[info.header_offset + 200] ^= 0xFF
    path.write_bytes(data)


def changed(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """The archive written anew, each member as `change` says; None leaves it out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if (new := change(name, data)) is not None:
                archive.writestr(name, new)


def in_member(member: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    return lambda path: changed(
        path, lambda name, data: data.replace(old, new, 1) if name == member else data
    )


def without(member: str) -> Callable[[Path], None]:
    return lambda path: changed(path, lambda name, data: None if name == member else data)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut_short, "is not a backup, or not a whole one"),
        (lambda path: path.write_bytes(b"something else"), "is not a backup"),
        (flipped, "b: orders"),
        (without("manifest.json"), "is not a backup"),
        (without("payments.jsonl"), "b: payments: is damaged"),
        (in_member("payments.jsonl", b'"position":1', b'"position":2'), "b: payments: is not what the manifest's sha256"),
        (in_member("payments.jsonl", b'"position":1', b'"position":"1"'), "b: payments line 2: position must be a whole"),
        (in_member("manifest.json", b'"revision": "00', b'"revision": "99'), "which this version does not know; its own is"),
        (in_member("manifest.json", b'"payment_id",', b'"payment_ix",'), "b: payments: payment_ix is not known"),
        (in_member("manifest.json", b'"kefu-backup"', b'"kefu-shop"'), "manifest.json.kind"),
    ],
)  # fmt: skip
async def test_what_is_damaged_or_newer_is_refused_and_leaves_nothing(
    store: Store, tmp_path: Path, new_url: NewUrl, damage: Callable[[Path], None], said: str
) -> None:
    archive = tmp_path / "b"
    await back_up(store, archive, NOW)
    damage(archive)
    before = set(tmp_path.iterdir())
    with pytest.raises(BackupInvalid) as raised:
        await restore(archive, new_url())
    assert said in str(raised.value)
    assert set(tmp_path.iterdir()) == before


async def test_who_was_erased_since_is_erased_again(url: str, tmp_path: Path, new_url: NewUrl) -> None:
    """A backup of either database, into a SQLite file that is new, and into one that is there."""
    async with open_store(url) as store:
        await store.create_tenant(TENANT, DEMO_POLICY)
        tenant_id = TENANT.tenant_id
        for customer_id in ("early", "late", "stays"):
            turn = replace(A_TURN, message=f"{customer_id}-words".upper())
            await store.append_turn(Principal(tenant_id, customer_id), customer_id, turn, 0)
        await store.erase_customer(Principal(tenant_id, "early", operator_id="x"))
        await back_up(store, tmp_path / "b", NOW)
        await store.erase_customer(Principal(tenant_id, "late", operator_id="x"))
        written = await stored_erasures(store, NOW)
    assert [each.customer_id for each in written.erasures] == ["early", "late"]
    (tmp_path / "erasures.json").write_text(written.model_dump_json())
    known = read_erasures(tmp_path / "erasures.json")
    assert known == written
    elsewhere = known.erasures[0].model_copy(update={"tenant_id": "no-shop"})
    filled = new_url()
    await migrate(filled)
    for target in (new_url(), filled):
        done = await restore(tmp_path / "b", target, (*known.erasures, elsewhere), "shell:1")
        assert [each.customer_id for each in done.erased_again] == ["late"]
        async with open_store(target) as restored:
            assert await restored.erased_customers(tenant_id) == {"early", "late"}
            found = await contents(restored)
            assert [named(conversations)(row).customer_id for row in found["conversations"]] == ["stays"]
            told = named(audit_log)(found["audit_log"][-1])
            assert (told.what, told.entity_id, told.caller, told.why) == (
                "erase_customer", "late", "operator:shell:1", "erased before the restore"
            )  # fmt: skip
            accounts = map(named(customers), found["customers"])
            erased = {account.customer_id: account.erased_at for account in accounts}
            assert erased == {each.customer_id: each.erased_at for each in known.erasures}
        path = Path(make_url(target).database or "")
        kept = b"".join(each.read_bytes() for each in tmp_path.glob(f"{path.name}*"))
        assert b"STAYS-WORDS" in kept and b"LATE-WORDS" not in kept


@pytest.mark.parametrize(
    ("text_", "said"),
    [
        ("[]", "erasures.json: Input should be an object"),
        ('{"kind": "kefu-erasures", "created_at": "2026-11-22T08:00:00Z"', "erasures.json: Invalid JSON"),
        ('{"created_at": "2026-11-22T08:00:00", "erasures": []}', "erasures.json.created_at: "),
        (
            '{"created_at": "2026-11-22T08:00:00Z", "erasures": [{"tenant_id": "t", "customer_id": ""}]}',
            "erasures.json.erasures.0.customer_id: ",
        ),
    ],
)
def test_a_file_of_erasures_that_is_none_is_refused(tmp_path: Path, text_: str, said: str) -> None:
    (tmp_path / "erasures.json").write_text(text_)
    with pytest.raises(BackupInvalid) as raised:
        read_erasures(tmp_path / "erasures.json")
    assert said in str(raised.value)


AS_BEFORE = replace(DEMO_POLICY, refunds=replace(DEMO_POLICY.refunds, goodwill_max_minor=0))
"""What the old shop's policy becomes."""


async def old_store(url: str) -> None:
    """A shop as it was before actions: schema 0003, with an open order paid by alipay."""
    policy = policy_to_json(DEMO_POLICY)
    del policy["orders"], policy["refunds"]["goodwill_max_minor"]
    for rule in (policy["returns"]["default"], *policy["returns"]["categories"].values()):
        del rule["opened_fee_percent"]
    rows: dict[str, dict[str, Any]] = {
        "tenants": {"tenant_id": "old", "name_zh": "店", "name_en": "Shop", "locale": "zh-CN", "zone": "Asia/Shanghai",
                    "currency": "CNY", "policy": policy, "attributes": {}},
        "customers": {"tenant_id": "old", "customer_id": "C1", "name": "王芳", "email": "", "phone": "", "language": "zh",
                      "level": "gold", "is_plus": False, "points": 3, "attributes": {}},
        "orders": {"tenant_id": "old", "order_id": "O1", "customer_id": "C1", "state": "paid", "goods_minor": 100,
                   "discount_minor": 0, "shipping_fee_minor": 0, "currency": "CNY", "address": {}, "paid_at": NOW,
                   "position": 0, "attributes": {}},
        "payments": {"tenant_id": "old", "payment_id": "T1", "order_id": "O1", "position": 1, "kind": "payment",
                     "status": "succeeded", "method": "alipay", "amount_minor": 100, "currency": "CNY", "created_at": NOW},
    }  # fmt: skip
    engine = create_engine_for(url)
    async with Connected(engine).writing() as connection:
        await connection.run_sync(move_to, "0003")
        for name, row in rows.items():
            await connection.execute(insert(metadata.tables[name]).values(row))
    await engine.dispose()


async def test_a_backup_of_an_older_schema_is_migrated(tmp_path: Path, new_url: NewUrl) -> None:
    source, url = new_url(), new_url()
    await old_store(source)
    async with open_store(source) as store:
        with pytest.raises(StoreNotMigrated):
            await store.check()
        manifest = await back_up(store, tmp_path / "b", NOW)
    assert manifest.revision == "0003" != head_revision()
    await restore(tmp_path / "b", url)
    async with open_store(url) as restored:
        await restored.check()
        assert await restored.policy("old") == AS_BEFORE
        found = await contents(restored)
    assert [row[1] for row in found["payment_methods"]] == ["alipay-C1"]


async def test_an_older_backup_goes_into_an_empty_newer_schema(tmp_path: Path, new_url: NewUrl) -> None:
    source, url = new_url(), new_url()
    await old_store(source)
    async with open_store(source) as store:
        await back_up(store, tmp_path / "b", NOW)
    await migrate(url)
    await restore(tmp_path / "b", url)
    async with open_store(url) as restored:
        await restored.check()
        assert await restored.policy("old") == AS_BEFORE


async def test_a_database_that_is_not_a_store_is_not_backed_up(tmp_path: Path, new_url: NewUrl) -> None:
    async with open_store(new_url()) as store:
        with pytest.raises(StoreNotMigrated):
            await back_up(store, tmp_path / "b", NOW)
        async with store.writing() as connection:
            await connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            await connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
        with pytest.raises(StoreNotMigrated, match="9999"):
            await back_up(store, tmp_path / "b", NOW)
    assert not (tmp_path / "b").exists()


def test_the_commands_back_up_and_restore(tmp_path: Path, seeded: tuple[Path, DemoSeed]) -> None:
    def shop(home: str) -> list[str]:
        settings = (f"identity.home={tmp_path / home}", "identity.store=sqlite:store.db")
        return ["-p", "fake", *(part for setting in settings for part in ("--set", setting))]

    (tmp_path / "one").mkdir()
    shutil.copy(seeded[0], tmp_path / "one" / "store.db")
    run, archive = CliRunner().invoke, str(tmp_path / "b")
    made = run(app, ["backup", "--out", archive, *shop("one")])
    assert made.exit_code == 0, made.output
    assert "orders: 120" in made.output
    for where in ([], ["--url", f"sqlite:///{tmp_path / 'two.db'}"]):
        restored = run(app, ["restore", archive, *where, *shop("two")])
        assert restored.exit_code == 0, restored.output
    for path in (tmp_path / "two" / "store.db", tmp_path / "two.db"):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT count(*) FROM orders").fetchone() == (120,)
    assert "who was erased after" in restored.output
    erased = (seeded[1].customer_id, NOW.isoformat())
    with closing(sqlite3.connect(tmp_path / "one" / "store.db")) as connection, connection:
        connection.execute("UPDATE customers SET erased_at = ? WHERE customer_id = ?", (erased[1], erased[0]))
    kept = str(tmp_path / "erasures.json")
    assert "1 erasures written" in run(app, ["customer", "erasures", "--out", kept, *shop("one")]).output
    again = run(app, ["restore", archive, "--erasures", kept, *shop("three")])
    assert f"customer {erased[0]} of demo is erased again" in again.output, again.output
    assert "who was erased after" not in again.output
    refused = run(app, ["restore", archive, "--url", "mysql://x/y", *shop("two")])
    assert refused.exit_code == 2 and "--url" in refused.output
