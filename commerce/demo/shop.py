"""The demonstration shop 青禾商城 / Qinghe Mall in a store: tenant `demo`, with its policy, goods, people and
knowledge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.demo.article_files import KNOWLEDGE_DIR, load_articles
from commerce.demo.generator import DEMO_TENANT, FULL_SIZE, GENERATOR_VERSION, DemoRows, DemoSize, generate
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.errors import DemoSeedConflict
from commerce.domain.tenants import ChangeKind, Tenant
from commerce.domain.text import LocalText
from commerce.store import Store
from commerce.store.changes import record_change
from commerce.store.connection import lock_until_commit
from commerce.store.knowledge import article_row, first_versions
from commerce.store.open_cases import open_missing_cases
from commerce.store.tables import (
    TENANT_TABLES,
    api_keys,
    article_versions,
    articles,
    metadata,
    tenant_removals,
    tenants,
)
from commerce.store.tenants import TENANT_LOCK, insert_tenant

__all__ = [
    "DEMO_TENANT",
    "FULL_SIZE",
    "KNOWLEDGE_DIR",
    "DemoRows",
    "DemoSeed",
    "DemoSize",
    "generate",
    "seed_demo",
]

_NAME = LocalText("青禾商城", "Qinghe Mall")
_ROWS_A_STATEMENT = 5_000


@dataclass(frozen=True, slots=True)
class DemoSeed:
    """What was seeded. `customer_order_ids` are the open order, on the road, and the delivered one;
    `counts` rows by table. `is_new` is False when the shop was there already.
    """

    tenant_id: str
    customer_id: str
    customer_order_ids: tuple[str, ...]
    other_customer_id: str
    counts: Mapping[str, int] = field(hash=False)
    is_new: bool = True


async def seed_demo(
    store: Store,
    seed: int,
    now: datetime,
    articles_dir: Path = KNOWLEDGE_DIR,
    *,
    size: DemoSize = FULL_SIZE,
    reset: bool = False,
) -> DemoSeed:
    """Put the shop generated from `seed` at `now` into the store, in one transaction.

    A second call with the same seed and size changes nothing, whatever its `now`. Raises DemoSeedConflict
    for another seed, size or generator version, unless `reset`: then the shop is replaced, conversations
    and all; its API keys stay valid. Raises ArticleInvalid for an article that cannot be read.
    """
    asked = f"seed {seed}, {size.customers} customers, {size.orders} orders, generator {GENERATOR_VERSION}"
    if not reset and (found := await _seeded(store, asked)) is not None:
        return found
    # Outside the transaction: generating takes seconds, and the write lock is everybody's.
    rows = await asyncio.to_thread(generate, seed, now, size)
    knowledge = [article_row(DEMO_TENANT, article, now) for article in load_articles(articles_dir)]
    counts = {**rows.counts, "articles": len(knowledge)}
    made = DemoSeed(DEMO_TENANT, rows.customer_id, rows.customer_order_ids, rows.other_customer_id, counts)
    async with store.writing() as connection:
        await lock_until_commit(connection, TENANT_LOCK)
        known = (
            await connection.execute(select(tenants.c.attributes).where(_is_demo()))
        ).scalar_one_or_none()
        if known is not None and not reset:
            # Another process was faster.
            return _read_seed(known, asked)
        await _clear(connection)
        await insert_tenant(connection, _tenant(made, asked), DEMO_POLICY)
        for name, table_rows in rows.tables.items():
            await _insert(connection, name, table_rows)
        await open_missing_cases(connection, DEMO_TENANT, now)
        await _insert(connection, articles.name, knowledge)
        await _insert(connection, article_versions.name, first_versions(knowledge))
        await record_change(connection, DEMO_TENANT, ChangeKind.CATALOGUE, DEMO_TENANT, now)
        await record_change(connection, DEMO_TENANT, ChangeKind.ARTICLE, "*", now)
    return made


def _is_demo() -> Any:
    return tenants.c.tenant_id == DEMO_TENANT


async def _seeded(store: Store, asked: str) -> DemoSeed | None:
    async with store.reading() as connection:
        known = (
            await connection.execute(select(tenants.c.attributes).where(_is_demo()))
        ).scalar_one_or_none()
    return None if known is None else _read_seed(known, asked)


def _read_seed(attributes: dict[str, Any], asked: str) -> DemoSeed:
    demo = attributes.get("demo", {})
    if demo.get("generated_from") != asked:
        raise DemoSeedConflict(demo.get("generated_from", "something else"), asked)
    return DemoSeed(
        tenant_id=DEMO_TENANT,
        customer_id=demo["customer_id"],
        customer_order_ids=tuple(demo["customer_order_ids"]),
        other_customer_id=demo["other_customer_id"],
        counts=demo["counts"],
        is_new=False,
    )


def _tenant(made: DemoSeed, asked: str) -> Tenant:
    demo = {
        "generated_from": asked,
        "customer_id": made.customer_id,
        "customer_order_ids": list(made.customer_order_ids),
        "other_customer_id": made.other_customer_id,
        "counts": dict(made.counts),
    }
    return Tenant(DEMO_TENANT, _NAME, "zh-CN", DEMO_POLICY.zone, DEMO_POLICY.currency, {"demo": demo})


async def _clear(connection: AsyncConnection) -> None:
    # Money and the audit log are append-only but for a shop that goes as a whole.
    await connection.execute(insert(tenant_removals).values(tenant_id=DEMO_TENANT))
    for table in TENANT_TABLES:
        if table is not api_keys:
            await connection.execute(delete(table).where(table.c.tenant_id == DEMO_TENANT))
    await connection.execute(delete(tenant_removals).where(tenant_removals.c.tenant_id == DEMO_TENANT))
    await connection.execute(delete(tenants).where(_is_demo()))


async def _insert(connection: AsyncConnection, name: str, rows: list[dict[str, Any]]) -> None:
    pending = iter(rows)
    while chunk := list(islice(pending, _ROWS_A_STATEMENT)):
        await connection.execute(insert(metadata.tables[name]), chunk)
