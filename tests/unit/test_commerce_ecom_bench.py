"""ECom-Bench's Chinese shop as a tenant: every field is somewhere, bad input is refused by its path, nothing half-loaded."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cluster.cli import app
from commerce.domain.errors import ImportInvalid, OrderNotFound, TenantExists, TenantNotFound
from commerce.domain.identity import Principal
from commerce.domain.orders import OrderState, TrackingState
from commerce.domain.policy_codec import policy_from_json, policy_to_json
from commerce.importers.ecom_bench import FILES, load_ecom_bench
from commerce.importers.ecom_bench_fields import FIELDS
from commerce.importers.ecom_bench_policy import ECOM_BENCH_POLICY
from commerce.portable.shop_export import export_shop
from commerce.portable.shop_files import check_shop_files, open_shop_files
from commerce.portable.shop_import import import_shop_files
from commerce.portable.shop_tables import SHOP_TABLES
from commerce.store import Store
from commerce.store.tables import tenants
from tests.conftest import SHARED_DATA
from tests.ecom_shop import an_ecom_shop, write_ecom_shop

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DATA = SHARED_DATA / "ecom_bench"
needs_data = pytest.mark.skipif(not DATA.exists(), reason=f"ECom-Bench's data is not at {DATA}")
OWNER = Principal("jd", "u1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_ecom_shop(tmp_path / "ecom", an_ecom_shop())


async def dump(store: Store) -> list[Any]:
    """Every row of the shop."""
    async with store.reading() as connection:
        return [
            dict(row)
            for table in (tenants, *SHOP_TABLES)
            for row in (await connection.execute(select(table).where(table.c.tenant_id == "jd"))).mappings()
        ]


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


async def test_an_order_is_the_customers_with_its_parcel_and_its_payment(store: Store, folder: Path) -> None:
    counts = await load_ecom_bench(store, folder, "jd", NOW)
    assert counts["orders"] == 3 and counts["products"] == counts["variants"] == 2
    order = await store.order(OWNER, "o2")
    assert (order.state, order.total.amount_minor, order.currency) == (OrderState.DELIVERED, 30_00, "CNY")
    assert order.placed_at == datetime(2025, 4, 1, 0, 0, tzinfo=UTC)
    assert order.paid_at == datetime(2025, 4, 1, 0, 5, tzinfo=UTC)
    assert order.shipped_at == datetime(2025, 4, 1, 12, 0, tzinfo=UTC)
    assert order.delivered_at == datetime(2025, 4, 2, 3, 30, tzinfo=UTC)
    assert [(p.method, p.amount_minor, p.method_id) for p in order.payments] == [
        ("wechat_pay", 30_00, "wechat_pay-u1")
    ]
    (parcel,) = order.shipments
    assert [event.state for event in parcel.events][::-1] == [
        TrackingState.ANNOUNCED,
        TrackingState.ANNOUNCED,
        TrackingState.PICKED_UP,
        TrackingState.OUT_FOR_DELIVERY,
        TrackingState.DELIVERED,
    ]
    assert parcel.events[0].text.zh == "包裹已签收了"
    assert order.attributes["service"]["appointment"] == "周日"  # type: ignore[index]
    with pytest.raises(OrderNotFound):
        await store.order(Principal("jd", "u2"), "o2")


async def test_goods_that_have_not_left_are_not_told_as_delivered(store: Store, folder: Path) -> None:
    """The record of a paid order's parcel may claim an arrival."""
    await load_ecom_bench(store, folder, "jd", NOW)
    order = await store.order(OWNER, "o1")
    assert order.delivered_at is None and order.shipments[0].delivered_at is None
    (row,) = [row for row in await dump(store) if row.get("shipment_id") == "o1" and "carrier_zh" in row]
    assert row["attributes"]["reported_arrival"] == "2025-04-03T02:00:00+00:00"


async def test_money_and_stock_add_up(store: Store, folder: Path) -> None:
    await load_ecom_bench(store, folder, "jd", NOW)
    rows = await dump(store)
    cheaper = await store.order(OWNER, "o1")
    assert (cheaper.goods_minor, cheaper.discount_minor, cheaper.paid.amount_minor) == (25_00, 5_00, 20_00)
    assert sum(line.discount_minor for line in cheaper.lines) == 5_00
    variants = {row["variant_id"]: (row["stock"], row["reserved"]) for row in rows if "reserved" in row}
    assert variants == {"p1": (100, 3), "p2": (0, 1)}
    cards = [row["balance_minor"] for row in rows if row.get("kind") == "gift_card"]
    assert cards == [88_00]


async def test_what_customers_ask_about_is_an_article(store: Store, folder: Path) -> None:
    await load_ecom_bench(store, folder, "jd", NOW)
    articles = {row["article_id"]: row for row in await dump(store) if "body_zh" in row}
    assert articles["product-p1-exchangeable"]["body_zh"] == "大一号的水壶：缺货"
    assert articles["product-p2-gifts"]["intents"] == ["product_question", "price_promotion"]
    assert articles["product-p2-gifts"]["products"] == ["p2"]
    assert "product-p1-gifts" not in articles
    assert articles["product-p1-faults"]["body_zh"] == "E7：漏水：拧紧"
    assert articles["discount"]["body_zh"] == "五月\n补贴；省一成；十元减一元\n会员；再省；限周末\n传单"
    product = await store.product("jd", "p1")
    assert (product.brand.zh, product.brand.en) == ("山水", "Shanshui")
    assert product.attributes["repair"] == "坏了修一年"


async def test_records_of_unknown_orders_stay_with_who_they_name(store: Store, folder: Path) -> None:
    await load_ecom_bench(store, folder, "jd", NOW)
    known = (await store.customer(Principal("jd", "u1"))).attributes["without_order"]
    assert [record["订单ID"] for record in known["invoices"]] == ["x1"]  # type: ignore[index]
    assert [record["order_id"] for record in known["parcels"]] == ["gone"]  # type: ignore[index]
    stranger = await store.customer(Principal("jd", "invoice-x2"))
    assert (stranger.name, stranger.phone) == ("丙", "200")


async def test_it_goes_out_and_in_as_every_shop_does(store: Store, folder: Path, tmp_path: Path) -> None:
    await load_ecom_bench(store, folder, "jd", NOW)
    await export_shop(store, "jd", tmp_path / "out", NOW)
    await import_shop_files(store, "copy", tmp_path / "out", NOW, "shell:1")
    assert (await store.order(Principal("copy", "u1"), "o2")).state is OrderState.DELIVERED
    with pytest.raises(TenantExists):
        await load_ecom_bench(store, folder, "jd", NOW)


def set_at(*path: Any) -> Callable[[dict[str, Any]], object]:
    *parents, last, value = path

    def change(files: dict[str, Any]) -> None:
        target: Any = files
        for name in parents:
            target = target[name]
        target[last] = value

    return change


PRODUCT, ORDER, PARCEL = (
    ("products", "jd", "s1", "p1"),
    ("orders", "jd", "s1", "u1", "o1"),
    ("logistics", "jd", "s1", "u1", "o1"),
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_at(*PRODUCT, "产地", "云南"), "products.json.jd.s1['p1'].产地: is not a known field"),
        (lambda files: files["products"]["jd"]["s1"]["p1"].pop("维修说明"), "products.json.jd.s1['p1'].维修说明: is missing"),
        (set_at(*PRODUCT, "商品价格", -1), "商品价格: must be an amount of at most two decimals, not negative"),
        (set_at(*PRODUCT, "商品ID", "p7"), "商品ID: is 'p7', but the entry is 'p1'"),
        (set_at(*PRODUCT, "商品状态", "预售"), "商品状态: '预售' is not one of 已上架, 缺货, 已下架"),
        (set_at(*ORDER, "订单状态", "丢了"), "orders.json.jd.s1['u1']['o1'].订单状态: '丢了' is not one of"),
        (set_at(*ORDER, "订单商品列表", 0, "商品ID", "p0"), "订单商品列表[0].商品ID: no product 'p0'"),
        (set_at(*ORDER, "订单商品列表", 0, "数量", 0), "数量: must be at least 1"),
        (set_at(*ORDER, "订单总金额", 99), "订单总金额: is 9900 fen, more than the goods of 2500"),
        (set_at(*ORDER, "支付方式", "贝壳"), "支付方式: '贝壳' is not one of 京东E卡"),
        (set_at(*ORDER, "用户ID", "u2"), "用户ID: is 'u2', but the entry is 'u1'"),
        (set_at("orders", "jd", "s1", "u2", {"o9": {}}), "orders.json.jd.s1['u2']['o9'].支付方式: is missing"),
        (set_at(*PARCEL, "物流轨迹", 0, "时间", "昨天"), "物流轨迹[0].时间: '昨天' is no time such as"),
        (set_at(*PARCEL, "物流轨迹", 0, "状态", "飞走"), "物流轨迹[0].状态: '飞走' is not one of"),
        (set_at("users_info", "u1", "年龄", 41.5), "users_info.json['u1'].年龄: must be a whole number"),
        (set_at("service", "jd", "s1", "u1", "o2", "平台", "tb"), "平台: is 'tb', but the entry is 'jd'"),
        (set_at("products", "tb", {"s2": {}}), "products.json: holds 2 shops: give one shop's data"),
        (set_at("orders", "tb", {}), "orders.json.tb: is not a known field"),
        (set_at("users_info", "u1", "电话号码", "1" * 33), "customers['u1'].phone: is 33 characters; at most 32 are kept"),
        (set_at(*PARCEL, "物流单号", "N" * 65), "shipments['o1'].tracking_number: is 65 characters; at most 64 are kept"),
        (set_at(*PRODUCT, "商品价格", 1e20), "variants['p1'].price_minor: 10000000000000000000000 is too large"),
        (set_at("users_info", "u1", "用户姓名", "甲\x00"), "customers['u1'].name: holds a NUL character"),
        (lambda files: files["products"]["jd"]["s1"].update(
            {"p" * 65: files["products"]["jd"]["s1"]["p1"] | {"商品ID": "p" * 65}}),
         f"products['{'p' * 65}'].product_id: is 65 characters; at most 64 are kept"),
        (set_at("more", {}), "more.json: is no file of ECom-Bench's shop"),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_by_its_path(
    store: Store, tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    files = an_ecom_shop()
    change(files)
    with pytest.raises(ImportInvalid) as raised:
        await load_ecom_bench(store, write_ecom_shop(tmp_path / "bad", files), "jd", NOW)
    assert said in str(raised.value)
    with pytest.raises(TenantNotFound):
        await store.tenant("jd")


def test_its_policy_is_one() -> None:
    assert policy_from_json(policy_to_json(ECOM_BENCH_POLICY)) == ECOM_BENCH_POLICY


def records(files: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each record of the data with its kind in `FIELDS`."""

    def below(name: str, depth: int) -> Iterator[dict[str, Any]]:
        level = [files[name]]
        for _ in range(depth):
            level = [inner for value in level for inner in value.values()]
        yield from level

    def inner(record: dict[str, Any], field: str, *kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for part in record[field] if isinstance(record[field], list) else [record[field]]:
            yield (
                kinds[-1] if kinds[-1] != kinds[0] and ({"name", "status"} & part.keys()) else kinds[0],
                part,
            )

    for product in below("products", 3):
        yield "product", product
        yield from inner(product, "可换货商品", "exchangeable")
        yield from inner(product, "赠品信息", "gift")
        yield from inner(product, "辅材材料", "material", "material as some records name it")
        yield from inner(product, "常见故障", "fault")
    for user in below("users_info", 1):
        yield "user", user
        yield from inner(user, "地址信息", "home")
    for order in below("orders", 4):
        yield "order", order
        yield from inner(order, "订单商品列表", "line")
        yield from inner(order, "收货地址", "destination")
    for parcel in below("logistics", 4):
        yield "parcel", parcel
        yield from inner(parcel, "收件人信息", "recipient")
        yield from inner(parcel, "物流轨迹", "event", "event as one record names it")
    yield from (("invoice", invoice) for invoice in below("invoices", 1))
    for discount in below("discount", 2):
        yield "discount", discount
        yield from inner(discount, "详情", "discount detail")
    yield from (("service", service) for service in below("service", 4))


def is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def as_stored(field: str, value: Any) -> Any:
    """What a field's own text became where it is not kept as it was."""
    if field in {"商品价格", "单价", "订单总金额", "电子卡余额"}:
        return round(value * 100)
    if field in {"时间", "预计送达时间", "实际送达时间"} and value is not None:
        return datetime.fromisoformat(value).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    return value


RENAMED = {
    "已上架": 100,
    "缺货": 0,
    "已下架": 0,
    "微信": "wechat_pay",
    "支付宝": "alipay",
    "银行卡": "bank_card",
    "京东E卡": "jd_ecard",
}


async def every_field_is_counted(store: Store, folder: Path) -> Counter[str]:
    """Load `folder`, and find each value of each field of each record among the stored ones, or it fails."""
    await load_ecom_bench(store, folder, "jd", NOW)
    stored = list(leaves(await dump(store)))
    texts = {value for value in stored if isinstance(value, str)}
    texts |= {line for text in texts for line in text.replace("；", "\n").split("\n")}
    others = {value for value in stored if not isinstance(value, str) and value is not None}
    others |= {datetime.fromisoformat(text) for text in texts if text.endswith("+00:00")}
    found: Counter[str] = Counter()
    files = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in FILES}
    for kind, record in records(files):
        assert record.keys() <= FIELDS[kind].keys(), kind
        for field, value in record.items():
            found[f"{kind}.{field}"] += 1
            if not is_nested(value) and value is not None:
                kept = as_stored(field, value)
                known = texts if isinstance(kept, str) else others
                # A record without its order is kept as it was.
                is_kept = kept in known or value in texts
                assert is_kept or RENAMED.get(kept) in others | texts, f"{kind}.{field}"
    return found


async def test_every_field_of_every_record_is_stored(store: Store, folder: Path) -> None:
    found = await every_field_is_counted(store, folder)
    assert set(found) == {f"{kind}.{field}" for kind, fields in FIELDS.items() for field in fields}


@needs_data
async def test_every_field_of_the_real_shop_is_stored(store: Store) -> None:
    found = await every_field_is_counted(store, DATA)
    assert found["product.商品ID"] == 52
    assert found["exchangeable.商品ID"] == 129
    assert found["gift.赠品名称"] == 58
    assert found["material.辅材名称"] + found["material as some records name it.name"] == 180
    assert found["fault.故障代码"] == 124
    assert found["user.用户ID"] == 28
    assert (found["order.订单ID"], found["line.商品ID"]) == (41, 45)
    assert (found["parcel.物流单号"], found["event.时间"] + found["event as one record names it.时间"]) == (
        39,
        169,
    )
    assert found["invoice.订单ID"] == 71
    assert (found["discount detail.类型"], found["service.订单ID"]) == (4, 1)


@needs_data
async def test_the_real_shop_has_rows_for_all_of_it(store: Store, tmp_path: Path) -> None:
    counts = await load_ecom_bench(store, DATA, "jd", NOW)
    rows = await dump(store)
    without = [
        row["attributes"]["without_order"] for row in rows if "without_order" in row.get("attributes", {})
    ]
    kept = Counter(kind for record in without for kind, listed in record.items() for _ in listed)
    assert (counts["products"], counts["orders"], counts["order_lines"]) == (52, 41, 45)
    assert counts["invoices"] + kept["invoices"] == 71
    assert counts["shipments"] + kept["parcels"] == 39
    assert kept["services"] == 1
    assert counts["articles"] == 52 * 6 - 3 - 5 + 1
    await export_shop(store, "jd", tmp_path / "out", NOW)
    check_shop_files(open_shop_files(tmp_path / "out"))


def test_the_command_loads_the_folder(folder: Path, tmp_path: Path) -> None:
    shop = ["-p", "fake", "--set", f"identity.home={tmp_path}", "--set", "identity.demo.is_enabled=false"]
    done = CliRunner().invoke(app, ["seed", "--from", str(folder), "--tenant", "jd", *shop])
    assert done.exit_code == 0, done.output
    assert "orders: 3" in done.output
