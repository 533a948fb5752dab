"""Nobody reaches what is another customer's or another shop's, by any way into the store."""

import asyncio
import contextlib
import inspect
import json
import re
import shutil
import sqlite3
import typing
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from sqlalchemy import Table, insert, select

import commerce.store
from commerce.confirmations import mint_confirmation
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.actions import arguments_from
from commerce.domain.conversations import NewTurn, TurnOutcome
from commerce.domain.errors import ActionRefused, CustomerRequired, Denied, NotFound, OrderNotFound
from commerce.domain.feedback import Origin
from commerce.domain.identity import Principal
from commerce.domain.tenants import BehaviourEvent, BehaviourKind, Tenant
from commerce.domain.text import LocalText
from commerce.importers.tau2 import load_tau2
from commerce.store import Store, migrate, open_store
from commerce.store.tables import (
    coupons,
    invoices,
    metadata,
    shipments,
    tracking_events,
)
from tests.tau2_shop import a_shop

NOW: Final = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SECRET: Final = b"a secret of tests, long enough to sign"
ANN: Final = Principal("shop", "ann_1")
AGENT: Final = Principal("shop", agent_id="A7")
OTHER: Final = Tenant("other", LocalText("别家", "Another"), "en-US", "America/New_York", "USD")
MARK: Final = "ann's alone"
INTRUDERS: Final = {
    "another customer": Principal("shop", "bob_2"),
    "another shop's customer of that id": Principal("other", "ann_1"),
    "another shop's agent": Principal("other", agent_id="A7"),
    "an agent for another customer": Principal("shop", "bob_2", "A7"),
    "nobody": Principal("shop"),
    "an operator": Principal("shop", operator_id="O1"),
}
COMPLAINT: Final = arguments_from({"action": "open_complaint", "order_id": "#P", "words": MARK})


def a_turn(request_id: str) -> NewTurn:
    return NewTurn(request_id, MARK, MARK, "greeting_thanks", 0.9, "route", "composed", "general", "zh", NOW)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann has something in every table that belongs to customers; Bob is there, and so is another shop."""
    folder = tmp_path_factory.mktemp("planted")
    document = a_shop()
    bob = json.loads(json.dumps(document["users"]["ann_1"]).replace("_1", "_2"))
    document["users"]["bob_2"] = bob | {"user_id": "bob_2", "orders": []}
    (folder / "db.json").write_text(json.dumps(document))

    async def make() -> None:
        url = f"sqlite:///{folder / 'shop.db'}"
        await migrate(url)
        async with open_store(url) as opened:
            await load_tau2(opened, folder / "db.json", "shop")
            await opened.create_tenant(OTHER, DEMO_POLICY)
            await plant(opened)

    asyncio.run(make())
    # Everything out of the write-ahead log, so that one file is the whole shop.
    with contextlib.closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "shop.db"


@pytest_asyncio.fixture
async def store(planted: Path, tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{shutil.copy(planted, tmp_path)}") as opened:
        yield opened


async def plant(store: Store) -> None:
    back = {"action": "return", "order_id": "#D", "items": [{"line_id": "#D-1", "quantity": 1}]}
    items = [{"line_id": "#G-1", "quantity": 1, "variant_id": "i3"}]
    other = {"action": "change_items", "order_id": "#G", "items": items, "method_id": "gift_1"}
    for number, wanted in enumerate((COMPLAINT, arguments_from(back), arguments_from(other))):
        token, _ = mint_confirmation(SECRET, ANN, await store.propose(ANN, wanted, NOW), NOW)
        await store.commit(ANN, wanted, token, SECRET, key=f"k{number}", now=NOW)
    await store.append_turn(ANN, "v1", a_turn("r1"), 0)
    # Held until now: whoever comes next may begin.
    await store.begin_turn(ANN, "v1", "held", NOW - timedelta(seconds=9), NOW)
    event = BehaviourEvent(0, "ann_1", "p1", "home", BehaviourKind.VIEW, 1, 0, "USD", "#P", NOW)
    await store.record_behaviour("shop", event)
    await store.add_feedback("shop", MARK, "greeting_thanks", None, "shop", Origin("ann_1", None))
    shipped = {"tenant_id": "shop", "shipment_id": "S1"}
    place = {"place_zh": MARK, "place_en": MARK, "text_zh": MARK, "text_en": MARK}
    async with store.writing() as connection:
        await connection.execute(
            insert(invoices).values(
                tenant_id="shop", invoice_id="I1", order_id="#P", kind="electronic", title=MARK, tax_id="",
                amount_minor=1, currency="USD", issued_at=NOW,
            )
        )  # fmt: skip
        await connection.execute(
            insert(coupons).values(
                tenant_id="shop", coupon_id="K1", customer_id="ann_1", amount_minor=1, currency="USD", min_goods_minor=0,
                categories=[], valid_from=NOW, valid_until=NOW + timedelta(days=1), max_uses=1, used_count=0,
            )
        )  # fmt: skip
        await connection.execute(
            insert(shipments).values(
                **shipped,
                order_id="#P",
                carrier_zh=MARK,
                carrier_en=MARK,
                tracking_number="T1",
                attributes={},
            )
        )
        await connection.execute(
            insert(tracking_events).values(**shipped, **place, position=1, at=NOW, state="in_transit")
        )


async def contents(store: Store) -> dict[str, list[Any]]:
    async with store.reading() as connection:
        return {
            table.name: sorted(map(repr, (await connection.execute(select(table))).all()))
            for table in metadata.sorted_tables
        }


def of_customers() -> list[Table]:
    return [table for table in metadata.sorted_tables if {"customer_id", "order_id"} & set(table.c.keys())]


async def _commit(store: Store, principal: Principal) -> Any:
    token, _ = mint_confirmation(SECRET, principal, await store.propose(ANN, COMPLAINT, NOW), NOW)
    return await store.commit(principal, COMPLAINT, token, SECRET, key="k", now=NOW)


Way = Callable[[Store, Principal], Awaitable[Any]]
WAYS: Final[dict[str, Way]] = {
    "orders_of": lambda store, who: store.orders_of(who),
    "order": lambda store, who: store.order(who, "#P"),
    "propose": lambda store, who: store.propose(who, COMPLAINT, NOW),
    "commit": _commit,
    "action_facts": lambda store, who: store.action_facts(who, "#P", NOW),
    "action_facts_of": lambda store, who: store.action_facts_of(who, ("#P",), NOW),
    "conversation": lambda store, who: store.conversation(who, "v1"),
    "begin_turn": lambda store, who: store.begin_turn(who, "v1", "r2", NOW, NOW + timedelta(seconds=9)),
    "abandon_turn": lambda store, who: store.abandon_turn(who, "v1", "held"),
    "append_turn": lambda store, who: store.append_turn(who, "v1", a_turn("r2"), 1),
    "record_outcome": lambda store, who: store.record_outcome(who, "v1", "r1", TurnOutcome.REOPENED),
    "customer": lambda store, who: store.customer(who),
    "payment_methods": lambda store, who: store.payment_methods(who),
    "usable_coupons": lambda store, who: store.usable_coupons(who, NOW),
    "behaviour_of": lambda store, who: store.behaviour_of(who),
}
FOR_OPERATORS: Final = {
    *("revoke_tokens", "issue_api_key", "revoke_api_key"),
    *("put_article", "restore_article", "delete_article"),
}
"""These speak of a tenant's keys, tokens and articles, and of nothing that a customer has."""
OF_ONESELF: Final[dict[str, Way]] = {
    "personal_facts": lambda store, who: store.personal_facts(who),
    "export_customer": lambda store, who: store.export_customer(who),
    "erase_customer": lambda store, who: store.erase_customer(who),
}
"""These are about the principal's customer as a whole, and name nothing else."""


def test_every_way_into_the_store_is_tried() -> None:
    ways = {
        name
        for name, method in inspect.getmembers(Store, inspect.isfunction)
        if not name.startswith("_") and Principal in typing.get_type_hints(method).values()
    }
    assert ways == set(WAYS) | FOR_OPERATORS | set(OF_ONESELF)


async def test_there_is_something_to_find_in_every_table(store: Store) -> None:
    """A new table of customers' needs a row here, and whoever reads it a way."""
    async with store.reading() as connection:
        for table in of_customers():
            mine = (
                table.c.customer_id == "ann_1" if "customer_id" in table.c else table.c.order_id.is_not(None)
            )
            found = select(table).where(table.c.tenant_id == "shop", mine)
            assert (await connection.execute(found)).first() is not None, table.name


@pytest.mark.parametrize("way", WAYS)
async def test_an_intruder_finds_and_changes_nothing(store: Store, way: str) -> None:
    before = await contents(store)
    for who, intruder in INTRUDERS.items():
        try:
            found = await WAYS[way](store, intruder)
        except (NotFound, Denied) as refused:
            assert MARK not in str(refused), who
        else:
            assert not any(part in repr(found) for part in (MARK, "#P", "ann_1")), who
        assert await contents(store) == before, who


@pytest.mark.parametrize("way", ["order", "propose", "action_facts", "action_facts_of"])
async def test_anothers_order_is_not_there(store: Store, way: str) -> None:
    for who in ("another customer", "another shop's customer of that id", "an agent for another customer"):
        with pytest.raises(OrderNotFound):
            await WAYS[way](store, INTRUDERS[who])


@pytest.mark.parametrize("way", OF_ONESELF)
async def test_what_others_have_done_about_themselves_leaves_the_customer_alone(
    store: Store, way: str
) -> None:
    async def hers() -> dict[str, Any]:
        exported = await store.export_customer(ANN)
        return {name: rows for name, rows in exported.items() if name not in ("audit_log", "exported_at")}

    before = await hers()
    for who, intruder in INTRUDERS.items():
        try:
            found = await OF_ONESELF[way](store, intruder)
        except (NotFound, Denied) as refused:
            assert MARK not in str(refused), who
        else:
            assert MARK not in repr(found), who
    assert await hers() == before and MARK in repr(before)


@pytest.mark.parametrize("way", WAYS)
async def test_the_owner_gets_in(store: Store, way: str) -> None:
    before = await contents(store)
    assert await WAYS[way](store, ANN) or await contents(store) != before


@pytest.mark.parametrize("way", ["order", "propose", "commit"])
async def test_an_agent_of_the_shop_reaches_any_customers_order(store: Store, way: str) -> None:
    assert await WAYS[way](store, AGENT)


@pytest.mark.parametrize("way", ["orders_of", "customer", "behaviour_of"])
async def test_what_is_of_one_customer_an_agent_asks_for_with_the_customer(store: Store, way: str) -> None:
    with pytest.raises(CustomerRequired):
        await WAYS[way](store, AGENT)
    assert await WAYS[way](store, Principal("shop", "ann_1", "A7"))


async def test_what_an_agent_does_uses_the_owners_methods_alone(store: Store) -> None:
    """An agent reaches both customers; the one's order is still not paid with the other's card, nor their coupon used."""
    for method in ("gift_2", "card_2"):
        wanted = arguments_from({"action": "change_payment", "order_id": "#P", "method_id": method})
        with pytest.raises(ActionRefused) as refused:
            await store.propose(AGENT, wanted, NOW)
        assert refused.value.blocker.rule_id == "payment.own_method"


def test_only_one_place_says_whose_a_row_is() -> None:
    """The audit log is read by operators, who may ask for any customer's part of it."""
    folder = Path(commerce.store.__file__).parent
    saying = {
        path.name
        for path in folder.glob("*.py")
        if re.search(r"\.c\.customer_id\s*(==|\.is_|\.in_)", path.read_text(encoding="utf-8"))
    }
    assert saying == {"ownership.py", "audit.py"}
