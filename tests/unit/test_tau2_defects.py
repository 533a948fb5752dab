"""What the tau2 benchmark's retail tools do wrong, shown there (`tau2_compat`), and impossible in a shop that is served."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from commerce.domain.actions import Arguments
from commerce.domain.errors import ActionInvalid, ActionRefused, ConfirmationRefused, OrderNotFound
from commerce.domain.orders import OrderState, PaymentKind
from commerce.domain.payment_methods import held
from commerce.importers.tau2 import load_tau2
from commerce.replay.tau2_tools import Tau2Tools
from commerce.store import Store, migrate, open_store
from tests.acting import ANN, BOB, NOW, agreed, committed, done, wanted
from tests.tau2_shop import a_shop, a_variant, an_address, an_item, an_order
from tests.unit.test_actions import gift

Document = dict[str, Any]


@pytest.fixture
def shop() -> Document:
    return a_shop()


@asynccontextmanager
async def served(folder: Path, document: Document) -> AsyncIterator[Store]:
    """The shop as it is before anybody's tools touched it, in a store."""
    url = f"sqlite:///{folder / 'shop.db'}"
    (folder / "db.json").write_text(json.dumps(document))
    await migrate(url)
    async with open_store(url) as store:
        await load_tau2(store, folder / "db.json", "shop")
        yield store


def history(document: Document, order_id: str) -> list[tuple[str, float, str]]:
    rows = document["orders"][order_id]["payment_history"]
    return [(row["transaction_type"], row["amount"], row["payment_method_id"]) for row in rows]


def card(document: Document) -> float:
    """What is on Ann's gift card."""
    found: float = document["users"]["ann_1"]["payment_methods"]["gift_1"]["balance"]
    return found


async def ledger(store: Store, order_id: str = "#P") -> list[tuple[str, int, str]]:
    """The order's payments and refunds. No more went than came; unless it is cancelled, what is held is what it costs."""
    order = await store.order(ANN, order_id)
    came = sum(p.amount_minor for p in order.payments if p.kind is PaymentKind.PAYMENT)
    went = sum(p.amount_minor for p in order.payments if p.kind is PaymentKind.REFUND)
    kept = sum(part.amount_minor for part in held(order))
    assert came - went == kept >= 0
    assert kept == (0 if order.state is OrderState.CANCELLED else order.total.amount_minor)
    return [(p.kind.value, p.amount_minor, p.method_id) for p in order.payments]


async def refused_by(store: Store, said: Arguments) -> str:
    with pytest.raises(ActionRefused) as refused:
        await store.propose(ANN, said, NOW)
    return refused.value.blocker.rule_id


async def execute(store: Store, statement: str) -> None:
    async with store.writing() as connection:
        await connection.execute(text(statement))


def changed(order_id: str, method_id: str, **variants: str) -> Arguments:
    """`L1="i3"`: the first line becomes an i3."""
    items = [
        {"line_id": f"{order_id}-{line[1:]}", "quantity": 1, "variant_id": variant}
        for line, variant in variants.items()
    ]
    return wanted("change_items", order_id, items=items, method_id=method_id)


async def test_a_switched_payment_then_a_cancellation_refunds_more_than_was_paid(
    shop: Document, tmp_path: Path
) -> None:
    async with served(tmp_path, shop) as store:
        tools = Tau2Tools(shop)
        tools.call("modify_pending_order_payment", {"order_id": "#P", "payment_method_id": "gift_1"})
        tools.call("cancel_pending_order", {"order_id": "#P", "reason": "no longer needed"})
        # The card that paid 35.30 gets it back three times: by the switch, for its payment, and for the refund that it had.
        refunds = [amount for kind, amount, _ in history(shop, "#P") if kind == "refund"]
        assert round(sum(refunds), 2) == 4 * 35.3 and card(shop) == 49.0

        await done(store, wanted("change_payment", method_id="gift_1"), key="switch")
        await done(store, wanted("cancel", reason="no_longer_needed"), key="cancel")
        assert await gift(store) == 49.0
        assert await ledger(store) == [
            ("payment", 35_30, "card_1"),
            ("refund", 35_30, "card_1"),
            ("payment", 35_30, "gift_1"),
            ("refund", 35_30, "gift_1"),
        ]


async def test_a_switch_away_from_a_gift_card_then_a_cancellation_fills_the_card(
    shop: Document, tmp_path: Path
) -> None:
    async with served(tmp_path, shop) as store:
        tools = Tau2Tools(shop)
        tools.call("modify_pending_order_payment", {"order_id": "#G", "payment_method_id": "card_1"})
        tools.call("cancel_pending_order", {"order_id": "#G", "reason": "no longer needed"})
        # Back by the switch, once more for the payment, and once more for the refund that it had.
        assert card(shop) == round(49.0 + 3 * 10.1, 2)

        await done(store, wanted("change_payment", "#G", method_id="card_1"), key="switch")
        await done(store, wanted("cancel", "#G", reason="no_longer_needed"), key="cancel")
        assert await gift(store) == round(49.0 + 10.1, 2)
        assert [row for row in await ledger(store, "#G") if row[2] == "gift_1"] == [
            ("payment", 10_10, "gift_1"),
            ("refund", 10_10, "gift_1"),
        ]


async def test_every_item_of_a_change_gets_the_last_ones_price_and_options(
    shop: Document, tmp_path: Path
) -> None:
    async with served(tmp_path, shop) as store:
        change = {
            "order_id": "#P",
            "item_ids": ["i1", "i2"],
            "new_item_ids": ["i3", "i4"],
            "payment_method_id": "card_1",
        }
        Tau2Tools(shop).call("modify_pending_order_items", change)
        found = shop["orders"]["#P"]
        lines = [(item["item_id"], item["price"], item["options"]["color"]) for item in found["items"]]
        assert lines[:2] == [("i3", 40.7, "green"), ("i4", 40.7, "green")]
        paid = sum(amount for _, amount, _ in history(shop, "#P"))
        assert round(sum(item["price"] for item in found["items"]) - paid, 2) == 10.4  # paid for by nobody

        await done(store, changed("#P", "card_1", L1="i3", L2="i4"))
        order = await store.order(ANN, "#P")
        assert [(line.variant_id, line.unit_price_minor, line.options["color"]) for line in order.lines] == [
            ("i3", 30_30, "blue"),
            ("i4", 40_70, "green"),
            ("r1", 5_00, "red"),
        ]
        assert (await ledger(store))[-1] == ("payment", 40_70, "card_1")


async def test_a_return_of_nothing_is_accepted(shop: Document, tmp_path: Path) -> None:
    async with served(tmp_path, shop) as store:
        nothing = {"order_id": "#D", "item_ids": [], "payment_method_id": "card_1"}
        Tau2Tools(shop).call("return_delivered_order_items", nothing)
        assert shop["orders"]["#D"]["status"] == "return requested"

        with pytest.raises(ActionInvalid) as refused:
            wanted("return", "#D", items=[])
        assert refused.value.field.endswith("items")
        assert (await store.order(ANN, "#D")).state is OrderState.DELIVERED


async def test_an_exchange_or_a_change_of_nothing_is_accepted(shop: Document, tmp_path: Path) -> None:
    async with served(tmp_path, shop) as store:
        tools = Tau2Tools(shop)
        nothing = {"item_ids": [], "new_item_ids": [], "payment_method_id": "card_1"}
        tools.call("exchange_delivered_order_items", {"order_id": "#D", **nothing})
        tools.call("modify_pending_order_items", {"order_id": "#P", **nothing})
        assert shop["orders"]["#D"]["status"] == "exchange requested"
        # The order can never be cancelled now, and has a refund of nothing.
        assert shop["orders"]["#P"]["status"] == "pending (item modified)"
        assert history(shop, "#P")[-1] == ("refund", 0, "card_1")

        for action, order_id in (("exchange", "#D"), ("change_items", "#P")):
            with pytest.raises(ActionInvalid):
                wanted(action, order_id, items=[], method_id="card_1")
        assert await ledger(store) == [("payment", 35_30, "card_1")]


async def test_an_item_is_exchanged_for_itself(shop: Document, tmp_path: Path) -> None:
    async with served(tmp_path, shop) as store:
        same = {
            "order_id": "#D",
            "item_ids": ["i1"],
            "new_item_ids": ["i1"],
            "payment_method_id": "card_1",
        }
        Tau2Tools(shop).call("exchange_delivered_order_items", same)
        assert shop["orders"]["#D"]["exchange_new_items"] == ["i1"]

        items = [{"line_id": "#D-1", "quantity": 1, "variant_id": "i1"}]
        assert (
            await refused_by(store, wanted("exchange", "#D", items=items, method_id="card_1"))
            == "item.another"
        )


async def test_the_address_is_changed_after_the_items_were(shop: Document, tmp_path: Path) -> None:
    """The policy: the agent will not be able to modify the order any more."""
    async with served(tmp_path, shop) as store:
        tools = Tau2Tools(shop)
        change = {
            "order_id": "#P",
            "item_ids": ["i1"],
            "new_item_ids": ["i3"],
            "payment_method_id": "card_1",
        }
        tools.call("modify_pending_order_items", change)
        tools.call("modify_pending_order_address", {"order_id": "#P", **an_address("Reno")})
        assert shop["orders"]["#P"]["address"]["city"] == "Reno"

        await done(store, changed("#P", "card_1", L1="i3"))
        place = {
            "recipient": "Ann",
            "phone": "",
            "region": "NV",
            "city": "Reno",
            "street": "2 B St",
            "country": "USA",
        }
        assert await refused_by(store, wanted("change_address", address=place)) == "order.items_changed"
        assert (await store.order(ANN, "#P")).address.city == "Ely"


async def test_amounts_carry_the_noise_of_floats(shop: Document, tmp_path: Path) -> None:
    async with served(tmp_path, shop) as store:
        change = {
            "order_id": "#P",
            "item_ids": ["i2"],
            "new_item_ids": ["i3"],
            "payment_method_id": "card_1",
        }
        Tau2Tools(shop).call("modify_pending_order_items", change)
        amount = history(shop, "#P")[-1][1]
        assert amount != 10.1 and round(amount, 2) == 10.1

        await done(store, changed("#P", "card_1", L2="i3"))
        assert (await ledger(store))[-1] == ("payment", 10_10, "card_1")


async def test_a_difference_is_refunded_to_a_method_that_did_not_pay(shop: Document, tmp_path: Path) -> None:
    """The policy has the refund of a return go to what paid or to a gift card; that of a change went anywhere."""
    async with served(tmp_path, shop) as store:
        cheaper = {
            "order_id": "#P",
            "item_ids": ["i2"],
            "new_item_ids": ["i1"],
            "payment_method_id": "pal_1",
        }
        Tau2Tools(shop).call("modify_pending_order_items", cheaper)
        kind, amount, method = history(shop, "#P")[-1]
        assert (kind, round(amount, 2), method) == ("refund", 10.1, "pal_1")

        assert await refused_by(store, changed("#P", "pal_1", L2="i1")) == "refund.method"
        await done(store, changed("#P", "card_1", L2="i1"))
        assert (await ledger(store))[-1] == ("refund", 10_10, "card_1")


async def test_a_return_is_refunded_to_the_first_method_though_another_one_pays(
    shop: Document, tmp_path: Path
) -> None:
    async with served(tmp_path, shop) as store:
        tools = Tau2Tools(shop)
        tools.call("modify_pending_order_payment", {"order_id": "#P", "payment_method_id": "pal_1"})
        shop["orders"]["#P"]["status"] = "delivered"
        back = {"order_id": "#P", "item_ids": ["i1"], "payment_method_id": "card_1"}
        tools.call("return_delivered_order_items", back)
        # The card had its money back when the payment was switched.
        assert ("refund", 35.3, "card_1") in [(k, round(a, 2), m) for k, a, m in history(shop, "#P")]
        assert shop["orders"]["#P"]["return_payment_method_id"] == "card_1"

        await done(store, wanted("change_payment", method_id="pal_1"))
        await execute(store, "UPDATE orders SET state = 'delivered' WHERE order_id = '#P'")
        items = [{"line_id": "#P-1", "quantity": 1}]
        assert await refused_by(store, wanted("return", items=items, method_id="card_1")) == "refund.method"
        proposal = await store.propose(ANN, wanted("return", items=items, method_id="pal_1"), NOW)
        assert proposal.effects[0].refund_minor == 10_10  # type: ignore[union-attr]


async def test_one_balance_is_promised_to_two_exchanges(shop: Document, tmp_path: Path) -> None:
    """A gift card of 49.00 is asked whether it covers 20.20, and 30.60, and pays neither."""
    shop["orders"]["#E"] = an_order("#E", "delivered", "card_1", [an_item("i1", 10.1)])
    shop["users"]["ann_1"]["orders"].append("#E")
    async with served(tmp_path, shop) as store:
        tools = Tau2Tools(shop)
        for order_id, new in (("#D", "i3"), ("#E", "i4")):
            exchange = {
                "order_id": order_id,
                "item_ids": ["i1"],
                "new_item_ids": [new],
                "payment_method_id": "gift_1",
            }
            tools.call("exchange_delivered_order_items", exchange)
        promised = [shop["orders"][order_id]["exchange_price_difference"] for order_id in ("#D", "#E")]
        assert sum(promised) > card(shop) == 49.0

        first = [{"line_id": "#D-1", "quantity": 1, "variant_id": "i3"}]
        second = [{"line_id": "#E-1", "quantity": 1, "variant_id": "i4"}]
        await done(store, wanted("exchange", "#D", items=first, method_id="gift_1"))
        assert await gift(store) == 28.8
        again = wanted("exchange", "#E", items=second, method_id="gift_1")
        assert await refused_by(store, again) == "payment.covered"


async def test_two_of_one_item_are_priced_as_the_first(shop: Document, tmp_path: Path) -> None:
    """The order has an i1 for 10.10 and another for 11.10."""
    async with served(tmp_path, shop) as store:
        exchange = {
            "order_id": "#D",
            "item_ids": ["i1", "i1"],
            "new_item_ids": ["i3", "i3"],
            "payment_method_id": "card_1",
        }
        Tau2Tools(shop).call("exchange_delivered_order_items", exchange)
        assert shop["orders"]["#D"]["exchange_price_difference"] == round(2 * (30.3 - 10.1), 2)

        items = [{"line_id": f"#D-{number}", "quantity": 1, "variant_id": "i3"} for number in (1, 2)]
        await done(store, wanted("exchange", "#D", items=items, method_id="gift_1"))
        paid = next(p for p in (await store.order(ANN, "#D")).payments if p.method_id == "gift_1")
        assert paid.amount_minor == (30_30 - 10_10) + (30_30 - 11_10)
        assert await gift(store) == round(49.0 - 39.4, 2)
        with pytest.raises(ActionInvalid):
            wanted("exchange", "#D", items=[items[0], items[0]], method_id="gift_1")


async def test_one_piece_is_promised_to_every_order(shop: Document, tmp_path: Path) -> None:
    """There is a flag where there should be a count."""
    async with served(tmp_path, shop) as store:
        tools = Tau2Tools(shop)
        for order_id in ("#P", "#G"):
            change = {
                "order_id": order_id,
                "item_ids": ["i1"],
                "new_item_ids": ["i3"],
                "payment_method_id": "card_1",
            }
            tools.call("modify_pending_order_items", change)
        assert shop["products"]["p1"]["variants"]["i3"]["available"]

        await execute(store, "UPDATE variants SET stock = 1 WHERE variant_id = 'i3'")
        await done(store, changed("#P", "card_1", L1="i3"))
        assert await refused_by(store, changed("#G", "card_1", L1="i3")) == "item.stock"


async def test_a_change_at_the_same_price_is_a_refund_of_nothing(shop: Document, tmp_path: Path) -> None:
    shop["products"]["p1"]["variants"]["i6"] = a_variant("i6", 10.1, color="white")
    async with served(tmp_path, shop) as store:
        change = {
            "order_id": "#P",
            "item_ids": ["i1"],
            "new_item_ids": ["i6"],
            "payment_method_id": "card_1",
        }
        Tau2Tools(shop).call("modify_pending_order_items", change)
        assert history(shop, "#P")[-1] == ("refund", 0.0, "card_1")

        await done(store, changed("#P", "card_1", L1="i6"))
        assert await ledger(store) == [("payment", 35_30, "card_1")]


async def test_nobody_asks_who_is_calling(shop: Document, tmp_path: Path) -> None:
    """The tools take an order's number, and it is done."""
    shop["users"]["bob_2"] = json.loads(json.dumps(shop["users"]["ann_1"]).replace("_1", "_2"))
    shop["users"]["bob_2"] |= {"user_id": "bob_2", "orders": []}
    async with served(tmp_path, shop) as store:
        Tau2Tools(shop).call("cancel_pending_order", {"order_id": "#P", "reason": "no longer needed"})
        assert shop["orders"]["#P"]["status"] == "cancelled"

        said = wanted("cancel", reason="no_longer_needed")
        with pytest.raises(OrderNotFound):
            await store.propose(BOB, said, NOW)
        token = await agreed(store, said)
        with pytest.raises(OrderNotFound):
            await committed(store, said, token, principal=BOB)
        assert (await store.order(ANN, "#P")).state is OrderState.PAID


async def test_nobody_asks_whether_they_agreed(shop: Document, tmp_path: Path) -> None:
    """The policy, a prompt, asks the agent to obtain a yes; what was agreed to is not what is done."""
    async with served(tmp_path, shop) as store:
        Tau2Tools(shop).call("cancel_pending_order", {"order_id": "#P", "reason": "ordered by mistake"})
        assert shop["orders"]["#P"]["cancel_reason"] == "ordered by mistake"

        said = wanted("cancel", reason="ordered_by_mistake")
        for token, reason in (
            ("yes", "malformed"),
            (await agreed(store, wanted("cancel", reason="no_longer_needed")), "altered"),
            (await agreed(store, wanted("cancel", "#G", reason="ordered_by_mistake")), "altered"),
        ):
            with pytest.raises(ConfirmationRefused) as refused:
                await committed(store, said, token)
            assert refused.value.reason == reason
        assert (await store.order(ANN, "#P")).state is OrderState.PAID
