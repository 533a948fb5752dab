"""What a search over the API is told besides its words."""

from dataclasses import replace
from typing import Final

import pytest

from commerce.domain.catalogue import ProductVocabulary, Term
from commerce.domain.errors import StoreUnavailable
from commerce.domain.product_query import asked_categories, query_from_text
from commerce.domain.text import LocalText
from deployments.errors import StageFailed, StageTimeout
from deployments.searching import informed
from deployments.snapshots import Snapshots
from models.types import SearchRequest
from tests.local_service import POISON, LocalUnderstanding, Shop

ASKED: Final = SearchRequest("demo", "手机充电器怎么退货", "zh")
PHONES: Final = Term("phones", LocalText("手机通讯", "Phones"), ())
CHARGER: Final = Term("charger", LocalText("充电器", "charger"), (), ("electronics", "phones"))
VOCABULARY: Final = ProductVocabulary(product_types=(CHARGER,), categories=(PHONES,), colours=())


class NoStore(Snapshots):
    """Its store is away."""

    def __init__(self) -> None:
        pass

    async def shop(self, tenant_id: str) -> object:  # type: ignore[override]
        raise StoreUnavailable("away")


async def test_a_search_is_told_the_intents_and_the_categories(shop: Shop) -> None:
    told = await informed(ASKED, shop.service.understanding, shop.service.snapshots, 1.0)
    (read,) = await shop.service.understanding.understand("demo", [ASKED.query], 1.0)
    assert told.intents and told.intents == read.top  # type: ignore[union-attr]
    assert "phones" in told.categories
    assert replace(told, intents=(), categories=()) == ASKED


@pytest.mark.parametrize(
    "failure", [StageTimeout("understanding", "late"), StageFailed("understanding", "x")]
)
async def test_without_understanding_it_goes_on(shop: Shop, failure: Exception) -> None:
    shop.service.understanding.failure = failure
    told = await informed(ASKED, shop.service.understanding, shop.service.snapshots, 1.0)
    assert told.intents == () and "phones" in told.categories


async def test_a_text_that_cannot_be_read_and_a_store_that_is_away(shop: Shop) -> None:
    poison = replace(ASKED, query=POISON)
    assert (await informed(poison, shop.service.understanding, shop.service.snapshots, 1.0)).intents == ()
    told = await informed(ASKED, LocalUnderstanding(), NoStore(), 1.0)
    assert told.intents and told.categories == ()


def test_a_kind_of_goods_names_its_categories() -> None:
    def categories(text: str) -> tuple[str, ...]:
        return asked_categories(query_from_text(text, VOCABULARY, "zh"), VOCABULARY)

    assert categories("充电器坏了") == ("electronics", "phones")
    assert categories("手机通讯保修") == ("phones",)
    assert categories("怎么退货") == ()
