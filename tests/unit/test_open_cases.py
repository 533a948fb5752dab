"""Orders that came with a return or an exchange under way can be ended like those that began here."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import func, select

from commerce.confirmations import mint_confirmation
from commerce.demo.shop import DemoSize, seed_demo
from commerce.domain.actions import arguments_from
from commerce.domain.identity import Principal
from commerce.domain.orders import OrderState
from commerce.domain.payment_methods import held
from commerce.importers.tau2 import load_tau2
from commerce.store import Store, migrate, open_store
from commerce.store.tables import cases, orders
from tests.migrations import migrated
from tests.tau2_shop import a_shop, an_item, an_order

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SECRET = b"a secret of tests, long enough to sign"
AGENT = Principal("shop", "ann_1", "A7")
WAITING = {"#R": "return requested", "#X": "exchange requested"}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """With an order in each state that waits for goods."""
    shop = a_shop()
    for order_id, status in WAITING.items():
        shop["orders"][order_id] = an_order(
            order_id, status, "card_1", [an_item("i1", 10.1), an_item("i2", 20.2)]
        )
        shop["users"]["ann_1"]["orders"].append(order_id)
    path = tmp_path / "db.json"
    path.write_text(json.dumps(shop))
    return path


async def ended(store: Store, order_id: str) -> OrderState:
    """What the order is in when an agent has completed its case."""
    async with store.reading() as connection:
        case_id = await connection.scalar(select(cases.c.case_id).where(cases.c.order_id == order_id))
    said = arguments_from({"action": "complete_case", "order_id": order_id, "case_id": case_id})
    token, _ = mint_confirmation(SECRET, AGENT, await store.propose(AGENT, said, NOW), NOW)
    await store.commit(AGENT, said, token, SECRET, key=order_id, now=NOW)
    order = await store.order(AGENT, order_id)
    assert sum(part.amount_minor for part in held(order)) == (0 if order_id == "#R" else 30_30)
    return order.state


async def test_of_an_imported_shop(store: Store, document: Path) -> None:
    await load_tau2(store, document, "shop")
    assert await ended(store, "#R") is OrderState.RETURNED
    assert await ended(store, "#X") is OrderState.DELIVERED


async def test_of_a_store_that_had_no_cases_yet(tmp_path: Path, document: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    await migrate(url)
    async with open_store(url) as store:
        await load_tau2(store, document, "shop")
        await migrated(store, command.downgrade, "0004")
        async with store.writing() as connection:
            assert not await connection.scalar(select(func.count()).select_from(cases))
        await migrated(store, command.upgrade, "head")
        assert await ended(store, "#R") is OrderState.RETURNED
        assert await ended(store, "#X") is OrderState.DELIVERED


async def test_every_demo_order_that_waits_has_one(store: Store) -> None:
    await seed_demo(store, 4, NOW, size=DemoSize(10, 60), reset=True)
    async with store.reading() as connection:
        waiting = select(func.count()).where(orders.c.state.in_(["return_requested", "exchange_requested"]))
        of = (await connection.execute(select(cases.c.order_id, cases.c.lines))).all()
        assert len(of) == len({row.order_id for row in of}) == await connection.scalar(waiting)
    assert len(of) > 5 and all(len(row.lines) == 1 for row in of)
