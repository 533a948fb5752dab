"""A shop's data out of the store and in again: every row, or a clear refusal and none."""

import asyncio
import contextlib
import hashlib
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Float, func, insert, select, update
from typer.testing import CliRunner

from cluster.cli import app
from commerce.demo.policy import DEMO_POLICY
from commerce.demo.shop import DemoSeed
from commerce.domain.after_sales import OPEN_CASES
from commerce.domain.errors import ImportInvalid, TenantHasData, TenantNotFound
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.tenants import BehaviourEvent, BehaviourKind, ChangeKind
from commerce.portable.columns import FieldInvalid, column_form, row_line
from commerce.portable.jsonl import parse_line
from commerce.portable.manifest import MANIFEST, FileFormat
from commerce.portable.shop_export import export_shop
from commerce.portable.shop_files import check_shop_files, open_shop_files
from commerce.portable.shop_import import import_shop_files
from commerce.portable.shop_tables import NOT_OF_THE_SHOP, SHOP_TABLES, row_order, shop_columns
from commerce.portable.snapshot import BATCH_ROWS, stream_rows
from commerce.store import Store, open_store
from commerce.store.tables import audit_log, cases, customers, metadata, orders, tenants, tickets, variants
from tests.builders import TENANT, new_key
from tests.full_shop import fill_empty_tables

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BY = "shell:1"
# Of one offset each: an hour that comes twice equals no other zone's.
ZONES = (UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5, minutes=-30)))
FORMATS = list(FileFormat)
TICKET = {"tenant_id": "demo", "kind": "complaint", "state": "open", "words": "太慢", "opened_at": NOW}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, seeded: tuple[Path, DemoSeed]) -> Path:
    """A folder with `store.db`, which has rows in every table, and its shop as `exported`. Made once."""
    folder = tmp_path_factory.mktemp("template")
    url = f"sqlite:///{shutil.copy(seeded[0], folder / 'store.db')}"

    async def make() -> None:
        async with open_store(url) as store:
            async with store.writing() as connection:
                await fill_empty_tables(connection, "demo")
            await export_shop(store, "demo", folder / "exported", NOW)

    asyncio.run(make())
    with contextlib.closing(sqlite3.connect(folder / "store.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest_asyncio.fixture
async def store(tmp_path: Path, template: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{shutil.copy(template / 'store.db', tmp_path)}") as opened:
        yield opened


@pytest.fixture
def exported(tmp_path: Path, template: Path) -> Path:
    return Path(shutil.copytree(template / "exported", tmp_path / "exported"))


async def counted(store: Store, tenant_id: str) -> dict[str, int]:
    async with store.reading() as connection:
        return {
            table.name: await connection.scalar(
                select(func.count()).select_from(table).where(table.c.tenant_id == tenant_id)
            )
            or 0
            for table in SHOP_TABLES
        }


def sealed(folder: Path, table: str, data: bytes) -> None:
    """Another content for that table, with the manifest to match."""
    (folder / f"{table}.jsonl").write_bytes(data)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][table] = {"rows": data.count(b"\n"), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps(manifest))


def with_row(folder: Path, table: str, number: int, change: Callable[[dict[str, Any]], object]) -> None:
    lines = (folder / f"{table}.jsonl").read_bytes().splitlines(keepends=True)
    row = json.loads(lines[number - 1])
    change(row)
    lines[number - 1] = json.dumps(row, ensure_ascii=False).encode() + b"\n"
    sealed(folder, table, b"".join(lines))


def test_every_table_is_the_shops_or_has_a_reason_not_to_be() -> None:
    decided = {*SHOP_TABLES, *NOT_OF_THE_SHOP, tenants}
    assert decided == set(metadata.sorted_tables)
    assert not set(SHOP_TABLES) & set(NOT_OF_THE_SHOP)


@pytest.mark.parametrize("file_format", FORMATS)
async def test_what_comes_in_goes_out_as_it_was(
    store: Store, exported: Path, tmp_path: Path, file_format: FileFormat
) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    manifest = await export_shop(store, "demo", first, NOW, file_format)
    assert all(entry.rows > 0 for entry in manifest.files.values()), manifest.files
    counts = await import_shop_files(store, "copy", first, NOW, BY)
    assert counts == await counted(store, "copy") == await counted(store, "demo")
    await export_shop(store, "copy", again, NOW)
    for path in exported.iterdir():
        if path.name != MANIFEST:
            assert path.read_bytes() == (again / path.name).read_bytes(), path.name


async def test_what_came_of_customers_without_an_account_comes_in_again(store: Store, tmp_path: Path) -> None:
    event = BehaviourEvent(0, "guest", "", "home", BehaviourKind.VIEW, 1, 0, "CNY", None, NOW)
    product_id = (await store.behaviour_events("demo"))[0].product_id
    await store.record_behaviour("demo", replace(event, product_id=product_id))
    async with store.writing() as connection:
        about_none = {"ticket_id": "S-2", "customer_id": "guest", "order_id": None}
        await connection.execute(insert(tickets).values(TICKET | about_none))
    await export_shop(store, "demo", tmp_path / "first", NOW)
    counts = await import_shop_files(store, "copy", tmp_path / "first", NOW, BY)
    assert counts == await counted(store, "demo")
    assert [each.product_id for each in await store.behaviour_of(Principal("copy", "guest"))] == [product_id]


async def test_an_event_of_an_order_is_its_customers(exported: Path) -> None:
    events = rows_of(exported, "behaviour_events")
    number = next(n for n, row in enumerate(events, start=1) if row["order_id"] is not None)
    with_row(exported, "behaviour_events", number, set_to("customer_id", "guest"))
    said = f"behaviour_events.jsonl line {number}, customer_id: is 'guest', and order"
    with pytest.raises(ImportInvalid, match=said):
        check_shop_files(open_shop_files(exported))


async def test_the_files_are_this_users_alone(exported: Path) -> None:
    assert exported.stat().st_mode & 0o777 == 0o700


async def test_an_export_overwrites_nothing_and_leaves_nothing_half(store: Store, exported: Path) -> None:
    with pytest.raises(FileExistsError):
        await export_shop(store, "demo", exported, NOW)
    with pytest.raises(TenantNotFound):
        await export_shop(store, "nobody", exported.parent / "other", NOW)
    assert {path.name for path in exported.parent.iterdir() if path.is_dir()} == {"exported"}


async def test_rows_pass_a_few_thousand_at_a_time(store: Store) -> None:
    mine = variants.c.tenant_id == "demo"
    async with store.reading() as connection:
        columns, order = shop_columns(variants), row_order(variants)
        sizes = [len(batch) async for batch in stream_rows(connection, columns, order, mine)]
    assert len(sizes) > 1 and max(sizes) <= BATCH_ROWS


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=24)
DOCUMENTS = st.dictionaries(
    TEXTS, st.none() | st.booleans() | st.integers() | TEXTS | st.lists(TEXTS, max_size=2), max_size=3
)
VALUES: dict[type, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(0, 2**31 - 1),
    bool: st.booleans(),
    datetime: st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.sampled_from(ZONES)),
    dict: DOCUMENTS,
}
FORMS = {column.name: column_form(column) for column in shop_columns(orders)}
ROWS = st.fixed_dictionaries(
    {
        name: st.just("CNY")
        if name == "currency"
        else VALUES[form.kind] | (st.none() if form.is_nullable else st.nothing())
        for name, form in FORMS.items()
    }
).map(lambda row: {name: row[name] for name in FORMS})


@settings(max_examples=50)
@given(ROWS)
def test_a_row_is_read_as_it_was_written(row: dict[str, Any]) -> None:
    line = row_line(row)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert parse_line(line, FORMS, 1) == row
    assert row_line(parse_line(line, FORMS, 1)) == line


def rows_of(folder: Path, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{table}.jsonl").read_bytes().splitlines()]


def set_to(name: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return lambda row: row.update({name: value})


FAULTS: list[tuple[str, int, Callable[[dict[str, Any]], object], str]] = [
    ("customers", 2, set_to("nickname", "x"), "customers.jsonl line 2, nickname: is not a column; the columns are"),
    ("customers", 2, lambda row: row.pop("email"), "customers.jsonl line 2, email: is missing"),
    ("customers", 1, set_to("points", "7"), "customers.jsonl line 1, points: must be a whole number"),
    ("customers", 1, set_to("points", True), "points: must be a whole number"),
    ("customers", 1, set_to("points", 2**31), "points: 2147483648 is too large"),
    ("customers", 1, set_to("name", None), "name: must not be empty"),
    ("customers", 1, set_to("name", "a\x00b"), "name: holds a NUL character"),
    ("customers", 1, set_to("customer_id", "c" * 65), "customer_id: is 65 characters; at most 64 are kept"),
    ("customers", 1, set_to("level", "king"), "level: 'king' is not one of ordinary, silver, gold"),
    ("customers", 1, set_to("attributes", []), "attributes: Input should be a valid dictionary"),
    ("orders", 3, set_to("placed_at", "2026-11-22T08:00:00"), "orders.jsonl line 3, placed_at: '2026-11-22T08:00:00' has no"),
    ("orders", 3, set_to("placed_at", 1700000000), "placed_at: must be an instant"),
    ("orders", 3, set_to("placed_at", "yesterday"), "placed_at: 'yesterday' is not an instant"),
    ("orders", 3, set_to("goods_minor", -1), "orders.jsonl line 3, goods_minor: must not be negative"),
    ("orders", 3, set_to("goods_minor", 1.0), "goods_minor: must be a whole number"),
    ("orders", 3, set_to("currency", "yuan"), "currency: must be a currency such as CNY"),
    ("orders", 3, set_to("state", "lost"), "state: 'lost' is not one of pending_payment"),
    ("orders", 3, set_to("customer_id", "nobody"), "orders.jsonl line 3, customer_id: 'nobody' is not in customers"),
    ("orders", 3, set_to("coupon_id", "none"), "coupon_id: 'none' is not in coupons"),
    ("orders", 3, lambda row: row["address"].pop("street"), "address: street: Field required"),
    ("order_lines", 1, set_to("variant_id", "v"), "order_lines.jsonl line 1, variant_id: 'v' is not in variants"),
    ("order_lines", 1, set_to("quantity", 0), "quantity: must be at least 1"),
    ("order_lines", 1, set_to("returned_quantity", 99), "returned_quantity: is more than was bought"),
    ("order_lines", 1, set_to("discount_minor", 10**9), "discount_minor: is more than the line costs"),
    ("order_lines", 1, set_to("options", {"a": 1}), "options: a: Input should be a valid string"),
    ("stock_moves", 1, set_to("variant_id", "v"), "stock_moves.jsonl line 1, variant_id: 'v' is not in variants"),
    ("behaviour_events", 5, set_to("product_id", "p"), "behaviour_events.jsonl line 5, product_id: 'p' is not in prod"),
    ("cases", 1, set_to("customer_id", "c"), "cases.jsonl line 1, customer_id: is 'c', and order"),
    ("tickets", 1, set_to("customer_id", "c"), "tickets.jsonl line 1, customer_id: is 'c', and order"),
    ("tracking_events", 1, set_to("shipment_id", "s"), "tracking_events.jsonl line 1, shipment_id: 's' is not in ship"),
    ("cases", 1, set_to("lines", [{"line_id": "L"}]), "cases.jsonl line 1, lines: 0.quantity: Field required"),
    ("coupons", 1, set_to("percent", 10), "coupons.jsonl line 1, percent: either it or amount_minor is set"),
    ("coupons", 1, lambda row: row.update(percent=101, amount_minor=None), "percent: is more than 100"),
    ("coupons", 1, set_to("used_count", 2), "used_count: is more than max_uses"),
    ("coupons", 1, set_to("valid_until", "2026-01-01T00:00:00+08:00"), "valid_until: is not after valid_from"),
    ("articles", 1, set_to("title_en", " "), "title.en: is empty"),
    ("tenants", 1, set_to("zone", "Asia/Peking"), "tenants.jsonl line 1, zone: 'Asia/Peking' is no time zone"),
    ("tenants", 1, set_to("currency", "USD"), "tenants.jsonl line 1, policy.currency: is 'CNY', and the shop's is 'USD'"),
    ("tenants", 1, lambda row: row["policy"].pop("refunds"), "tenants.jsonl line 1, policy.refunds: is missing"),
    ("variants", 1, set_to("reserved", 1), "variants.jsonl, reserved: variant"),
    ("payments", 2, lambda row: row.update(kind="refund", status="pending", amount_minor=10**9),
     "payments.jsonl, amount_minor: order"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "number", "change", "said"), FAULTS, ids=[f"{f[0]} {f[3][-30:]}" for f in FAULTS]
)
async def test_a_fault_is_named_and_nothing_is_written(
    store: Store,
    exported: Path,
    table: str,
    number: int,
    change: Callable[[dict[str, Any]], object],
    said: str,
) -> None:
    with_row(exported, table, number, change)
    with pytest.raises(ImportInvalid) as raised:
        await import_shop_files(store, "copy", exported, NOW, BY)
    assert said in str(raised.value)
    assert not any((await counted(store, "copy")).values())
    with pytest.raises(TenantNotFound):
        await store.tenant("copy")


NONSENSE: list[tuple[str, int, Callable[[dict[str, Any]], object], str]] = [
    *((table, 1, set_to("currency", "USD"), f"{table}.jsonl line 1, currency: is 'USD', and the shop's is 'CNY'")
      for table in ("payment_methods", "coupons", "variants", "orders", "order_lines", "payments", "cases", "invoices",
                    "behaviour_events")),
    *((table, 1, set_to(column, "nonsense"), f"{table}.jsonl line 1, {column}: 'nonsense' is not one of")
      for table, column in (
          ("payment_methods", "kind"), ("catalogue_terms", "kind"), ("products", "sale_class"), ("payments", "kind"),
          ("payments", "status"), ("settlements", "status"), ("stock_moves", "reason"), ("cases", "kind"),
          ("cases", "state"), ("invoices", "kind"), ("tickets", "kind"), ("tickets", "state"), ("tracking_events", "state"),
          ("behaviour_events", "kind"))),
    ("orders", 3, lambda row: row.update(discount_minor=row["goods_minor"] + 1),
     "orders.jsonl line 3, discount_minor: is more than the goods of"),
    ("orders", 3, lambda row: row.update(goods_minor=row["goods_minor"] + 1), "orders.jsonl line 3, goods_minor: is "),
    ("orders", 3, lambda row: row.update(discount_minor=row["discount_minor"] + 1),
     "orders.jsonl line 3, discount_minor: is "),
    ("order_lines", 1, lambda row: row.update(unit_price_minor=2**63 - 1, quantity=2**31 - 1),
     "goods_minor: is "),
    ("stock_moves", 1, set_to("quantity", 0), "stock_moves.jsonl line 1, quantity: must be at least 1"),
    ("stock_moves", 1, set_to("quantity", -1), "stock_moves.jsonl line 1, quantity: must be at least 1"),
    ("behaviour_events", 1, set_to("quantity", 0), "behaviour_events.jsonl line 1, quantity: must be at least 1"),
    ("order_lines", 1, set_to("quantity", -1), "order_lines.jsonl line 1, quantity: must not be negative"),
    ("stock_reservations", 1, set_to("quantity", -1), "stock_reservations.jsonl line 1, quantity: must not be negative"),
    ("cases", 1, lambda row: row["lines"][0].update(quantity=0), "cases.jsonl line 1, lines: 0.quantity: Input should be"),
    ("cases", 1, lambda row: row["lines"][0].update(line_id="L"), "cases.jsonl line 1, lines: 0.line_id: 'L' is no line of"),
    ("settlements", 1, set_to("payment_id", "T9"), "settlements.jsonl line 1, payment_id: 'T9' is not in payments"),
    ("settlements", 1, set_to("status", "pending"), "settlements.jsonl line 1, status: says what became of a payment"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "number", "change", "said"), NONSENSE, ids=[f"{f[0]} {f[3][-30:]}" for f in NONSENSE]
)
def test_what_no_shop_can_have_made_is_named(
    exported: Path, table: str, number: int, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with_row(exported, table, number, change)
    with pytest.raises(ImportInvalid) as raised:
        check_shop_files(open_shop_files(exported))
    assert said in str(raised.value)


def test_a_payment_is_settled_once_by_what_can_become_of_it(exported: Path) -> None:
    (line,) = (exported / "settlements.jsonl").read_bytes().splitlines(keepends=True)
    sealed(exported, "settlements", line + line)
    with pytest.raises(ImportInvalid, match="line 2, payment_id: 'T1' is there twice"):
        check_shop_files(open_shop_files(exported))
    sealed(exported, "settlements", line)
    paid = rows_of(exported, "payments")
    number = next(n for n, row in enumerate(paid, start=1) if row["payment_id"] == "T1")
    with_row(exported, "payments", number, set_to("status", "succeeded"))
    with_row(exported, "settlements", 1, set_to("status", "succeeded"))
    with pytest.raises(ImportInvalid, match="line 1, payment_id: 'T1' was succeeded already"):
        check_shop_files(open_shop_files(exported))
    # Its provider may have declined it afterwards.
    with_row(exported, "settlements", 1, set_to("status", "failed"))
    check_shop_files(open_shop_files(exported))


def test_a_case_is_about_lines_of_its_own_order(exported: Path) -> None:
    case = rows_of(exported, "cases")[0]
    other = next(row for row in rows_of(exported, "order_lines") if row["order_id"] != case["order_id"])
    with_row(exported, "cases", 1, lambda row: row["lines"][0].update(line_id=other["line_id"]))
    said = f"0.line_id: '{other['line_id']}' is no line of order '{case['order_id']}'"
    with pytest.raises(ImportInvalid, match=said):
        check_shop_files(open_shop_files(exported))


@pytest.mark.parametrize(
    ("table", "line", "said"),
    [
        ("customers", b"{", "customers.jsonl line 1: is not JSON"),
        ("customers", b"[]", "customers.jsonl line 1: is not a JSON object"),
        ("customers", b"\xff", "customers.jsonl line 1: is not JSON"),
        ("customers", b'{"points": 1, "points": 2}', "line 1: is not JSON: has a name twice"),
        ("customers", b'{"points": NaN}', "line 1: is not JSON: NaN is not a number"),
        ("customers", b'{"name": "\\ud800"}', "line 1: is not JSON"),
        ("customers", b'{"points": 1e999}', "line 1: is not JSON: 1e999 is too large a number"),
        (
            "customers",
            b'{"points": ' + b"[" * 200 + b"]" * 200 + b"}",
            "line 1: is not JSON: is nested more than 100",
        ),
        ("customers", b'{"points": ' + b"[" * 50_000, "line 1: is not JSON"),
    ],
)
async def test_a_line_that_is_no_row_is_named(
    store: Store, exported: Path, table: str, line: bytes, said: str
) -> None:
    sealed(exported, table, line + b"\n")
    with pytest.raises(ImportInvalid) as raised:
        await import_shop_files(store, "copy", exported, NOW, BY)
    assert said in str(raised.value)


async def test_a_key_twice_is_named(store: Store, exported: Path) -> None:
    data = (exported / "products.jsonl").read_bytes()
    first = data.splitlines(keepends=True)[0]
    sealed(exported, "products", data + first)
    with pytest.raises(ImportInvalid, match=r"products\.jsonl line \d+, product_id: '.+' is there twice"):
        await import_shop_files(store, "copy", exported, NOW, BY)


def cut(folder: Path) -> None:
    path = folder / "orders.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def edited(folder: Path) -> None:
    path = folder / "orders.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"position":1,', b'"position":2,'))


def of_another_schema(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "revision": "0003"}))


def not_listed(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["files"]["coupons"]
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "orders.jsonl").unlink(), "orders.jsonl: is missing"),
        (lambda folder: (folder / MANIFEST).unlink(), "manifest.json: is missing: give the folder"),
        (lambda folder: (folder / "notes.txt").touch(), "notes.txt: is no file of an export"),
        (lambda folder: (folder / MANIFEST).write_text("{}"), "manifest.json.format: Field required"),
        (not_listed, "manifest.json.files.coupons: is missing"),
        (cut, "orders.jsonl: has 119 rows, and the manifest says 120"),
        (edited, "orders.jsonl: is not what the manifest's sha256 says"),
        (of_another_schema, "manifest.json.revision: is 0003, and this version's is"),
        (lambda folder: sealed(folder, "tenants", b""), "tenants.jsonl: has 0 rows"),
    ],
)
async def test_a_folder_that_is_not_whole_is_refused(
    store: Store, exported: Path, damage: Callable[[Path], object], said: str
) -> None:
    damage(exported)
    with pytest.raises(ImportInvalid) as raised:
        await import_shop_files(store, "copy", exported, NOW, BY)
    assert said in str(raised.value)


async def test_a_shop_with_data_is_replaced_only_when_asked(store: Store, exported: Path) -> None:
    with pytest.raises(TenantHasData, match="--replace"):
        await import_shop_files(store, "demo", exported, NOW, BY)
    key = await new_key(store, "demo", ApiKeyRole.SHOP)
    async with store.writing() as connection:
        await connection.execute(update(orders).where(orders.c.tenant_id == "demo").values(version=77))
    before, seq = await counted(store, "demo"), await store.latest_change()
    await import_shop_files(store, "demo", exported, NOW, BY, is_replacing=True)
    assert await counted(store, "demo") == before
    async with store.reading() as connection:
        assert (
            await connection.scalar(select(func.count()).select_from(orders).where(orders.c.version == 77))
            == 0
        )
        told = (await connection.execute(select(audit_log).where(audit_log.c.what == "import"))).one()
    assert (told.caller, told.why) == (f"operator:{BY}", "replaced from an export of demo")
    assert (await store.authenticate(key)).tenant_id == "demo"
    kinds = [change.kind for change in await store.changes_since(seq)]
    assert kinds == [ChangeKind.TENANT, ChangeKind.CATALOGUE, ChangeKind.ARTICLE]


async def test_a_customer_who_was_erased_stays_so(store: Store, exported: Path) -> None:
    async with store.writing() as connection:
        row = (
            await connection.execute(select(customers).where(customers.c.tenant_id == "demo").limit(1))
        ).one()
        mine = (customers.c.tenant_id == "demo") & (customers.c.customer_id == row.customer_id)
        assert row.name
        await connection.execute(update(customers).where(mine).values(erased_at=NOW, name=""))
    await import_shop_files(store, "demo", exported, NOW, BY, is_replacing=True)
    found = await store.export_customer(Principal("demo", row.customer_id))
    assert found["customers"][0]["name"] == "" and found["customers"][0]["erased_at"] == NOW.isoformat()
    assert not found["addresses"] and found["orders"]
    assert all(not order["address"]["street"] for order in found["orders"])


async def test_an_erasure_is_remembered_of_whom_the_files_do_not_know(store: Store, exported: Path) -> None:
    async with store.writing() as connection:
        row = (
            await connection.execute(select(customers).where(customers.c.tenant_id == "demo").limit(1))
        ).one()
        other = row._asdict() | {"customer_id": "gone", "name": "", "erased_at": NOW}
        await connection.execute(insert(customers).values(other))
    await import_shop_files(store, "demo", exported, NOW, BY, is_replacing=True)
    assert await store.erased_customers("demo") == {"gone"}


async def test_an_order_that_waits_gets_the_open_case_that_it_lacks(store: Store, exported: Path) -> None:
    cases_of = rows_of(exported, "cases")
    states = {order["order_id"]: order["state"] for order in rows_of(exported, "orders")}
    number, order_id = next(
        (number, case["order_id"])
        for number, case in enumerate(cases_of, start=1)
        if case["state"] in OPEN_CASES and states[case["order_id"]].endswith("_requested")
    )
    with_row(exported, "cases", number, set_to("state", "refused"))
    await import_shop_files(store, "copy", exported, NOW, BY)
    async with store.reading() as connection:
        mine = (cases.c.tenant_id == "copy") & (cases.c.order_id == order_id)
        kept = (await connection.execute(select(cases.c.state).where(mine))).scalars()
        assert sorted(kept) == ["awaiting_goods", "refused"]


async def test_a_policy_of_another_catalogue_is_refused(store: Store, exported: Path) -> None:
    def unknown(row: dict[str, Any]) -> None:
        row["policy"]["repair"]["warranty_months"]["fod"] = 1

    with_row(exported, "tenants", 1, unknown)
    with pytest.raises(ImportInvalid, match=r"tenants\.jsonl line 1.*'fod' is no category of the shop"):
        await import_shop_files(store, "copy", exported, NOW, BY)


def test_a_number_beyond_a_fraction_is_refused() -> None:
    column = next(c for table in metadata.sorted_tables for c in table.columns if isinstance(c.type, Float))
    with pytest.raises(FieldInvalid, match="too large a number"):
        column_form(column).read(10**400)


async def test_a_failed_replacement_leaves_the_shop(store: Store, exported: Path) -> None:
    with_row(exported, "variants", 1, set_to("reserved", 1))
    before = await counted(store, "demo")
    with pytest.raises(ImportInvalid):
        await import_shop_files(store, "demo", exported, NOW, BY, is_replacing=True)
    assert await counted(store, "demo") == before


async def test_a_shop_without_data_yet_is_filled(store: Store, exported: Path) -> None:
    await store.create_tenant(replace(TENANT, tenant_id="new"), DEMO_POLICY)
    await import_shop_files(store, "new", exported, NOW, BY)
    assert (await store.tenant("new")).attributes == (await store.tenant("demo")).attributes


def rewritten(folder: Path, table: str, change: Callable[[pyarrow.Table], pyarrow.Table]) -> None:
    path = folder / f"{table}.parquet"
    pyarrow.parquet.write_table(change(pyarrow.parquet.read_table(path)), path)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][table]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest))


def cast(column: str, kind: Any) -> Callable[[pyarrow.Table], pyarrow.Table]:
    def change(table: pyarrow.Table) -> pyarrow.Table:
        index = table.schema.get_field_index(column)
        return table.set_column(index, column, table.column(column).cast(kind))

    return change


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("orders", cast("placed_at", pyarrow.timestamp("us")), "orders.parquet row 1, placed_at: '20"),
        (
            "orders",
            cast("goods_minor", pyarrow.float64()),
            "orders.parquet row 1, goods_minor: must be a whole",
        ),
        ("orders", lambda t: t.drop_columns(["state"]), "orders.parquet row 1, state: is missing"),
        ("orders", lambda t: t.append_column("x", t.column("state")), "row 1, x: is not a column"),
        ("orders", lambda t: t.slice(1), "orders.parquet: has 119 rows, and the manifest says 120"),
    ],
)
async def test_a_fault_in_parquet_is_named(
    store: Store, tmp_path: Path, table: str, change: Callable[[pyarrow.Table], pyarrow.Table], said: str
) -> None:
    await export_shop(store, "demo", tmp_path / "p", NOW, FileFormat.PARQUET)
    rewritten(tmp_path / "p", table, change)
    with pytest.raises(ImportInvalid) as raised:
        await import_shop_files(store, "copy", tmp_path / "p", NOW, BY)
    assert said in str(raised.value)


async def test_nanoseconds_of_other_tools_are_read_where_nothing_is_lost(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "p"
    await export_shop(store, "demo", folder, NOW, FileFormat.PARQUET)
    rewritten(folder, "articles", cast("updated_at", pyarrow.timestamp("ns", tz="UTC")))
    assert await import_shop_files(store, "copy", folder, NOW, BY) == await counted(store, "demo")


def test_the_commands_write_and_load(tmp_path: Path, seeded: tuple[Path, DemoSeed]) -> None:
    (tmp_path / "home").mkdir()
    shutil.copy(seeded[0], tmp_path / "home" / "store.db")
    shop = [
        "-p",
        "fake",
        "--set",
        f"identity.home={tmp_path / 'home'}",
        "--set",
        "identity.store=sqlite:store.db",
    ]
    out = str(tmp_path / "out")
    run = CliRunner().invoke
    written = run(app, ["data", "export", "--tenant", "demo", "--out", out, "--format", "parquet", *shop])
    assert written.exit_code == 0, written.output
    assert "orders: 120" in written.output
    loaded = run(app, ["data", "import", "--tenant", "copy", out, *shop])
    assert loaded.exit_code == 0, loaded.output
    assert "loaded as tenant copy" in loaded.output
    again = run(app, ["data", "import", "--tenant", "copy", out, *shop])
    assert isinstance(again.exception, TenantHasData)
