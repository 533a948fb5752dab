"""Two retrieval stages over one SQLite store, as served: how long each takes to start, and how soon both find an edit."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from benchmarks.retrieval.speed import Milliseconds
from cluster.config import resolve_secret
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.identity import Principal
from commerce.domain.knowledge import Article
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from commerce.store import Store, migrate, open_store
from commerce.store.knowledge import article_row, first_versions
from commerce.store.tables import article_versions, articles
from deployments.retrieval import Retrieval
from models.types import SearchRequest

_SHOP: Final = Tenant("made", LocalText("店", "Shop"), "zh-CN", "Asia/Shanghai", "CNY")
_EDITOR: Final = Principal(_SHOP.tenant_id, operator_id="benchmark")
_ROWS: Final = 1000
_ASK_EVERY_S: Final = 0.005
_LATE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Start:
    """Until the replica answers: by the clock, and in CPU time of all its threads."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Served:
    """`first_start` embeds every article, `next_start` reads what the first has kept. `edit_found`: from the beginning of a
    put until both have answered with its version.
    """

    first_start: Start
    next_start: Start
    edit_found: Milliseconds


async def measure(made: Sequence[Article], edits: int, identity: dict[str, Any], folder: Path) -> Served:
    """One replica after the other, then one edit after the other. What they keep is left in `identity["vectors_dir"]`."""
    path = folder / "shop.db"
    await migrate(f"sqlite:///{path}")
    async with open_store(f"sqlite:///{path}") as store:
        await store.create_tenant(_SHOP, DEMO_POLICY)
        await _fill(store, made)
        stages = (Retrieval(resolve_secret), Retrieval(resolve_secret))
        try:
            first, following = [
                await _start(stage, {**identity, "store": f"sqlite:{path}"}) for stage in stages
            ]
            found = [await _visible_s(store, stages, made[number]) for number in range(edits)]
        finally:
            for stage in stages:
                await stage.aclose()
    return Served(first, following, Milliseconds.of(found))


async def _start(stage: Retrieval, identity: dict[str, Any]) -> Start:
    started, worked = time.perf_counter(), time.process_time()
    await stage.reconfigure(identity)
    return Start(round(time.perf_counter() - started, 2), round(time.process_time() - worked, 2))


async def _fill(store: Store, made: Sequence[Article]) -> None:
    rows = iter([article_row(_SHOP.tenant_id, article, datetime.now(UTC)) for article in made])
    async with store.writing() as connection:
        while chunk := list(islice(rows, _ROWS)):
            await connection.execute(insert(articles), chunk)
            await connection.execute(insert(article_versions), first_versions(chunk))


async def _visible_s(store: Store, stages: Sequence[Retrieval], article: Article) -> float:
    word = f"更正{article.article_id}"
    edited = replace(
        article,
        title=LocalText(word, word),
        body=LocalText(f"{word}：{article.body.zh}", f"{word}: {article.body.en}"),
        categories=(),
    )
    started = time.perf_counter()
    stored = await store.put_article(_EDITOR, edited)
    async with asyncio.timeout(_LATE_S):
        await asyncio.gather(*(_until_found(stage, word, stored) for stage in stages))
    return time.perf_counter() - started


async def _until_found(stage: Retrieval, word: str, stored: Article) -> None:
    request = SearchRequest(_SHOP.tenant_id, word, "zh", limit=3)
    wanted = (stored.article_id, stored.version)
    while wanted not in [(each.article_id, each.version) for each in (await stage.search(request)).passages]:
        await asyncio.sleep(_ASK_EVERY_S)
