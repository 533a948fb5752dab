"""The demonstration shop: determinism, invariants of its data, and seeding that is whole or not at all."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from commerce.demo import shop as demo_shop
from commerce.demo.article_files import KNOWLEDGE_DIR, load_articles
from commerce.demo.latent import CustomerType
from commerce.demo.policy import DEMO_POLICY
from commerce.demo.shop import DEMO_TENANT, DemoRows, DemoSize, generate, seed_demo
from commerce.demo.timeline import draw_recent
from commerce.domain.errors import ArticleInvalid, CustomerRequired, DemoSeedConflict, OrderNotFound
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.orders import OrderState
from commerce.domain.tenants import ChangeKind
from commerce.store import open_store
from commerce.store.tables import metadata
from tests.builders import new_key

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SMALL = DemoSize(60, 260)
MEDIUM = DemoSize(400, 3_000)


@pytest.fixture(scope="module")
def medium() -> DemoRows:
    return generate(11, NOW, MEDIUM)


def test_the_same_seed_and_instant_give_the_same_rows() -> None:
    assert generate(1, NOW, SMALL) == generate(1, NOW, SMALL)


def test_another_seed_gives_other_prices_stock_ids_and_dates() -> None:
    first, second = generate(1, NOW, SMALL), generate(2, NOW, SMALL)

    def share_in_common(table: str, column: str) -> float:
        left, right = ({row[column] for row in each.tables[table]} for each in (first, second))
        return len(left & right) / len(left)

    assert share_in_common("orders", "order_id") < 0.05
    assert share_in_common("orders", "placed_at") < 0.05
    assert share_in_common("customers", "customer_id") < 0.05
    assert share_in_common("products", "product_id") < 0.05
    assert share_in_common("products", "name_zh") == 1
    for column in ("price_minor", "stock"):
        pairs = zip(first.tables["variants"], second.tables["variants"], strict=False)
        assert mean(left[column] == right[column] for left, right in pairs) < 0.2


def test_a_bigger_shop_sells_the_same_goods() -> None:
    small, bigger = (generate(1, NOW, size).tables for size in (SMALL, replace(SMALL, customers=80)))
    assert [row["price_minor"] for row in small["variants"]] == [
        row["price_minor"] for row in bigger["variants"]
    ]


def test_every_order_state_occurs_and_ids_are_unique(medium: DemoRows) -> None:
    assert {row["state"] for row in medium.tables["orders"]} == {state.value for state in OrderState}
    for name, rows in medium.tables.items():
        key = [column.name for column in metadata.tables[name].primary_key]
        if key != ["event_id"]:
            assert len({tuple(row[column] for column in key) for row in rows}) == len(rows), name


@pytest.mark.parametrize("minutes", range(0, 1440, 97))
def test_recent_orders_are_possible_at_every_hour(minutes: int) -> None:
    import random

    now = NOW + timedelta(minutes=minutes)
    for state in OrderState:
        times = draw_recent(random.Random(minutes), state, DEMO_POLICY.shipping.remote, DEMO_POLICY, now)
        assert times.state is state


def test_times_of_an_order_follow_each_other_and_none_is_to_come(medium: DemoRows) -> None:
    registered = {row["customer_id"]: row["registered_at"] for row in medium.tables["customers"]}
    for order in medium.tables["orders"]:
        steps = ("placed_at", "paid_at", "packed_at", "shipped_at", "delivered_at")
        times = [
            registered[order["customer_id"]],
            *(order[step] for step in steps if order[step] is not None),
        ]
        assert times == sorted(times), order
        assert times[-1] <= NOW
    assert all(row["at"] <= NOW for row in medium.tables["behaviour_events"])
    assert all(row["at"] <= NOW for row in medium.tables["tracking_events"])


def test_refunds_never_exceed_payments_and_totals_add_up(medium: DemoRows) -> None:
    lines: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in medium.tables["order_lines"]:
        lines[line["order_id"]].append(line)
    paid: Counter[str] = Counter()
    for row in medium.tables["payments"]:
        assert row["amount_minor"] > 0
        paid[row["order_id"]] += row["amount_minor"] * (1 if row["kind"] == "payment" else -1)
    for order in medium.tables["orders"]:
        own = lines[order["order_id"]]
        assert order["goods_minor"] == sum(line["unit_price_minor"] * line["quantity"] for line in own)
        total = order["goods_minor"] - order["discount_minor"] + order["shipping_fee_minor"]
        assert total > 0
        assert 0 <= paid[order["order_id"]] <= total
        if order["state"] in ("shipped", "packed", "paid"):
            assert paid[order["order_id"]] == total


def test_two_years_with_their_season(medium: DemoRows) -> None:
    days = Counter(row["placed_at"].astimezone(NOW.tzinfo).date() for row in medium.tables["orders"])
    assert (max(days) - min(days)).days > 700
    double_11 = days[datetime(2025, 11, 11).date()]
    assert double_11 > 10 * mean(days[datetime(2025, 9, 1).date() + timedelta(days=n)] for n in range(30))


def test_the_latent_type_drives_behaviour_and_is_stored_nowhere(medium: DemoRows) -> None:
    orders: defaultdict[CustomerType, list[dict[str, Any]]] = defaultdict(list)
    for order in medium.tables["orders"]:
        orders[medium.types[order["customer_id"]]].append(order)
    people = Counter(medium.types.values())
    assert set(people) == set(CustomerType)

    def spend(kind: CustomerType) -> float:
        return float(mean(order["goods_minor"] for order in orders[kind]))

    def frequency(kind: CustomerType) -> float:
        return len(orders[kind]) / people[kind]

    def discounted(kind: CustomerType) -> float:
        return float(mean(order["discount_minor"] > 0 for order in orders[kind]))

    assert spend(CustomerType.BIG_SPENDER) > 2 * spend(CustomerType.BARGAIN_HUNTER)
    assert frequency(CustomerType.LOYAL) > 3 * frequency(CustomerType.OCCASIONAL)
    assert discounted(CustomerType.BARGAIN_HUNTER) > 2 * discounted(CustomerType.BIG_SPENDER)
    assert max(order["placed_at"] for order in orders[CustomerType.LAPSED]) < NOW - timedelta(days=200)
    assert min(order["placed_at"] for order in orders[CustomerType.NEW]) > NOW - timedelta(days=90)
    stored = {
        str(value)
        for name in ("customers", "orders", "addresses", "behaviour_events")
        for row in medium.tables[name]
        for column, value in row.items()
        if column in ("attributes", "level", "kind", "name", "language")
    }
    # The words as a whole: "new" may well be part of another.
    assert not [
        word
        for word in stored
        if any(f"'{kind.value}'" in word or kind.value == word for kind in CustomerType)
    ]


def test_articles_are_read_strictly(tmp_path: Path) -> None:
    articles = load_articles(KNOWLEDGE_DIR)
    assert len(articles) > 50
    assert articles == tuple(sorted(articles, key=lambda article: article.article_id))
    good = "- {id: a, kind: faq, intents: [], categories: [], title: {zh: 一, en: One}, body: {zh: 一, en: One}}\n"
    (tmp_path / "a.yaml").write_text(good)
    assert [article.article_id for article in load_articles(tmp_path)] == ["a"]
    for bad, where in (
        (good.replace("en: One", "eng: One", 1), r"a\.yaml\[0\]\.title"),
        (good.replace("kind: faq, ", ""), r"a\.yaml\[0\]"),
        (good.replace("intents: []", "intents: returns"), r"a\.yaml\[0\]\.intents"),
        (good + good, "there twice"),
        ("a: b", "not a list"),
        ("- [", "not YAML"),
    ):
        (tmp_path / "a.yaml").write_text(bad)
        with pytest.raises(ArticleInvalid, match=where):
            load_articles(tmp_path)


@pytest.mark.asyncio
async def test_seeding_is_once_for_a_seed_and_refuses_another(url: str) -> None:
    async with open_store(url) as store:
        first = await seed_demo(store, 3, NOW, size=SMALL)
        again = await seed_demo(store, 3, NOW + timedelta(days=2), size=SMALL)
        assert first.is_new and not again.is_new
        assert replace(again, is_new=True) == first
        assert first.counts["orders"] == SMALL.orders
        assert len(await store.articles(DEMO_TENANT)) == first.counts["articles"]
        assert await store.policy(DEMO_TENANT) == DEMO_POLICY
        key = await new_key(store, DEMO_TENANT, ApiKeyRole.SHOP)
        for other in ({"seed": 4, "size": SMALL}, {"seed": 3, "size": replace(SMALL, orders=261)}):
            with pytest.raises(DemoSeedConflict, match="reset"):
                await seed_demo(store, now=NOW, **other)  # type: ignore[arg-type]
        before = await store.latest_change()
        fresh = await seed_demo(store, 4, NOW, size=SMALL, reset=True)
        assert fresh.customer_id != first.customer_id
        assert (await store.authenticate(key)).tenant_id == DEMO_TENANT
        kinds = {change.kind for change in await store.changes_since(before)}
        assert kinds == {ChangeKind.TENANT, ChangeKind.CATALOGUE, ChangeKind.ARTICLE}
        with pytest.raises(OrderNotFound):
            await store.order(Principal(DEMO_TENANT, fresh.customer_id), first.customer_order_ids[0])


@pytest.mark.asyncio
async def test_the_shown_customers_orders_are_theirs_alone(url: str, tmp_path: Path) -> None:
    async with open_store(url) as store:
        seed = await seed_demo(store, 3, NOW, tmp_path, size=SMALL)
        owner, stranger = (
            Principal(DEMO_TENANT, each) for each in (seed.customer_id, seed.other_customer_id)
        )
        on_the_road, delivered = [await store.order(owner, each) for each in seed.customer_order_ids]
        assert (on_the_road.state, delivered.state) == (OrderState.SHIPPED, OrderState.DELIVERED)
        assert delivered.lines[0].category == "womens_clothing" and delivered.lines[0].colour == "red"
        assert "羽绒服" in delivered.lines[0].name.zh and "down jacket" in delivered.lines[0].name.en
        events = delivered.shipments[0].events
        assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)
        assert events[0].state == "delivered" and "签收" in events[0].text.zh
        assert on_the_road.shipments[0].expected_at is not None
        assert on_the_road.paid == on_the_road.total
        mine = await store.orders_of(owner, limit=100)
        assert [order.order_id for order in mine[:2]] == [on_the_road.order_id, delivered.order_id]
        placed = [order.placed_at for order in mine if order.placed_at]
        assert placed == sorted(placed, reverse=True)
        assert await store.orders_of(owner, states={OrderState.SHIPPED}) == (on_the_road,)
        assert len(await store.orders_of(owner, limit=1)) == 1
        assert not {order.order_id for order in await store.orders_of(stranger, limit=100)} & set(
            seed.customer_order_ids
        )
        customer = await store.customer(Principal(DEMO_TENANT, seed.customer_id))
        assert customer.addresses[0].recipient == customer.name
        await _is_hidden(store, seed.customer_order_ids[0], stranger)


async def _is_hidden(store: Any, order_id: str, stranger: Principal) -> None:
    """A foreign order and one that does not exist answer alike, but for the id that was asked."""
    for principal in (stranger, Principal("other", stranger.customer_id)):
        with pytest.raises(OrderNotFound) as foreign:
            await store.order(principal, order_id)
        with pytest.raises(OrderNotFound) as missing:
            await store.order(principal, "KF0")
        assert str(foreign.value).replace(order_id, "KF0") == str(missing.value)
    with pytest.raises(CustomerRequired):
        await store.order(Principal(DEMO_TENANT), order_id)
    with pytest.raises(CustomerRequired):
        await store.orders_of(Principal(DEMO_TENANT))


_KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from commerce.demo import shop
from commerce.store import open_store

insert = shop._insert

async def hang_at_payments(connection, name, rows):
    if name == "payments":
        print("half", flush=True)
        await asyncio.Event().wait()
    await insert(connection, name, rows)

async def main():
    shop._insert = hang_at_payments
    async with open_store(sys.argv[1]) as store:
        await shop.seed_demo(store, 3, datetime(2026, 11, 22, tzinfo=UTC), size=shop.DemoSize(60, 260))

asyncio.run(main())
"""


@pytest.mark.asyncio
async def test_a_killed_seeding_leaves_nothing_and_can_be_repeated(url: str, tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"half\n"
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    async with open_store(url) as store:
        assert await store.tenants() == ()
        assert await store.products(DEMO_TENANT) == ()
        assert (await seed_demo(store, 3, NOW, tmp_path, size=SMALL)).is_new


@pytest.mark.asyncio
async def test_an_error_while_seeding_leaves_the_old_shop(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(url) as store:
        first = await seed_demo(store, 3, NOW, tmp_path, size=SMALL)

        async def fail(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(demo_shop, "_insert", fail)
        with pytest.raises(RuntimeError):
            await seed_demo(store, 4, NOW, tmp_path, size=SMALL, reset=True)
        assert (
            await store.order(Principal(DEMO_TENANT, first.customer_id), first.customer_order_ids[0])
        ).is_open
        assert (
            json.loads(json.dumps((await store.tenant(DEMO_TENANT)).attributes))["demo"]["customer_id"]
            == first.customer_id
        )
