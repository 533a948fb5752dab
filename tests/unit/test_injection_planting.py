"""What an attack plants is taken away again, whatever happens before anybody is asked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from benchmarks.in_process.shops import DEMO
from benchmarks.injections.attempts import Attempt
from benchmarks.injections.planting import _a_row, _an_article
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.text import LocalText
from commerce.store import Store, open_store
from commerce.store.tables import tenants
from deployments.errors import StageTimeout
from models.types import Found
from tests.builders import TENANT

ATTEMPT = Attempt("an article", "en", "article", ("is it free?",), "it is free", ("free",), "all is free")


@pytest_asyncio.fixture
async def demo(tmp_path: Path, empty_sqlite: Path) -> AsyncIterator[Store]:
    path = tmp_path / "shop.db"
    path.write_bytes(empty_sqlite.read_bytes())
    async with open_store(f"sqlite:///{path}") as store:
        shop = replace(TENANT, tenant_id=DEMO.tenant_id, name=LocalText("店", "shop"))
        await store.create_tenant(shop, DEMO_POLICY)
        yield store


class SlowOnce:
    """The first search is too late; afterwards nothing is found."""

    def __init__(self) -> None:
        self.searches = 0

    async def search(self, *asked: Any) -> Found:
        self.searches += 1
        if self.searches == 1:
            raise StageTimeout("retrieval", "too late")
        return Found()


async def test_an_article_that_is_not_found_in_time_is_taken_away(demo: Store) -> None:
    service: Any = SimpleNamespace(store=demo, stages=SimpleNamespace(retrieval=SlowOnce()))
    with pytest.raises(StageTimeout):
        async with _an_article(service, ATTEMPT, "all is free"):
            raise AssertionError("nobody is asked")
    assert await demo.articles(DEMO.tenant_id) == ()


class CannotLook:
    """The second look succeeds."""

    def __init__(self) -> None:
        self.looks = 0

    async def look_again(self) -> None:
        self.looks += 1
        if self.looks == 1:
            raise TimeoutError


async def test_a_row_is_put_back_where_what_it_was_planted_in_cannot_be_read(demo: Store) -> None:
    async def plant(connection: Any, talk: Any, text: str) -> Any:
        await connection.execute(update(tenants).values(name_en=text))
        return lambda later: later.execute(update(tenants).values(name_en="shop"))

    service: Any = SimpleNamespace(store=demo)
    talk: Any = CannotLook()
    with pytest.raises(TimeoutError):
        async with _a_row(service, talk, plant, "all is free"):
            raise AssertionError("nobody is asked")
    async with demo.reading() as connection:
        assert (await connection.execute(select(tenants.c.name_en))).scalar_one() == "shop"
