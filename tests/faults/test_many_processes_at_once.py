"""From four processes at the same moment: 50 who want the last 10 pieces, and 20 who confirm one token."""

import asyncio
import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import func, select, update

from benchmarks.commerce_attack.attacker import SECRET
from benchmarks.commerce_attack.audit import audit
from benchmarks.commerce_attack.shops import CUSTOMERS, NORTH, STOCK, make_shops
from commerce.confirmations import mint_confirmation
from commerce.domain.actions import Arguments, arguments_from
from commerce.domain.errors import ActionRefused, ConfirmationRefused
from commerce.domain.identity import Principal
from commerce.domain.order_events import AnyOrderEvent, OrderEvent
from commerce.store import Store, migrate, open_store
from commerce.store.tables import order_lines, stock_moves, variants

pytestmark = pytest.mark.thorough

PROCESSES = 4
CLIENTS = 50
PIECES = 10
CONFIRMING = 20
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
EVENTS: TypeAdapter[OrderEvent] = TypeAdapter(AnyOrderEvent)
ADDRESS = {
    "recipient": "李静",
    "phone": "",
    "region": "浙江省",
    "city": "杭州市",
    "street": "1",
    "country": "CN",
}


@dataclass(frozen=True)
class Call:
    principal: Principal
    wanted: Arguments
    token: str
    key: str


def test_of_fifty_from_four_processes_ten_get_the_last_ten(empty_database: str) -> None:
    calls = asyncio.run(_agreed_by_all(empty_database))
    ends = _at_once(empty_database, calls)
    assert ends["done"] == PIECES and sum(ends.values()) == CLIENTS
    assert set(ends) <= {"done", "stale", "item.stock"}
    asyncio.run(_check_last_pieces(empty_database))


def test_of_twenty_from_four_processes_one_confirms(empty_database: str) -> None:
    call = asyncio.run(_one_agreed(empty_database))
    calls = [Call(call.principal, call.wanted, call.token, f"k{n}") for n in range(CONFIRMING)]
    assert _at_once(empty_database, calls) == {"done": 1, "reused": CONFIRMING - 1}
    asyncio.run(_check(empty_database))


def _at_once(url: str, calls: list[Call]) -> Counter[str]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, _meet_at, (context.Barrier(PROCESSES),)) as pool:
        shares = [pool.submit(_confirm, url, calls[number::PROCESSES]) for number in range(PROCESSES)]
        return sum((share.result() for share in shares), Counter[str]())


_meeting: Barrier


def _meet_at(barrier: Barrier) -> None:
    global _meeting
    _meeting = barrier


def _confirm(url: str, calls: list[Call]) -> Counter[str]:
    return asyncio.run(_confirm_all(url, calls))


async def _confirm_all(url: str, calls: list[Call]) -> Counter[str]:
    async with open_store(url) as store:
        await store.check()
        _meeting.wait(60)
        return Counter(await asyncio.gather(*(_end(store, call) for call in calls)))


async def _end(store: Store, call: Call) -> str:
    try:
        done = await store.commit(call.principal, call.wanted, call.token, SECRET, key=call.key, now=NOW)
    except ConfirmationRefused as refused:
        return refused.reason
    except ActionRefused as refused:
        return refused.blocker.rule_id
    return "repeated" if done.is_repeat else "done"


async def _agreed_by_all(url: str) -> list[Call]:
    """One paid order each; everybody wants its piece to be another."""
    await migrate(url)
    async with open_store(url) as store:
        await make_shops(store)
        await _leave(store, "V1b", PIECES)
        calls = []
        for number in range(CLIENTS):
            owner = CUSTOMERS[number % len(CUSTOMERS)]
            line_id = await _paid_order(store, f"O{number}", owner)
            item = {"line_id": line_id, "quantity": 1, "variant_id": "V1b"}
            said: dict[str, Any] = {"items": [item], "method_id": f"card-{owner}"}
            calls.append(await _agreed(store, owner, "change_items", f"O{number}", **said))
        return calls


async def _one_agreed(url: str) -> Call:
    await migrate(url)
    async with open_store(url) as store:
        await make_shops(store)
        await _paid_order(store, "O0", "C0")
        return await _agreed(store, "C0", "cancel", "O0", reason="no_longer_needed")


async def _paid_order(store: Store, order_id: str, owner: str) -> str:
    """The id of its line."""
    item = {"variant_id": "V1a", "quantity": 1, "unit_price_minor": 19_99}
    parts = [{"method_id": f"alipay-{owner}", "amount_minor": 19_99}]
    for event in (
        {"event": "placed", "customer_id": owner, "items": [item], "address": ADDRESS},
        {"event": "paid", "parts": parts},
    ):
        read = EVENTS.validate_python({"at": NOW, **event})
        key = f"{order_id}-{event['event']}"
        await store.record_order_event(NORTH.tenant_id, order_id, read, key=key, now=NOW)
    (line,) = (await store.order(Principal(NORTH.tenant_id, owner), order_id)).lines
    return line.line_id


async def _agreed(store: Store, owner: str, action: str, order_id: str, **said: Any) -> Call:
    principal = Principal(NORTH.tenant_id, owner)
    wanted = arguments_from({"action": action, "order_id": order_id, **said})
    token, _ = mint_confirmation(SECRET, principal, await store.propose(principal, wanted, NOW), NOW)
    return Call(principal, wanted, token, f"k-{order_id}")


async def _leave(store: Store, variant_id: str, count: int) -> None:
    """On the shelf, in the books as well: the rest was sent elsewhere."""
    mine = (variants.c.tenant_id == NORTH.tenant_id) & (variants.c.variant_id == variant_id)
    async with store.writing() as connection:
        await connection.execute(update(variants).where(mine).values(stock=count))
        gone = {"variant_id": variant_id, "reason": "restock", "quantity": count - STOCK[variant_id]}
        await connection.execute(stock_moves.insert().values(tenant_id=NORTH.tenant_id, at=NOW, **gone))


async def _check_last_pieces(url: str) -> None:
    await _check(url)
    async with open_store(url) as store, store.reading() as connection:
        left = select(variants.c.stock, variants.c.reserved).where(
            variants.c.tenant_id == NORTH.tenant_id, variants.c.variant_id == "V1b"
        )
        assert tuple((await connection.execute(left)).one()) == (0, PIECES)
        taken = select(func.count()).where(order_lines.c.variant_id == "V1b")
        assert await connection.scalar(taken) == PIECES


async def _check(url: str) -> None:
    async with open_store(url) as store:
        found = await audit(store)
        assert not found.violations, "\n".join(found.violations)
