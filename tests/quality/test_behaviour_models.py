"""The trained models on a real shop's year: Online Retail II, trained before October 2010, judged after."""

from pathlib import Path
from time import perf_counter

import pytest

from benchmarks.online_retail import FILE, SPLIT, read_online_retail
from models.recommendation.evaluate import evaluate
from models.recommendation.model import Recommender
from models.recommendation.train import train as train_recommendation
from models.segmentation.train import train as train_segmentation
from models.types import Interaction, Item
from tests.conftest import SHARED_DATA

Shop = tuple[list[Interaction], list[Item]]


@pytest.fixture(scope="module")
def shop() -> Shop:
    path = SHARED_DATA / FILE
    if not path.exists():
        pytest.skip(f"Online Retail II is not at {path}")
    return read_online_retail(path)


def test_recommendations_beat_popularity_on_a_real_shop(shop: Shop, tmp_path: Path) -> None:
    started = perf_counter()
    events, items = shop
    train_recommendation(events, items, SPLIT, 0, tmp_path)
    figures = evaluate(Recommender.load(tmp_path), events, items, SPLIT, most_customers=600)
    assert figures.customers == 600
    assert figures.ours.hr_at_10 >= figures.popular.hr_at_10 + 0.1
    assert figures.ours.ndcg_at_10 >= 1.5 * figures.popular.ndcg_at_10
    assert figures.ours.coverage > figures.popular.coverage
    assert perf_counter() - started < 60


def test_segments_of_a_real_shop_are_reproducible_and_differ_in_worth(shop: Shop, tmp_path: Path) -> None:
    events, _ = shop
    card = train_segmentation(events, max(event.at for event in events), 0, tmp_path)
    assert 3 <= card.chosen <= 6
    assert card.figures.stability_ari is not None
    assert card.figures.stability_ari >= 0.8
    best = card.figures.segments[0]
    assert best.name == "champions"
    assert best.revenue_share > 2 * best.share
