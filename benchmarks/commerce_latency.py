"""How long an order is read and an action committed in process on SQLite, beside the raw driver with the same statements.

    python -m benchmarks.commerce_latency --out docs/results

Each size of shop is made in a temporary file, with FULL synchronisation as served. Reads are of orders at random; commits are
cancellations (state, refund, stock, action and audit rows in one transaction), each of another order. The raw driver runs the
statements that were recorded, with their values, on a copy of the file as it was before.
"""

import argparse
import asyncio
import json
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from benchmarks.machine import describe
from commerce.confirmations import mint_confirmation
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.actions import arguments_from
from commerce.domain.identity import Principal
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from commerce.store import Store, migrate, open_store

_ROOT: Final = Path(__file__).parent.parent
_TENANT: Final = Tenant("shop", LocalText("店", "Shop"), "zh-CN", "Asia/Shanghai", "CNY")
_SECRET: Final = b"a secret of this measurement alone, long enough"
_NOW: Final = datetime(2026, 11, 29, tzinfo=UTC)
_WARM_UP: Final = 20
_VARIANTS: Final = 100
_ORDERS_OF_ONE: Final = 10
_CHUNK: Final = 50_000

BOUND_READ_MS: Final = 3.0
BOUND_COMMIT_MS: Final = 15.0
BOUND_GROWTH: Final = 2.0

Statements = list[tuple[str, Any]]


def customer_of(number: int) -> str:
    """Who placed order `number`."""
    return f"C{number // _ORDERS_OF_ONE}"


def order_id(number: int) -> str:
    """Order `number`."""
    return f"KF{number:012d}"


async def make_shop(path: Path, count: int) -> None:
    """A migrated file with a shop of `count` paid orders of one line each."""
    url = f"sqlite:///{path}"
    await migrate(url)
    async with open_store(url) as store:
        await store.create_tenant(_TENANT, DEMO_POLICY)
    connection = sqlite3.connect(path)
    for table, rows in _tables(count):
        while chunk := list(islice(rows, _CHUNK)):
            marks = ", ".join(f":{name}" for name in chunk[0])
            connection.executemany(f"INSERT INTO {table} ({', '.join(chunk[0])}) VALUES ({marks})", chunk)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _tables(count: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """Tables, parents first, with their rows as SQLite keeps them."""
    at, numbers = "2026-11-28 00:00:00.000000", range(count)
    people = range(-(-count // _ORDERS_OF_ONE))
    own = {"tenant_id": _TENANT.tenant_id}
    named = {
        "name_zh": "商品",
        "name_en": "goods",
        "description_zh": "",
        "description_en": "",
        "brand_zh": "",
        "brand_en": "",
    }
    address = json.dumps(
        {"address_id": "A", "recipient": "李静", "phone": "", "region": "浙江省", "city": "杭州市", "district": "",
         "street": "文三路1号", "postcode": "", "country": "CN", "is_default": True}
    )  # fmt: skip
    yield "products", (
        own | named | {"product_id": f"P{n}", "category": "home", "product_type": "cup", "sale_class": "standard",
                       "is_giftable": 0, "is_own_brand": 0, "sold_count": 0, "search_text": "", "attributes": "{}"}
        for n in range(_VARIANTS)
    )  # fmt: skip
    yield "variants", (
        own | {"variant_id": f"V{n}", "product_id": f"P{n}", "options": "{}", "price_minor": 100_00, "currency": "CNY",
               "stock": 10**6, "reserved": count, "attributes": "{}"}
        for n in range(_VARIANTS)
    )  # fmt: skip
    yield "customers", (
        own | {"customer_id": f"C{n}", "name": "李静", "email": "", "phone": "", "language": "zh", "level": "ordinary",
               "is_plus": 0, "points": 0, "attributes": "{}"}
        for n in people
    )  # fmt: skip
    yield (
        "payment_methods",
        (
            own
            | {
                "method_id": f"alipay-C{n}",
                "customer_id": f"C{n}",
                "kind": "wallet",
                "service": "alipay",
                "currency": "CNY",
            }
            for n in people
        ),
    )
    yield "orders", (
        own | {"order_id": order_id(n), "customer_id": customer_of(n), "state": "paid", "goods_minor": 100_00,
               "discount_minor": 0, "shipping_fee_minor": 0, "currency": "CNY", "address": address, "placed_at": at,
               "paid_at": at, "position": n, "attributes": "{}"}
        for n in numbers
    )  # fmt: skip
    yield "order_lines", (
        own | {"line_id": f"{order_id(n)}-1", "order_id": order_id(n), "position": 1, "product_id": f"P{n % _VARIANTS}",
               "variant_id": f"V{n % _VARIANTS}", "options": "{}", "quantity": 1, "unit_price_minor": 100_00,
               "currency": "CNY", "returned_quantity": 0, "exchanged_count": 0}
        for n in numbers
    )  # fmt: skip
    yield "payments", (
        own | {"payment_id": f"T{n}", "order_id": order_id(n), "position": 1, "kind": "payment", "status": "succeeded",
               "method": "alipay", "amount_minor": 100_00, "currency": "CNY", "created_at": at, "completed_at": at,
               "method_id": f"alipay-{customer_of(n)}"}
        for n in numbers
    )  # fmt: skip
    yield (
        "stock_reservations",
        (own | {"order_id": order_id(n), "variant_id": f"V{n % _VARIANTS}", "quantity": 1} for n in numbers),
    )


async def measure(path: Path, count: int, calls: int) -> dict[str, Any]:
    """Of a shop of `count` orders: milliseconds of reads and of commits, ours and the raw driver's."""
    drawn = random.Random(7).sample(range(count), calls + _WARM_UP)
    async with open_store(f"sqlite:///{path}") as store:
        recorded = _Recorder(store)

        async def read(number: int) -> None:
            await store.order(Principal(_TENANT.tenant_id, customer_of(number)), order_id(number))

        reads = await _timed(read, drawn, recorded)
        raw_reads = _replayed(path, reads[1], is_write=False)
        before = path.with_suffix(".before")
        shutil.copy(path, before)
        agreed = {number: await _agreed(store, number) for number in drawn}

        async def commit(number: int) -> None:
            principal, wanted, token = agreed[number]
            await store.commit(principal, wanted, token, _SECRET, key=f"k{number}", now=_NOW)

        commits = await _timed(commit, drawn, recorded)
    raw_commits = _replayed(before, commits[1], is_write=True)
    before.unlink()
    return {
        "orders": count,
        "calls": calls,
        "read_ms": _spread(reads[0]),
        "read_raw_ms": _spread(raw_reads),
        "commit_ms": _spread(commits[0]),
        "commit_raw_ms": _spread(raw_commits),
        "read_times_raw": round(statistics.median(reads[0]) / statistics.median(raw_reads), 2),
        "commit_times_raw": round(statistics.median(commits[0]) / statistics.median(raw_commits), 2),
        "statements": {"read": len(reads[1][-1]), "commit": len(commits[1][-1])},
    }


async def _agreed(store: Store, number: int) -> tuple[Principal, Any, str]:
    principal = Principal(_TENANT.tenant_id, customer_of(number))
    wanted = arguments_from({"action": "cancel", "order_id": order_id(number), "reason": "no_longer_needed"})
    token, _ = mint_confirmation(_SECRET, principal, await store.propose(principal, wanted, _NOW), _NOW)
    return principal, wanted, token


class _Recorder:
    """The statements of each call, as the driver is given them."""

    def __init__(self, store: Store) -> None:
        self.heard: Statements = []
        event.listen(store._engine.sync_engine, "before_cursor_execute", self._hear)

    def _hear(self, _: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        self.heard.append((statement, parameters))

    def taken(self) -> Statements:
        found, self.heard = self.heard, []
        return found


async def _timed(
    call: Callable[[int], Awaitable[None]], numbers: list[int], recorded: _Recorder
) -> tuple[list[float], list[Statements]]:
    times, statements = [], []
    recorded.taken()
    for number in numbers:
        started = time.perf_counter()
        await call(number)
        times.append((time.perf_counter() - started) * 1e3)
        statements.append(recorded.taken())
    return times[_WARM_UP:], statements


def _replayed(path: Path, calls: list[Statements], *, is_write: bool) -> list[float]:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    times = []
    for statements in calls:
        started = time.perf_counter()
        for statement, parameters in statements:
            connection.execute(statement, parameters).fetchall()
        connection.execute("COMMIT" if is_write else "ROLLBACK")
        times.append((time.perf_counter() - started) * 1e3)
    connection.close()
    return times[_WARM_UP:]


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50": round(statistics.median(ordered), 3),
        "p99": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 3),
    }


def verdicts(sizes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was asked for, and whether it is so."""
    first, last = sizes[0], sizes[-1]
    said = [
        ("an order read, p50 ms", first["read_ms"]["p50"], BOUND_READ_MS),
        ("an action committed, p50 ms", first["commit_ms"]["p50"], BOUND_COMMIT_MS),
    ]
    if last is not first:
        for kind in ("read", "commit"):
            growth = round(last[f"{kind}_ms"]["p50"] / first[f"{kind}_ms"]["p50"], 2)
            said.append((f"{kind} of the largest shop, times the smallest", growth, BOUND_GROWTH))
    return [
        {"what": what, "value": value, "at_most": bound, "is_met": value <= bound}
        for what, value, bound in said
    ]


async def _measure_all(sizes: list[int], calls: int) -> list[dict[str, Any]]:
    found = []
    with tempfile.TemporaryDirectory(prefix="kefu-commerce-") as folder:
        for count in sizes:
            path = Path(folder) / f"{count}.db"
            await make_shop(path, count)
            found.append(await measure(path, count, calls))
            path.unlink()
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, nargs="+", default=[20_000, 1_000_000], help="sizes of shop")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--out", type=Path, help="the folder for commerce-latency.json")
    arguments = parser.parse_args()
    sizes = asyncio.run(_measure_all(arguments.orders, arguments.calls))
    command = "python -m benchmarks.commerce_latency"
    result = describe(_ROOT) | {"command": command, "sizes": sizes, "bounds": verdicts(sizes)}
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        path = arguments.out / "commerce-latency.json"
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
