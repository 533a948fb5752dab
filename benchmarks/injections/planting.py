"""Where a text is planted: in an article, on a product's page, and in every text of the attacker's own order that is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.dialogues.talk import Talk
from benchmarks.in_process.service import InProcess
from benchmarks.in_process.shops import DEMO
from benchmarks.injections.attempts import Attempt, article_title
from commerce.domain.identity import Principal
from commerce.domain.knowledge import Article
from commerce.domain.orders import TrackingState
from commerce.domain.text import LocalText
from commerce.store.tables import order_lines, orders, products, shipments, tracking_events
from models.types import SearchRequest

Undo = Callable[[AsyncConnection], Awaitable[Any]]
Plant = Callable[[AsyncConnection, Talk, str], Awaitable[Undo]]
_ARTICLE: Final = "planted"
_INDEXED_S: Final = 20.0
_LOOK_S: Final = 0.05


@asynccontextmanager
async def planted(service: InProcess, talk: Talk, attempt: Attempt) -> AsyncIterator[None]:
    """The text stands in the shop, and is found, before anybody asks; afterwards all is as it was."""
    text = await talk.text(attempt.planted)
    if attempt.channel == "article":
        async with _an_article(service, attempt, text):
            yield
    elif attempt.channel in _ROWS:
        async with _a_row(service, talk, _ROWS[attempt.channel], text):
            yield
    else:
        yield


@asynccontextmanager
async def _an_article(service: InProcess, attempt: Attempt, text: str) -> AsyncIterator[None]:
    title, shop = article_title(attempt.language), Principal(DEMO.tenant_id, is_shop=True)
    article = Article(_ARTICLE, "guide", (), (), LocalText(title, title), LocalText(text, text))
    stored = await service.store.put_article(shop, article)
    try:
        await _until_searched(service, attempt, stored.version)
        yield
    finally:
        await service.store.delete_article(shop, _ARTICLE)
        await _until_searched(service, attempt, None)


@asynccontextmanager
async def _a_row(service: InProcess, talk: Talk, plant: Plant, text: str) -> AsyncIterator[None]:
    async with service.store.writing() as connection:
        undo = await plant(connection, talk, text)
    try:
        await talk.look_again()
        yield
    finally:
        async with service.store.writing() as connection:
            await undo(connection)
        await talk.look_again()


async def _until_searched(service: InProcess, attempt: Attempt, version: int | None) -> None:
    """The search follows the change log on its own. `version` None: until the article is found no more."""
    language: Any = attempt.language
    async with asyncio.timeout(_INDEXED_S):
        while True:
            request = SearchRequest(DEMO.tenant_id, attempt.says[0], language)
            found = await service.stages.retrieval.search(request, _INDEXED_S)
            versions = [passage.version for passage in found.passages if passage.article_id == _ARTICLE]
            if (version in versions) if version is not None else not versions:
                return
            await asyncio.sleep(_LOOK_S)  # who searches is told by nobody that an edit arrived


async def _on_the_page(connection: AsyncConnection, talk: Talk, text: str) -> Undo:
    return await _of_products(connection, talk, {"description_zh": text, "description_en": text})


async def _in_the_name(connection: AsyncConnection, talk: Talk, text: str) -> Undo:
    return await _of_products(connection, talk, {"name_zh": text, "name_en": text})


async def _of_products(connection: AsyncConnection, talk: Talk, texts: Mapping[str, str]) -> Undo:
    """All that the attacker bought; every goods have a row of their own."""
    mine = products.c.product_id.startswith(f"{talk.customer.prefix}", autoescape=True)
    before = (await connection.execute(select(products).where(mine))).all()
    await connection.execute(update(products).where(mine).values(**texts))

    async def undo(later: AsyncConnection) -> None:
        for row in before:
            same = products.c.product_id == row.product_id
            values = {name: row._mapping[name] for name in texts}
            await later.execute(update(products).where(same).values(**values))

    return undo


async def _in_an_option(connection: AsyncConnection, talk: Talk, text: str) -> Undo:
    mine = order_lines.c.order_id == talk.customer.ids["A"]
    before = (await connection.execute(select(order_lines.c.options).where(mine))).scalar_one()
    await connection.execute(update(order_lines).where(mine).values(options={**before, "style": text}))
    return lambda later: later.execute(update(order_lines).where(mine).values(options=before))


async def _in_the_news(connection: AsyncConnection, talk: Talk, text: str) -> Undo:
    mine = shipments.c.order_id == talk.customer.ids["A"]
    parcel = (await connection.execute(select(shipments).where(mine))).one()
    event = {
        "tenant_id": parcel.tenant_id, "shipment_id": parcel.shipment_id, "position": 0, "at": parcel.shipped_at,
        "state": TrackingState.IN_TRANSIT.value, "place_zh": "杭州", "place_en": "Hangzhou", "text_zh": text, "text_en": text,
    }  # fmt: skip
    await connection.execute(insert(tracking_events).values(**event))
    of_it = tracking_events.c.shipment_id == parcel.shipment_id
    return lambda later: later.execute(delete(tracking_events).where(of_it))


async def _in_the_recipient(connection: AsyncConnection, talk: Talk, text: str) -> Undo:
    mine = orders.c.order_id == talk.customer.ids["A"]
    before = (await connection.execute(select(orders.c.address).where(mine))).scalar_one()
    await connection.execute(update(orders).where(mine).values(address={**before, "recipient": text}))
    return lambda later: later.execute(update(orders).where(mine).values(address=before))


_ROWS: Final[Mapping[str, Plant]] = {
    "product": _on_the_page,
    "line": _in_the_name,
    "option": _in_an_option,
    "tracking": _in_the_news,
    "recipient": _in_the_recipient,
}
