"""From an empty order to its delivery, as the shop's systems tell it; told twice, out of turn, too late."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select, update

from commerce.confirmations import mint_confirmation
from commerce.domain.actions import arguments_from
from commerce.domain.errors import (
    ActionRefused,
    CustomerNotFound,
    IdempotencyConflict,
    OrderExists,
    OrderNotFound,
)
from commerce.domain.identity import Principal
from commerce.domain.order_events import AnyOrderEvent, OrderEvent
from commerce.domain.orders import Order, OrderState, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import Held, held
from commerce.importers.tau2 import load_tau2
from commerce.store import Store
from commerce.store.done import FORGOTTEN, Done
from commerce.store.tables import actions, cases, orders, stock_moves, tickets, variants
from tests.local_service import Shop
from tests.tau2_shop import a_shop

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SECRET = b"a secret of tests, long enough to sign"
ANN = Principal("shop", "ann_1")
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
PLACED: dict[str, Any] = {
    "customer_id": "ann_1",
    "items": [
        {"variant_id": "i1", "quantity": 3, "unit_price_minor": 1000},
        {"variant_id": "r1", "quantity": 1, "unit_price_minor": 500},
    ],
    "discount_minor": 300,
    "shipping_fee_minor": 200,
    "address": ADDRESS,
}
TOTAL = 3400
SHIPPED: dict[str, Any] = {"carrier_zh": "快递", "carrier_en": "Express", "tracking_number": "QH1"}


@pytest_asyncio.fixture(name="store")
async def shop_store(store: Store, tmp_path: Path) -> AsyncIterator[Store]:
    (tmp_path / "db.json").write_text(json.dumps(a_shop()))
    await load_tau2(store, tmp_path / "db.json", "shop")
    yield store


async def told(store: Store, event: str, order_id: str = "N1", key: str | None = None, **said: Any) -> Done:
    read = EVENTS.validate_python({"event": event, "at": said.pop("at", NOW), **said})
    return await store.record_order_event("shop", order_id, read, key=key or f"{order_id} {event}", now=NOW)


async def paid(store: Store, *parts: tuple[str, int], **said: Any) -> Done:
    named = [{"method_id": method, "amount_minor": amount} for method, amount in parts or [("card_1", TOTAL)]]
    return await told(store, "paid", parts=named, **said)


async def order(store: Store) -> Order:
    return await store.order(ANN, "N1")


async def stock(store: Store, variant_id: str = "i1") -> tuple[int, int]:
    mine = (variants.c.tenant_id == "shop") & (variants.c.variant_id == variant_id)
    async with store.reading() as connection:
        row = (await connection.execute(select(variants.c.stock, variants.c.reserved).where(mine))).one()
    return row.stock, row.reserved


async def refused_by(store: Store, event: str, **said: Any) -> str:
    before = await order(store)
    with pytest.raises(ActionRefused) as refused:
        await told(store, event, key="refused", **said)
    assert await order(store) == before
    return refused.value.blocker.rule_id


async def act(store: Store, action: str, principal: Principal = ANN, **said: Any) -> Done:
    wanted = arguments_from({"action": action, "order_id": "N1", **said})
    token, _ = mint_confirmation(SECRET, principal, await store.propose(principal, wanted, NOW), NOW)
    return await store.commit(principal, wanted, token, SECRET, key=token[-40:], now=NOW)


async def test_an_order_goes_its_way(store: Store) -> None:
    on_shelf, reserved = await stock(store)
    await told(store, "placed", **PLACED)
    found = await order(store)
    assert found.state is OrderState.PENDING_PAYMENT and found.total.amount_minor == TOTAL
    assert [(line.variant_id, line.quantity) for line in found.lines] == [("i1", 3), ("r1", 1)]
    assert await stock(store) == (on_shelf - 3, reserved + 3)
    await paid(store, ("gift_1", 400), ("card_1", TOTAL - 400))
    assert set(held(await order(store))) == {Held("gift_1", 400), Held("card_1", TOTAL - 400)}
    await told(store, "packed")
    await told(store, "shipped", **SHIPPED)
    assert await stock(store) == (on_shelf - 3, reserved)
    seen = {"place_zh": "杭州", "place_en": "Hangzhou", "text_zh": "已到达", "text_en": "arrived"}
    await told(store, "tracked", state="in_transit", **seen)
    await told(store, "tracked", key="again", state="out_for_delivery", **seen)
    await told(store, "delivered", at=NOW - timedelta(minutes=1))
    found = await order(store)
    assert found.state is OrderState.DELIVERED and found.delivered_at == NOW - timedelta(minutes=1)
    (parcel,) = found.shipments
    assert parcel.delivered_at == found.delivered_at and parcel.tracking_number == "QH1"
    assert [event.state.value for event in parcel.events] == ["out_for_delivery", "in_transit"]
    async with store.reading() as connection:
        moved = select(stock_moves.c.reason, stock_moves.c.quantity).where(stock_moves.c.variant_id == "i1")
        rows = [tuple(row) for row in await connection.execute(moved.order_by(stock_moves.c.move_id))]
    assert rows == [("reserve", 3), ("ship", 3)]


async def test_the_same_key_again_changes_nothing(store: Store) -> None:
    first = await told(store, "placed", **PLACED)
    before = await stock(store)
    again = await told(store, "placed", **PLACED)
    assert (again.action_id, again.is_repeat) == (first.action_id, True) and await stock(store) == before
    with pytest.raises(IdempotencyConflict):
        await told(store, "placed", **PLACED | {"discount_minor": 0})
    with pytest.raises(OrderExists):
        await told(store, "placed", key="another", **PLACED)


async def test_nothing_of_an_order_is_placed_whose_goods_are_not_there(store: Store) -> None:
    before = await stock(store)
    many = PLACED | {"items": [{"variant_id": "i1", "quantity": 60, "unit_price_minor": 1}] * 2}
    unknown = PLACED | {"items": [{"variant_id": "nothing", "quantity": 1, "unit_price_minor": 1}]}
    for said, rule in (
        (many | {"discount_minor": 0}, "item.stock"),
        (unknown | {"discount_minor": 0}, "item.variant"),
    ):
        with pytest.raises(ActionRefused) as refused:
            await told(store, "placed", **said)
        assert refused.value.blocker.rule_id == rule
    with pytest.raises(CustomerNotFound):
        await told(store, "placed", **PLACED | {"customer_id": "nobody"})
    with pytest.raises(OrderNotFound):
        await told(store, "packed")
    async with store.reading() as connection:
        placed = select(func.count()).select_from(orders).where(orders.c.order_id == "N1")
        assert not await connection.scalar(placed)
    assert await stock(store) == before


async def test_an_order_is_paid_exactly_once(store: Store) -> None:
    await told(store, "placed", **PLACED)
    part = {"method_id": "card_1", "amount_minor": TOTAL - 1}
    assert await refused_by(store, "paid", parts=[part]) == "payment.amount"
    assert await refused_by(store, "paid", parts=[part | {"method_id": "cash_9"}]) == "payment.service"
    too_much = [{"method_id": "gift_1", "amount_minor": TOTAL * 2}]
    assert await refused_by(store, "paid", parts=too_much) == "payment.amount"
    await paid(store)
    assert await refused_by(store, "paid", parts=[part | {"amount_minor": TOTAL}]) == "event.state"


async def test_a_gift_card_pays_what_it_holds(store: Store) -> None:
    dear = PLACED | {"items": [{"variant_id": "i1", "quantity": 1, "unit_price_minor": 50_000}]}
    await told(store, "placed", **dear | {"discount_minor": 0, "shipping_fee_minor": 0})
    part = {"method_id": "gift_1", "amount_minor": 50_000}
    assert await refused_by(store, "paid", parts=[part]) == "payment.covered"


async def test_a_payment_that_comes_after_the_cancellation_goes_back(store: Store) -> None:
    await told(store, "placed", **PLACED)
    async with store.writing() as connection:
        # This shop closes unpaid orders by itself.
        await connection.execute(update(orders).where(orders.c.order_id == "N1").values(state="cancelled"))
    await told(store, "paid", parts=[{"method_id": "wx_9", "service": "wechat_pay", "amount_minor": TOTAL}])
    found = await order(store)
    assert found.state is OrderState.CANCELLED and held(found) == ()
    assert [payment.method for payment in found.payments] == ["wechat_pay"] * 2


async def test_what_is_told_out_of_turn_is_refused(store: Store) -> None:
    await told(store, "placed", **PLACED)
    untimely: tuple[tuple[str, dict[str, Any]], ...] = (
        ("packed", {}),
        ("shipped", SHIPPED),
        ("delivered", {}),
    )
    for event, said in untimely:
        assert await refused_by(store, event, **said) == "event.state"
    seen = {"place_zh": "", "place_en": "", "text_zh": "到", "text_en": "in"}
    assert await refused_by(store, "tracked", state="in_transit", **seen) == "event.parcel"
    await paid(store)
    assert await refused_by(store, "packed", at=NOW + timedelta(hours=1)) == "event.at"
    await act(store, "cancel", reason="no_longer_needed")
    assert await refused_by(store, "shipped", **SHIPPED) == "event.state"


async def test_a_parcel_that_comes_back_is_paid_back(store: Store) -> None:
    on_shelf, reserved = await stock(store)
    await told(store, "placed", **PLACED)
    assert await refused_by(store, "came_back") == "event.state"
    await paid(store)
    await told(store, "shipped", **SHIPPED)
    await told(store, "came_back", is_sellable=True)
    found = await order(store)
    assert found.state is OrderState.RETURNED and held(found) == ()
    assert all(line.returned_quantity == line.quantity for line in found.lines)
    assert await stock(store) == (on_shelf, reserved)


async def test_an_order_that_nobody_paid_is_closed(store: Store) -> None:
    on_shelf, reserved = await stock(store)
    await told(store, "placed", **PLACED)
    await told(store, "closed")
    found = await order(store)
    assert found.state is OrderState.CANCELLED and await stock(store) == (on_shelf, reserved)
    await paid(store)
    assert held(await order(store)) == () and len((await order(store)).payments) == 2
    assert await refused_by(store, "closed") == "event.state"


async def test_a_free_order_is_packed_without_a_payment(store: Store) -> None:
    await told(store, "placed", **PLACED | {"discount_minor": 3_500, "shipping_fee_minor": 0})
    assert (await order(store)).state is OrderState.PAID
    await told(store, "packed")


async def test_an_orders_times_go_on(store: Store) -> None:
    await told(store, "placed", **PLACED)
    long_ago = NOW - timedelta(days=400)
    part = {"method_id": "card_1", "amount_minor": TOTAL}
    assert await refused_by(store, "paid", at=long_ago, parts=[part]) == "event.turn"
    await paid(store)
    await told(store, "shipped", **SHIPPED)
    assert await refused_by(store, "delivered", at=long_ago) == "event.turn"


async def refund_of(store: Store, status: PaymentStatus) -> str:
    return next(
        each.payment_id
        for each in (await order(store)).payments
        if each.kind is PaymentKind.REFUND and each.status is status
    )


async def test_a_refund_that_did_not_arrive_is_owed_once(store: Store) -> None:
    await told(store, "placed", **PLACED)
    await paid(store)
    await act(store, "cancel", reason="no_longer_needed")
    assert held(await order(store)) == ()
    for attempt in range(2):
        failed = await refund_of(store, PaymentStatus.PENDING)
        await told(store, "settled", key=f"settled {attempt}", payment_id=failed, status="failed")
        assert held(await order(store)) == (Held("card_1", TOTAL),)
        with pytest.raises(ActionRefused) as refused:
            await act(store, "retry_refund")
        assert refused.value.blocker.rule_id == "refund.by_agent"
        await act(store, "retry_refund", AGENT)
        assert held(await order(store)) == ()
        with pytest.raises(ActionRefused) as refused:
            await act(store, "retry_refund", AGENT)
        assert refused.value.blocker.rule_id == "refund.failed"
    async with store.reading() as connection:
        kinds = (await connection.execute(select(tickets.c.kind))).scalars().all()
    assert kinds == ["failed_refund"] * 2
    last = await refund_of(store, PaymentStatus.PENDING)
    await told(store, "settled", key="last", payment_id=last, status="succeeded")
    assert await refused_by(store, "settled", payment_id=last, status="failed") == "payment.under_way"
    assert await refused_by(store, "settled", payment_id="T-0", status="failed") == "payment.known"
    assert (await order(store)).paid.amount_minor == 0


async def newest_payment(store: Store) -> tuple[str, int]:
    newest = [each for each in (await order(store)).payments if each.kind is PaymentKind.PAYMENT][-1]
    return newest.payment_id, newest.amount_minor


async def decline(store: Store, amount_minor: int, **said: Any) -> str:
    """The newest payment, which is of that amount."""
    payment_id, amount = await newest_payment(store)
    assert amount == amount_minor
    await told(store, "settled", payment_id=payment_id, status="failed", **said)
    return payment_id


async def ticket_kinds(store: Store) -> list[str]:
    async with store.reading() as connection:
        return list((await connection.execute(select(tickets.c.kind))).scalars())


async def test_an_order_whose_new_payment_was_declined_waits_for_the_money(store: Store) -> None:
    await told(store, "placed", **PLACED)
    await paid(store, ("gift_1", TOTAL))
    await act(store, "change_payment", method_id="card_1")
    declined = await decline(store, TOTAL)
    found = await order(store)
    assert held(found) == () and found.state is OrderState.PAID
    assert await ticket_kinds(store) == ["declined_payment"]
    assert await refused_by(store, "settled", payment_id=declined, status="failed") == "payment.under_way"
    assert await refused_by(store, "packed") == "payment.missing"
    assert await refused_by(store, "shipped", **SHIPPED) == "payment.missing"
    with pytest.raises(ActionRefused) as refused:
        await act(store, "change_items", items=[await to_i2(store)], method_id="card_1")
    assert refused.value.blocker.rule_id == "payment.missing"
    part = {"method_id": "card_1", "amount_minor": TOTAL - 1}
    assert await refused_by(store, "paid", parts=[part]) == "payment.amount"
    await paid(store, key="once more")
    assert held(await order(store)) == (Held("card_1", TOTAL),)
    assert await refused_by(store, "paid", parts=[part]) == "event.state"
    await told(store, "packed")
    await told(store, "shipped", **SHIPPED)


async def to_i2(store: Store) -> dict[str, Any]:
    line = (await order(store)).lines[0]
    return {"line_id": line.line_id, "quantity": 1, "variant_id": "i2"}


async def test_a_difference_that_was_declined_is_paid_once_more(store: Store) -> None:
    await told(store, "placed", **PLACED)
    await paid(store)
    await act(store, "change_items", items=[await to_i2(store)], method_id="card_1")
    difference = (await order(store)).total.amount_minor - TOTAL
    assert difference > 0
    await decline(store, difference)
    assert await refused_by(store, "packed") == "payment.missing"
    await paid(store, ("card_1", difference), key="difference")
    await told(store, "packed")
    found = await order(store)
    assert sum(part.amount_minor for part in held(found)) == found.total.amount_minor


async def delivered(store: Store) -> None:
    await told(store, "placed", **PLACED)
    await paid(store)
    await told(store, "shipped", **SHIPPED)
    await told(store, "delivered")


@pytest.mark.parametrize("is_refused", [True, False])
async def test_an_exchange_waits_for_its_declined_difference(store: Store, is_refused: bool) -> None:
    await delivered(store)
    done = await act(
        store, "exchange", items=[await to_i2(store)], method_id="card_1", reason="no_reason", is_condition_met=True
    )  # fmt: skip
    _, difference = await newest_payment(store)
    case_id = next(made["id"] for made in done.made if made["kind"] == "CaseOpened")
    await decline(store, difference)
    with pytest.raises(ActionRefused) as refused:
        await act(store, "complete_case", AGENT, case_id=case_id)
    assert refused.value.blocker.rule_id == "payment.missing"
    if is_refused:
        await act(store, "refuse_case", AGENT, case_id=case_id, words="no")
        part = {"method_id": "card_1", "amount_minor": difference}
        assert await refused_by(store, "paid", parts=[part]) == "event.state"
    else:
        await paid(store, ("card_1", difference), key="difference")
        await act(store, "complete_case", AGENT, case_id=case_id)
    found = await order(store)
    assert sum(part.amount_minor for part in held(found)) == found.total.amount_minor
    assert (found.total.amount_minor == TOTAL) is is_refused


async def test_what_went_back_is_not_declined_until_its_refund_failed(store: Store) -> None:
    """Neither the payment nor its refund came about: then nothing is owed, and nothing is missing."""
    await told(store, "placed", **PLACED)
    await paid(store, ("gift_1", TOTAL))
    await act(store, "change_payment", method_id="card_1")
    card, _ = await newest_payment(store)
    await act(store, "change_payment", method_id="gift_1")
    assert await refused_by(store, "settled", payment_id=card, status="failed") == "payment.still_held"
    refund = await refund_of(store, PaymentStatus.PENDING)
    await told(store, "settled", key="refund", payment_id=refund, status="failed")
    await told(store, "settled", key="payment", payment_id=card, status="failed")
    assert held(await order(store)) == (Held("gift_1", TOTAL),)
    with pytest.raises(ActionRefused) as refused:
        await act(store, "retry_refund", AGENT)
    assert refused.value.blocker.rule_id == "refund.failed"
    await told(store, "packed")
    await told(store, "shipped", **SHIPPED)
    await told(store, "delivered")
    async with store.writing() as connection:
        # The others of her orders; this one keeps nobody from being forgotten.
        await connection.execute(update(orders).values(state=OrderState.DELIVERED.value))
        await connection.execute(update(cases).values(state="done"))
    await store.erase_customer(Principal("shop", "ann_1", operator_id="test"))


async def test_what_may_not_be_declined(store: Store) -> None:
    """Nobody but the shop moves a gift card's money, and `paid` says that it came."""
    await told(store, "placed", **PLACED)
    await paid(store)
    first, _ = await newest_payment(store)
    assert await refused_by(store, "settled", payment_id=first, status="failed") == "payment.under_way"
    await act(store, "change_payment", method_id="gift_1")
    gift, _ = await newest_payment(store)
    assert await refused_by(store, "settled", payment_id=gift, status="failed") == "payment.under_way"
    await act(store, "change_payment", method_id="card_1")
    card, _ = await newest_payment(store)
    assert await refused_by(store, "settled", payment_id=card, status="succeeded") == "payment.under_way"


async def test_what_a_failed_refund_owes_is_no_goodwill(store: Store) -> None:
    """Once it is repeated, what is left is."""
    policy = await store.policy("shop")
    generous = replace(policy, refunds=replace(policy.refunds, goodwill_max_minor=600))
    await store.put_policy("shop", generous, "shell:1")
    cup = {"variant_id": "r1", "quantity": 1, "unit_price_minor": 2}
    await told(store, "placed", **PLACED | {"items": [cup], "discount_minor": 0, "shipping_fee_minor": 0})
    await paid(store, ("card_1", 2))
    line_id = (await order(store)).lines[0].line_id
    favour = {"reason": "goodwill", "items": [{"line_id": line_id, "quantity": 1}]}
    await act(store, "refund", AGENT, **favour, amount_minor=1)
    failed = await refund_of(store, PaymentStatus.PENDING)
    await told(store, "settled", payment_id=failed, status="failed")
    with pytest.raises(ActionRefused) as refused:
        await act(store, "refund", AGENT, **favour, amount_minor=2)
    assert refused.value.blocker.rule_id == "refund.held"
    await act(store, "retry_refund", AGENT)
    await act(store, "refund", AGENT, **favour, amount_minor=1)
    assert held(await order(store)) == ()


def test_an_event_says_all_that_it_is() -> None:
    for said, field in (
        ({"event": "shipped", "at": NOW}, "carrier_zh"),
        ({"event": "packed", "at": datetime(2026, 1, 1)}, "at"),
        ({"event": "packed", "at": NOW, "colour": "red"}, "colour"),
        ({"event": "packed", "at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))}, "2000"),
        ({"event": "shipped", "at": NOW, **SHIPPED, "expected_at": "9999-12-31T23:59:59-08:00"}, "2000"),
        ({"event": "placed", "at": NOW, **PLACED, "shipping_fee_minor": 10**13}, "shipping_fee_minor"),
        ({"event": "placed", "at": NOW, **PLACED, "discount_minor": 9_999}, "discount_minor"),
        ({"event": "paid", "at": NOW, "parts": [{"method_id": "c", "amount_minor": 1}] * 2}, "twice"),
    ):
        with pytest.raises(ValidationError, match=field):
            EVENTS.validate_python(said)


async def test_over_http_with_the_shops_key(shop: Shop) -> None:
    async with shop.service.store.reading() as connection:
        row = (
            await connection.execute(
                select(orders.c.order_id, orders.c.customer_id).where(orders.c.state == "paid").limit(1)
            )
        ).one()
    at = datetime.now(UTC).isoformat()
    address = f"/v1/orders/{row.order_id}/events"
    body = {"event": "packed", "at": at}
    without_key = await shop.client.post(address, json=body)
    assert without_key.status_code == 422 and "Idempotency-Key" in without_key.json()["message"]
    packed = await shop.client.post(address, json=body, headers={"Idempotency-Key": "wms-1"})
    assert packed.status_code == 200, packed.text
    again = await shop.client.post(address, json=body, headers={"Idempotency-Key": "wms-2"})
    assert (again.status_code, again.json()["type"]) == (409, "action_refused")
    unknown = await shop.client.post(
        "/v1/orders/none/events", json=body, headers={"Idempotency-Key": "wms-3"}
    )
    assert unknown.status_code == 404
    too_early = body | {"at": "1999-01-01T00:00:00Z"}
    refused = await shop.client.post(address, json=too_early, headers={"Idempotency-Key": "wms-4"})
    assert refused.status_code == 422
    assert "2000" in refused.json()["message"] and "placed" not in refused.json()["message"]


async def test_an_erased_customer_gets_no_order_and_old_events_are_still_repeated(store: Store) -> None:
    await told(store, "placed", **PLACED)
    done = await paid(store)
    async with store.writing() as connection:
        await connection.execute(update(orders).values(state=OrderState.DELIVERED.value))
        await connection.execute(update(cases).values(state="done"))
    await store.erase_customer(Principal("shop", "ann_1", operator_id="test"))
    async with store.reading() as connection:
        kept = (
            await connection.execute(select(actions.c.digest).where(actions.c.order_id == "N1"))
        ).scalars()
        assert set(kept) == {FORGOTTEN}
    again = await paid(store)
    assert again.is_repeat and again.action_id == done.action_id
    assert (await told(store, "placed", **PLACED)).is_repeat
    with pytest.raises(ActionRefused) as refused:
        await told(store, "placed", "N2", **PLACED)
    assert refused.value.blocker.rule_id == "customer.erased"
    with pytest.raises(OrderNotFound):
        await store.order(AGENT, "N2")
