"""Many at once on what there is only so much of, through several processes' worth of stores, on both databases."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import make_url

from commerce.domain.actions import Arguments
from commerce.domain.errors import ActionRefused, ConfirmationRefused
from commerce.domain.identity import Principal
from commerce.importers.tau2 import load_tau2
from commerce.store import Store, open_store
from commerce.store.done import Done
from tests.acting import ANN, agreed, committed, rows, wanted, written
from tests.tau2_shop import a_shop, an_item, an_order

CLIENTS = 50
PIECES = 10


def a_busy_shop() -> dict[str, Any]:
    """The small shop, and 50 more customers with a pending order each; Ann has a second gift card and an order paid by it."""
    document = a_shop()
    plain = json.dumps(document["users"]["ann_1"])
    for number in range(CLIENTS):
        user = json.loads(plain.replace("ann_1", f"client{number}").replace("_1", f"_of_client{number}"))
        order = an_order(f"#C{number}", "pending", f"card_of_client{number}", [an_item("i1", 10.1)])
        document["users"][user["user_id"]] = user | {"orders": [order["order_id"]]}
        document["orders"][order["order_id"]] = order | {"user_id": user["user_id"]}
    ann = document["users"]["ann_1"]
    ann["payment_methods"]["gift_2"] = {"source": "gift_card", "id": "gift_2", "balance": 49.0}
    ann["orders"].append("#G2")
    document["orders"]["#G2"] = an_order("#G2", "pending", "gift_2", [an_item("i1", 10.1)])
    return document


@pytest_asyncio.fixture
async def stores(url: str, tmp_path: Path) -> AsyncIterator[tuple[Store, ...]]:
    """Of one busy shop; as separate as those of several replicas."""
    (tmp_path / "db.json").write_text(json.dumps(a_busy_shop()))
    async with AsyncExitStack() as opened:
        found = [await opened.enter_async_context(open_store(url)) for _ in range(4)]
        await load_tau2(found[0], tmp_path / "db.json", "shop")
        yield tuple(found)


async def test_of_many_who_want_the_last_pieces_as_many_get_one(stores: tuple[Store, ...]) -> None:
    store = stores[0]
    await written(store, f"UPDATE variants SET stock = {PIECES} WHERE variant_id = 'i3'")

    async def change(number: int) -> Done:
        mine, customer = stores[number % len(stores)], Principal("shop", f"client{number}")
        item = {"line_id": f"#C{number}-1", "quantity": 1, "variant_id": "i3"}
        said = wanted("change_items", f"#C{number}", items=[item], method_id=f"card_of_client{number}")
        token = await agreed(mine, said, customer)
        await all_agreed.wait()
        return await committed(mine, said, token, key="k", principal=customer)

    all_agreed = asyncio.Barrier(CLIENTS)
    ends = await asyncio.gather(*(change(number) for number in range(CLIENTS)), return_exceptions=True)
    refused = [end for end in ends if isinstance(end, ActionRefused | ConfirmationRefused)]
    assert (sum(isinstance(end, Done) for end in ends), len(refused)) == (PIECES, CLIENTS - PIECES)
    reasons = {end.reason if isinstance(end, ConfirmationRefused) else end.blocker.rule_id for end in refused}
    assert reasons <= {"stale", "item.stock"}
    assert await rows(store, "SELECT stock, reserved FROM variants WHERE variant_id = 'i3'") == [(0, PIECES)]
    held = "SELECT count(*), sum(quantity) FROM stock_reservations WHERE variant_id = 'i3' AND quantity > 0"
    assert await rows(store, held) == [(PIECES, PIECES)]
    lines = "SELECT count(*) FROM order_lines WHERE variant_id = 'i3'"
    moves = "SELECT sum(quantity) FROM stock_moves WHERE variant_id = 'i3' AND reason = 'reserve'"
    assert await rows(store, lines) == await rows(store, moves) == [(PIECES,)]


async def test_of_many_who_confirm_one_token_one_succeeds(stores: tuple[Store, ...]) -> None:
    said = wanted("cancel", reason="no_longer_needed")
    token = await agreed(stores[0], said)
    calls = [committed(stores[n % len(stores)], said, token, key=f"k{n}") for n in range(20)]
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(end, Done) for end in ends) == 1
    assert Counter(end.reason for end in ends if isinstance(end, ConfirmationRefused)) == {"reused": 19}
    refunds = "SELECT sum(amount_minor) FROM payments WHERE order_id = '#P' AND kind = 'refund'"
    assert await rows(stores[0], refunds) == [(35_30,)]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_server_that_isolates_by_default_is_told_what_is_needed(
    url: str, stores: tuple[Store, ...]
) -> None:
    name = make_url(url).database
    await written(stores[0], f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    await asyncio.gather(*(store.aclose() for store in stores))  # new connections follow the new default
    await test_of_many_who_confirm_one_token_one_succeeds(stores)


async def test_the_same_key_many_times_at_once_is_one_action(stores: tuple[Store, ...]) -> None:
    said = wanted("cancel", reason="no_longer_needed")
    token = await agreed(stores[0], said)
    calls = [committed(stores[n % len(stores)], said, token, key="one") for n in range(20)]
    ends = await asyncio.gather(*calls)
    assert len({end.action_id for end in ends}) == 1 and sum(not end.is_repeat for end in ends) == 1


async def test_one_key_for_two_orders_at_once_is_one_action_and_a_conflict(stores: tuple[Store, ...]) -> None:
    orders = [wanted("cancel", order_id, reason="no_longer_needed") for order_id in ("#P", "#G")]
    tokens = [await agreed(stores[0], said) for said in orders]
    calls = [
        committed(store, said, token, key="one")
        for store, said, token in zip(stores, orders, tokens, strict=False)
    ]
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["Done", "IdempotencyConflict"]
    assert await rows(stores[0], "SELECT count(*) FROM orders WHERE state = 'cancelled'") == [(1,)]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_two_orders_that_share_two_gift_cards_take_them_in_one_order(stores: tuple[Store, ...]) -> None:
    """One pays by the second and gives back to the first, the other the other way round; both wait for both cards first."""
    changes: list[Arguments] = [
        wanted("change_payment", "#G", method_id="gift_2"),
        wanted("change_payment", "#G2", method_id="gift_1"),
    ]
    tokens = [await agreed(stores[0], said) for said in changes]
    held = "UPDATE payment_methods SET kind = kind WHERE method_id IN ('gift_1', 'gift_2')"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(30), asyncio.TaskGroup() as group, stores[0].writing() as connection:
        await connection.exec_driver_sql(held)
        ends = [
            group.create_task(committed(store, said, token, key=said.order_id, principal=ANN))
            for store, said, token in zip(stores[1:], changes, tokens, strict=False)
        ]
        while await rows(stores[3], waiting) != [(2,)]:
            await asyncio.sleep(0.01)
    assert not any(end.result().is_repeat for end in ends)
    balances = "SELECT balance_minor FROM payment_methods WHERE method_id IN ('gift_1', 'gift_2')"
    assert await rows(stores[0], balances) == [(49_00,)] * 2
