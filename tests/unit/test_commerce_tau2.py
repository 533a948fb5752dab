"""The benchmark's shop as a tenant: every field kept, bad input refused by its path, nothing half-loaded."""

import copy
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from alembic import command

from commerce.domain.errors import ImportInvalid, OrderNotFound, TenantExists
from commerce.domain.identity import Principal
from commerce.domain.orders import OrderState
from commerce.domain.product_query import query_from_text
from commerce.importers.tau2 import AVAILABLE_STOCK, export_tau2, load_tau2
from commerce.importers.tau2_rows import ORDER_EXTRAS
from commerce.portable.shop_export import export_shop
from commerce.portable.shop_files import check_shop_files, open_shop_files
from commerce.store import Store, migrate, open_store
from tests.acting import rows
from tests.migrations import migrated
from tests.tau2_shop import a_shop

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "retail_tau2"
needs_data = pytest.mark.skipif(
    not (DATA / "db.json").exists(), reason=f"the benchmark's data is not at {DATA}"
)

DOCUMENT: dict[str, Any] = {
    "products": {
        "p1": {
            "name": "Garden Lamp",
            "product_id": "p1",
            "variants": {
                "i1": {
                    "item_id": "i1",
                    "options": {"color": "dark red", "size": "L"},
                    "available": True,
                    "price": 12.3,
                },
                "i2": {"item_id": "i2", "options": {"color": "blue"}, "available": False, "price": 10.0},
            },
        }
    },
    "users": {
        "ann_1": {
            "user_id": "ann_1",
            "name": {"first_name": "Ann", "last_name": "Lee"},
            "address": {
                "address1": "1 A St",
                "address2": "",
                "city": "Ely",
                "state": "NV",
                "country": "USA",
                "zip": "89301",
            },
            "email": "ann@example.com",
            "payment_methods": {"gift_card_1": {"source": "gift_card", "id": "gift_card_1", "balance": 49.0}},
            "orders": ["#W1", "#W2"],
        }
    },
    "orders": {},
}
ORDER: dict[str, Any] = {
    "order_id": "#W1",
    "user_id": "ann_1",
    "address": {
        "address1": "2 B St",
        "address2": "Suite 3",
        "city": "Ely",
        "state": "NV",
        "country": "USA",
        "zip": "89301",
    },
    "items": [
        {
            "name": "Garden Lamp",
            "product_id": "p1",
            "item_id": "i1",
            "price": 12.3,
            "options": {"color": "dark red", "size": "L"},
        },
        {
            "name": "Garden Lamp",
            "product_id": "p1",
            "item_id": "i1",
            "price": 12.3,
            "options": {"color": "dark red", "size": "L"},
        },
    ],
    "status": "pending",
    "fulfillments": [],
    "payment_history": [{"transaction_type": "payment", "amount": 24.6, "payment_method_id": "gift_card_1"}],
}

PAYMENT = ("orders", "#W2", "payment_history", 0)


def document(**orders: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(DOCUMENT)
    first = copy.deepcopy(ORDER)
    second = {**copy.deepcopy(ORDER), "order_id": "#W2", **orders.get("second", {})}
    made["orders"] = {"#W1": {**first, **orders.get("first", {})}, "#W2": second}
    return made


@pytest_asyncio.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with open_store(url) as opened:
        yield opened


def written(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "db.json"
    path.write_text(json.dumps(value))
    return path


@pytest.mark.asyncio
async def test_everything_comes_back_whatever_the_status(store: Store, tmp_path: Path) -> None:
    loaded = document(
        first={"status": "pending (item modified)"},
        second={
            "status": "return requested",
            "return_items": ["i1"],
            "return_payment_method_id": "gift_card_1",
            "cancel_reason": None,
            "fulfillments": [{"tracking_id": ["1", "2"], "item_ids": ["i1", "i1"]}],
        },
    )
    counts = await load_tau2(store, written(tmp_path, loaded), "tau2")
    assert (counts["orders"], counts["order_lines"], counts["shipments"]) == (2, 4, 1)
    assert await export_tau2(store, "tau2") == loaded


@pytest.mark.asyncio
async def test_what_a_customer_sees(store: Store, tmp_path: Path) -> None:
    await load_tau2(store, written(tmp_path, document(second={"status": "delivered"})), "tau2")
    ann = Principal("tau2", "ann_1")
    newest, first = await store.orders_of(ann)
    assert (newest.order_id, newest.state, first.state) == ("#W2", OrderState.DELIVERED, OrderState.PAID)
    assert (first.total.amount_minor, first.total.currency, first.paid.amount_minor) == (2460, "USD", 2460)
    assert (first.address.street, first.address.region) == ("2 B St, Suite 3", "NV")
    assert (await store.customer(Principal("tau2", "ann_1"))).addresses[0].street == "1 A St"
    vocabulary = await store.product_vocabulary("tau2")
    (hit,) = await store.search_products("tau2", query_from_text("a dark red garden lamp", vocabulary, "en"))
    assert (hit.variant_id, hit.colour, hit.stock, hit.sold_count) == ("i1", "dark_red", AVAILABLE_STOCK, 4)
    assert await store.search_products("tau2", query_from_text("blue garden lamp", vocabulary, "en")) == ()
    with pytest.raises(OrderNotFound):
        await store.order(Principal("demo", "ann_1"), "#W1")


async def test_a_shop_survives_the_way_down_to_an_older_schema_and_up(url: str, tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text(json.dumps(a_shop()))
    sums = (
        "SELECT order_id, variant_id, quantity FROM stock_reservations ORDER BY order_id, variant_id",
        "SELECT variant_id, stock, reserved FROM variants ORDER BY variant_id",
        "SELECT method_id, kind, service, balance_minor FROM payment_methods ORDER BY method_id",
        "SELECT method_id, method, amount_minor FROM payments ORDER BY payment_id",
    )
    async with open_store(url) as old:
        await load_tau2(old, tmp_path / "db.json", "tau2")
        before = [await rows(old, each) for each in sums]
        await migrated(old, command.downgrade, "0003")
    await migrate(url)
    async with open_store(url) as store:
        assert [await rows(store, each) for each in sums] == before
        assert await export_tau2(store, "tau2") == a_shop()


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = document()
    target: Any = made
    for step in path[:-1]:
        target = target[step]
    if value is KeyError:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return made


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("orders",), KeyError, "db.json.orders"),
        (("extra",), {}, "db.json.extra"),
        (("products", "p1", "name"), 7, "db.json.products['p1'].name"),
        (("products", "p1", "variants", "i2", "price"), "10", "db.json.products['p1'].variants['i2'].price"),
        (("products", "p1", "variants", "i2", "price"), 1.005, "db.json.products['p1'].variants['i2'].price"),
        (("products", "p1", "variants", "i2", "available"), 1, "db.json.products['p1'].variants['i2'].available"),
        (("users", "ann_1", "user_id"), "bob", "db.json.users['ann_1'].user_id"),
        (("users", "ann_1", "address", "zip"), KeyError, "db.json.users['ann_1'].address.zip"),
        (("orders", "#W1", "user_id"), "bob", "db.json.orders['#W1'].user_id"),
        (("orders", "#W1", "status"), "lost", "db.json.orders['#W1'].status"),
        (("orders", "#W2", "items", 1, "item_id"), "i9", "db.json.orders['#W2'].items[1].item_id"),
        (("orders", "#W2", "items"), {}, "db.json.orders['#W2'].items"),
        (("orders", "#W2", "colour"), "red", "db.json.orders['#W2'].colour"),
        ((*PAYMENT, "amount"), -1, "db.json.orders['#W2'].payment_history[0].amount"),
        ((*PAYMENT, "transaction_type"), "gift", "db.json.orders['#W2'].payment_history[0].transaction_type"),
        ((*PAYMENT, "payment_method_id"), "x", "db.json.orders['#W2'].payment_history[0].payment_method_id"),
        (("users", "ann_1", "address", "zip"), "9" * 17, "addresses['ann_1-home'].postcode"),
        (("products", "p1", "variants", "i2", "options", "size"), "L" * 33, "variants['i2'].size"),
        (("products", "p1", "variants", "i2", "price"), 1e20, "variants['i2'].price_minor"),
        (("users", "ann_1", "email"), "a\x00b", "customers['ann_1'].email"),
        (("orders", "#W1", "fulfillments"), [{"tracking_id": ["7" * 65], "item_ids": []}],
         "shipments['#W1-01'].tracking_number"),
    ],
)  # fmt: skip
async def test_bad_input_is_named_and_nothing_is_loaded(
    store: Store, tmp_path: Path, path: tuple[Any, ...], value: Any, field: str
) -> None:
    with pytest.raises(ImportInvalid) as caught:
        await load_tau2(store, written(tmp_path, changed(path, value)), "tau2")
    assert caught.value.field == field
    assert await store.tenants() == ()


@pytest.mark.asyncio
async def test_a_tenant_is_loaded_once_and_from_json(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, document())
    await load_tau2(store, path, "tau2")
    with pytest.raises(TenantExists):
        await load_tau2(store, path, "tau2")
    path.write_text("{")
    with pytest.raises(ImportInvalid, match="not JSON"):
        await load_tau2(store, path, "another")
    path.write_text('{"products": {}, "products": {}, "users": {}, "orders": {}}')
    with pytest.raises(ImportInvalid, match="has a name twice"):
        await load_tau2(store, path, "another")


@needs_data
@pytest.mark.asyncio
async def test_the_real_shop_survives_the_round_trip(store: Store, tmp_path: Path) -> None:
    counts = await load_tau2(store, DATA / "db.json", "tau2")
    assert (counts["customers"], counts["orders"], counts["products"], counts["variants"]) == (
        500,
        1000,
        50,
        591,
    )
    await export_shop(store, "tau2", tmp_path / "out", datetime.now(UTC))
    check_shop_files(open_shop_files(tmp_path / "out"))
    exported = await export_tau2(store, "tau2")
    for order in exported["orders"].values():
        for name in ORDER_EXTRAS:
            order.setdefault(name, None)
    digest = hashlib.sha256(json.dumps(exported, sort_keys=True, default=str).encode()).hexdigest()
    assert digest == json.loads((DATA / "replay_train.json").read_text())["initial_db_sha256"]
