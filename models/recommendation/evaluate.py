"""How good recommendations are on a time split: do customers buy after a moment what was ranked first for them at it?"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from models.one_thread import one_thread
from models.recommendation.history import bought_products
from models.recommendation.model import Recommender
from models.types import Interaction, Item

DEPTH: Final = 10


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """HR@10: the share of customers with a hit among ten. NDCG@10: by the places of the hits. Coverage: of the candidates."""

    hr_at_10: float
    ndcg_at_10: float
    coverage: float


@dataclass(frozen=True, slots=True)
class RecommendationFigures:
    """`popular` ranks for everyone by how many customers bought; both leave out what the customer bought before."""

    split: datetime
    customers: int
    candidates: int
    ours: RankingFigures
    popular: RankingFigures

    def as_json(self) -> dict[str, Any]:
        """For a result file."""
        return {**asdict(self), "split": self.split.isoformat()}


@dataclass(frozen=True, slots=True)
class _Case:
    history: tuple[Interaction, ...]
    bought: frozenset[str]
    wanted: frozenset[str]


def evaluate(
    model: Recommender,
    interactions: Iterable[Interaction],
    items: Sequence[Item],
    split: datetime,
    *,
    most_customers: int | None = None,
    seed: int = 0,
) -> RecommendationFigures:
    """Rank all `items` at `split` for everyone who had bought before and bought something new to them after.

    `most_customers`: of more, a sample. ValueError for a model that has seen events after `split`, and without customers.
    """
    if model.as_of > split:
        raise ValueError(f"the model has seen events up to {model.as_of.isoformat()}, after the split")
    events = list(interactions)
    cases = _cases(events, items, split)
    if not cases:
        raise ValueError("no customer bought before the split and something new after it")
    if most_customers is not None and len(cases) > most_customers:
        chosen = np.random.default_rng(seed).choice(len(cases), most_customers, replace=False)
        cases = [cases[place] for place in sorted(chosen)]
    shelf = model.shelf(items)
    with one_thread():
        ours = [[r.product_id for r in model.rank_shelf(case.history, shelf, split, DEPTH)] for case in cases]
    best_sellers = _best_sellers(events, items, split)
    popular = [_first_new(best_sellers, case.bought) for case in cases]
    return RecommendationFigures(
        split, len(cases), len(items), _figures(ours, cases, len(items)), _figures(popular, cases, len(items))
    )


def _cases(events: Sequence[Interaction], items: Sequence[Item], split: datetime) -> list[_Case]:
    offered = {item.product_id for item in items}
    histories: dict[str, list[Interaction]] = {}
    after: dict[str, set[str]] = {}
    for event in events:
        if event.at <= split:
            histories.setdefault(event.customer_id, []).append(event)
        elif event.kind == "purchase" and event.product_id in offered:
            after.setdefault(event.customer_id, set()).add(event.product_id)
    cases = []
    for customer in sorted(after.keys() & histories.keys()):
        bought = bought_products(histories[customer], split)
        wanted = frozenset(after[customer] - bought)
        if bought and wanted:
            cases.append(_Case(tuple(histories[customer]), bought, wanted))
    return cases


def _best_sellers(events: Sequence[Interaction], items: Sequence[Item], split: datetime) -> list[str]:
    buyers = {(e.customer_id, e.product_id) for e in events if e.kind == "purchase" and e.at <= split}
    counts = Counter(product for _, product in buyers)
    return sorted((item.product_id for item in items), key=lambda product: (-counts[product], product))


def _first_new(ordered: Iterable[str], bought: frozenset[str]) -> list[str]:
    first: list[str] = []
    for product in ordered:
        if product not in bought:
            first.append(product)
        if len(first) == DEPTH:
            break
    return first


def _figures(ranked: Sequence[Sequence[str]], cases: Sequence[_Case], candidates: int) -> RankingFigures:
    hits = [
        [product in case.wanted for product in products] for products, case in zip(ranked, cases, strict=True)
    ]
    gains = [ndcg(found, len(case.wanted)) for found, case in zip(hits, cases, strict=True)]
    return RankingFigures(
        hr_at_10=round(sum(map(any, hits)) / len(cases), 4),
        ndcg_at_10=round(sum(gains) / len(cases), 4),
        coverage=round(len({product for products in ranked for product in products}) / candidates, 4),
    )


def ndcg(hits: Sequence[bool], wanted: int) -> float:
    """Normalised discounted cumulative gain of a ranking, 0 to 1, where `wanted` products would have been hits."""
    best = sum(1 / np.log2(place + 2) for place in range(min(len(hits), wanted)))
    return float(sum(hit / np.log2(place + 2) for place, hit in enumerate(hits)) / best) if best else 0.0
