"""A line's share of its order's discount, in a store: kept through every step, and given to orders that had none."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from pydantic import TypeAdapter
from sqlalchemy import select

from commerce.confirmations import mint_confirmation
from commerce.demo.shop import DemoSize, seed_demo
from commerce.domain.actions import arguments_from
from commerce.domain.identity import Principal
from commerce.domain.order_events import AnyOrderEvent, OrderEvent
from commerce.domain.orders import Order, OrderState
from commerce.domain.payment_methods import held
from commerce.importers.tau2 import load_tau2
from commerce.store import Store
from commerce.store.tables import order_lines
from tests.migrations import migrated
from tests.tau2_shop import a_shop

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SECRET = b"a secret of tests, long enough to sign"
AGENT = Principal("shop", "ann_1", "A7")
EVENTS: TypeAdapter[OrderEvent] = TypeAdapter(AnyOrderEvent)
ADDRESS = {
    "recipient": "Ann Lee",
    "phone": "",
    "region": "NV",
    "city": "Ely",
    "street": "1 A St",
    "country": "US",
}
ITEMS = [
    {"variant_id": "i1", "quantity": 4, "unit_price_minor": 10_01},
    {"variant_id": "r1", "quantity": 1, "unit_price_minor": 5_00},
]


async def told(store: Store, event: str, **said: Any) -> None:
    read = EVENTS.validate_python({"event": event, "at": NOW, **said})
    await store.record_order_event("shop", "N1", read, key=event, now=NOW)


async def act(store: Store, action: str, **said: Any) -> tuple[dict[str, str], ...]:
    """Proposed and done; returns what it made."""
    wanted = arguments_from({"action": action, "order_id": "N1", **said})
    token, _ = mint_confirmation(SECRET, AGENT, await store.propose(AGENT, wanted, NOW), NOW)
    return (await store.commit(AGENT, wanted, token, SECRET, key=token[-40:], now=NOW)).made


async def done(store: Store, action: str, *items: dict[str, Any], **said: Any) -> Order:
    """With the case that it opens, and the order then."""
    made = await act(store, action, items=list(items), reason="fault", **said)
    (case_id,) = [each["id"] for each in made if each["kind"] == "CaseOpened"]
    await act(store, "complete_case", case_id=case_id)
    return await store.order(AGENT, "N1")


def whole(order: Order) -> int:
    return sum(part.amount_minor for part in held(order))


async def test_returns_around_an_exchange_give_back_what_was_paid(store: Store, tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text(json.dumps(a_shop()))
    await load_tau2(store, tmp_path / "db.json", "shop")
    totals = {"discount_minor": 10_00, "shipping_fee_minor": 2_00}
    await told(store, "placed", customer_id="ann_1", items=ITEMS, address=ADDRESS, **totals)
    first, _ = (await store.order(AGENT, "N1")).lines
    # 10.00 off 40.04 and 5.00: 31.15 and 3.89 are paid.
    assert [line.paid_minor for line in (await store.order(AGENT, "N1")).lines] == [31_15, 3_89]
    await told(store, "paid", parts=[{"method_id": "card_1", "amount_minor": 37_04}])
    await told(store, "shipped", carrier_zh="快递", carrier_en="Express", tracking_number="Q1")
    await told(store, "delivered")
    order = await done(store, "return", {"line_id": first.line_id, "quantity": 1})
    assert whole(order) == 37_04 - 7_78
    dearer = {"line_id": first.line_id, "quantity": 2, "variant_id": "i3"}
    order = await done(store, "exchange", dearer, method_id="card_1")
    assert whole(order) == 37_04 - 7_78 + 2 * (30_30 - 10_01)
    assert order.discount_minor == sum(line.discount_minor for line in order.lines)
    assert [(line.variant_id, line.quantity, line.paid_minor) for line in order.lines] == [
        ("i1", 2, 15_57), ("r1", 1, 3_89), ("i3", 2, 15_58 + 2 * (30_30 - 10_01))
    ]  # fmt: skip
    left = [
        {"line_id": line.line_id, "quantity": line.quantity - line.returned_quantity} for line in order.lines
    ]
    order = await done(store, "return", *left)
    assert order.state is OrderState.RETURNED and whole(order) == 0


async def test_a_price_that_fell_takes_the_lines_discount_with_it(store: Store, tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text(json.dumps(a_shop()))
    await load_tau2(store, tmp_path / "db.json", "shop")
    policy = await store.policy("shop")
    refunds = replace(policy.refunds, price_protection_days=7)
    await store.put_policy("shop", replace(policy, refunds=refunds), "shell:1")
    dear = [ITEMS[0] | {"unit_price_minor": 20_00}, ITEMS[1]]
    await told(store, "placed", customer_id="ann_1", items=dear, discount_minor=8_50, address=ADDRESS)
    await told(store, "paid", parts=[{"method_id": "card_1", "amount_minor": 76_50}])
    first, second = (await store.order(AGENT, "N1")).lines
    await act(store, "refund", items=[{"line_id": first.line_id, "quantity": 4}], reason="price_protection")
    order = await store.order(AGENT, "N1")
    # Today 10.10 each.
    assert [(line.unit_price_minor, line.discount_minor) for line in order.lines] == [(10_10, 0), (5_00, 50)]
    assert order.total.amount_minor == whole(order) == 4 * 10_10 + second.paid_minor


async def test_lines_of_before_have_their_share_by_price(store: Store) -> None:
    await seed_demo(store, 4, NOW, size=DemoSize(10, 60), reset=True)
    query = select(order_lines.c.line_id, order_lines.c.discount_minor).order_by(order_lines.c.line_id)
    async with store.reading() as connection:
        before = (await connection.execute(query)).all()
    await migrated(store, command.downgrade, "0008")
    await migrated(store, command.upgrade, "head")
    async with store.reading() as connection:
        after = (await connection.execute(query)).all()
    assert after == before and any(row.discount_minor for row in after)
