"""Random operations on two shops from several processes at once, and an audit of all that they left: 0 violations.

    python -m benchmarks.commerce_soak --operations 1000000 --out docs/results

Each process has several attackers on a store of its own, with clocks of their own: they place, pay, ship and settle, propose
and commit every action with arguments that may be right or wrong, repeat keys, and use tokens late, twice, altered and for
others. While they are at it the whole database is audited in snapshots, and once more at the end, against what each change
was answered. The database is new: a SQLite file, or one of a PostgreSQL server started for it. Every commit is durable.
A run is added to those that are in the file already: other seeds, another day.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from random import Random
from typing import Any, Final

import uvloop
from sqlalchemy import make_url

from benchmarks.commerce_attack.attacker import Attacker, Report
from benchmarks.commerce_attack.audit import audit
from benchmarks.commerce_attack.books import OrderBooks, read_books
from benchmarks.commerce_attack.shops import make_shops
from benchmarks.machine import describe
from benchmarks.postgres import new_database, postgres_server
from commerce.store import Store, migrate, open_store

_ROOT: Final = Path(__file__).parent.parent
_TASKS: Final = 3
_AUDITED_SHARE: Final = 0.1
_FIRST_AUDIT_S: Final = 5.0
_SHOWN: Final = 20


async def soak(url: str, *, processes: int, operations: int, seed: int) -> dict[str, Any]:
    """On an empty database. What was done, and every violation, of which the first few are told."""
    await migrate(url)
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    async with open_store(url) as store:
        await make_shops(store)
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            share = -(-operations // processes)
            attacks = [
                loop.run_in_executor(pool, attack, url, seed, number, processes, share)
                for number in range(processes)
            ]
            watching = asyncio.create_task(_watch(store))
            reports = await asyncio.gather(*attacks)
            seconds = time.perf_counter() - started
            watching.cancel()
            audits, seen = await watching
        found = await audit(store, (each for report in reports for each in report.acknowledged))
        wrong = [*(each for report in reports for each in report.violations), *seen, *found.violations]
        evidence = await _books_of(store, wrong) if wrong else {}
    outcomes = sum((report.outcomes for report in reports), Counter[str]())
    counts = {name: value for name, value in asdict(found).items() if name != "violations"}
    return {
        "database": make_url(url).get_backend_name(),
        "processes": processes,
        "attackers": processes * _TASKS,
        "seed": seed,
        "operations": sum(outcomes.values()),
        "committed": outcomes["committed"],
        "operations_per_s": round(sum(outcomes.values()) / seconds, 1),
        "seconds": round(seconds, 1),
        "outcomes": dict(outcomes.most_common()),
        "left": counts,
        "audits": audits + 1,
        "violations": len(wrong),
        "first_violations": wrong[:_SHOWN],
        **evidence,
    }


async def _books_of(store: Store, violations: list[str]) -> dict[str, Any]:
    """All that is written of the orders that the first of them name, since the database is gone afterwards."""
    books = await read_books(store)
    named = [
        order
        for order in books.orders.values()
        if any(f"{order.order.tenant_id}/{order.order.order_id} (" in each for each in violations[:_SHOWN])
    ]
    return {"evidence": [_written(order) for order in named]}


def _written(order: OrderBooks) -> dict[str, Any]:
    rows = {field.name: getattr(order, field.name) for field in fields(order)}
    return {
        name: [each._asdict() for each in (found if isinstance(found, list) else [found])]
        for name, found in rows.items()
    }


def attack(url: str, seed: int, number: int, processes: int, operations: int) -> Report:
    """In a process of its own."""
    return uvloop.run(_attack(url, seed, number, processes * _TASKS, operations))


async def _attack(url: str, seed: int, number: int, pace: int, operations: int) -> Report:
    report = Report()

    async def go_on(task: int) -> None:
        name = f"{seed}.{number}.{task}"
        attacker = Attacker(store, Random(name), report, name, pace)
        while report.operations < operations:
            await attacker.step()

    async with open_store(url) as store, asyncio.TaskGroup() as group:
        for task in range(_TASKS):
            group.create_task(go_on(task))
    return report


async def _watch(store: Store) -> tuple[int, list[str]]:
    """Audit again and again, for a small share of the time, until cancelled or something is found."""
    audits, pause = 0, _FIRST_AUDIT_S
    while True:
        try:
            await asyncio.sleep(pause)
            started = time.perf_counter()
            found = await audit(store)
        except asyncio.CancelledError:
            return audits, []
        audits += 1
        if found.violations:
            return audits, list(found.violations)
        pause = max(_FIRST_AUDIT_S, (time.perf_counter() - started) / _AUDITED_SHARE)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--operations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--out", type=Path, help="the folder of commerce-soak.json, to which the run is added"
    )
    said = parser.parse_args()
    with _empty_database(said.database) as url:
        found = asyncio.run(soak(url, processes=said.processes, operations=said.operations, seed=said.seed))
    command = (
        f"python -m benchmarks.commerce_soak --database {said.database} --processes {said.processes}"
        f" --operations {said.operations} --seed {said.seed}"
    )
    run = describe(_ROOT) | {"command": command} | found
    if said.out is not None:
        _add(run, said.out / "commerce-soak.json")
    sys.stdout.write(json.dumps(run, ensure_ascii=False, default=str) + "\n")
    sys.exit(1 if run["violations"] else 0)


@contextmanager
def _empty_database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="kefu-soak-") as folder:
            yield f"sqlite:///{folder}/shops.db"
    else:
        with postgres_server() as server:
            yield asyncio.run(new_database(server))


def _add(run: dict[str, Any], path: Path) -> None:
    """To the runs before; what they come to is summed for each kind of database."""
    runs = [*(json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else ()), run]
    sums = {
        database: {
            name: sum(each[name] for each in runs if each["database"] == database)
            for name in ("operations", "committed", "violations", "seconds", "audits")
        }
        for database in sorted({each["database"] for each in runs})
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"sums": sums, "runs": runs}, indent=1, ensure_ascii=False, default=str) + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
