"""Learns what goes with what in a shop: EASE on customers' products, content vectors, decayed sales.

EASE (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data"): the item-item weights that best rebuild each
customer's products from their other products, by one inversion of the ridge-regularised co-occurrence matrix.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.one_thread import one_thread
from models.recommendation.content import Floats, fit_content
from models.recommendation.evaluate import DEPTH, ndcg
from models.recommendation.history import evidence
from models.recommendation.model import KIND, Recommender
from models.types import Interaction, Item

RIDGE: Final = 200.0
"""Where validating costs too much or has too few customers to say anything."""
RIDGES: Final = (20.0, 50.0, 200.0, 500.0)
MOST_PRODUCTS: Final = 5000
"""The most widely taken ones get co-purchase weights: 50 MB at this many, and 5 s of one core's time to invert."""
_MOST_VALIDATED: Final = 1500
_FEWEST_HELD_OUT: Final = 50
_HELD_OUT_SHARE: Final = 0.2
_POPULAR_HALF_LIFE_DAYS: Final = 60.0
_LEAST_SCALE: Final = 0.02
"""Below it nothing speaks for anything: a shop with a handful of orders must not seem sure."""
_DAY: Final = timedelta(days=1)

Taken = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class RecommendationCard:
    """What was learnt, from what. `ridge` is EASE's λ; `validated`: NDCG@10 on the last fifth by λ, empty for the default.

    `products` have co-purchase weights; `items` is the shop's whole range.
    """

    as_of: datetime
    seed: int
    events: int
    customers: int
    products: int
    items: int
    ridge: float
    validated: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """For printing; card.json of the folder holds the names too."""
        return {"kind": KIND, **asdict(self), "as_of": self.as_of.isoformat()}


def train(
    interactions: Iterable[Interaction], items: Sequence[Item], as_of: datetime, seed: int, folder: Path
) -> RecommendationCard:
    """Learn from what happened up to `as_of` (timezone-aware) and write the model into `folder`.

    `items` is what the shop sells, in stock or not. The same input and seed give the same files on the same machine. A
    shop without events or without goods gets a model too.
    """
    events = [event for event in interactions if event.at <= as_of]
    ordered = sorted(items, key=lambda item: item.product_id)
    with one_thread("scipy.sparse", "sklearn.decomposition"):
        model, ridge, validated = _fit(events, ordered, as_of, seed)
    customers = len({event.customer_id for event in events})
    card = RecommendationCard(
        as_of, seed, len(events), customers, len(model.products), len(ordered), ridge, validated
    )
    described = card.as_json()
    del described["items"], described["products"]  # the folder's card lists them by name
    model.save(folder, described)
    return card


def _fit(
    events: Sequence[Interaction], ordered: Sequence[Item], as_of: datetime, seed: int
) -> tuple[Recommender, float, dict[str, float]]:
    taken = evidence(events, as_of, None)
    products = _products(taken)
    ridge, validated = _choose_ridge(events, len(products))
    weights, scale = _co_purchase(taken, products, ridge)
    content = fit_content(ordered, seed)
    vectors = np.zeros((len(ordered), content.projection.shape[1]), dtype=np.float32)
    for row, item in enumerate(ordered):
        vectors[row] = content.vector(item)
    model = Recommender(
        products=products,
        weights=weights,
        personal_scale=scale,
        items={item.product_id: row for row, item in enumerate(ordered)},
        vectors=vectors,
        popularity=_popularity(events, ordered, as_of),
        content=content,
        as_of=as_of,
    )
    return model, ridge, validated


def _products(taken: Taken) -> dict[str, int]:
    """The products that at least one customer took, the most widely taken of very many, by id."""
    customers = Counter(product for products in taken.values() for product in products)
    most = sorted(customers, key=lambda product: (-customers[product], product))[:MOST_PRODUCTS]
    return {product: row for row, product in enumerate(sorted(most))}


def _co_purchase(taken: Taken, products: Mapping[str, int], ridge: float) -> tuple[Floats, float]:
    """EASE's weights [products, products] and the median over customers of their best new score."""
    if not products:
        return np.zeros((0, 0), dtype=np.float32), 1.0
    matrix = _matrix(taken, products)
    weights = ease(matrix, ridge)
    sample = matrix[:: max(1, matrix.shape[0] // 1000)]
    scores = np.asarray(sample @ weights)
    scores[sample.nonzero()] = -np.inf
    best = scores.max(axis=1)
    best = best[np.isfinite(best)]
    return weights, max(_LEAST_SCALE, float(np.median(best)) if len(best) else 0.0)


def ease(matrix: Any, ridge: float) -> Floats:
    """The weights [products, products] of a sparse [customers, products], zero on the diagonal."""
    gram = np.asarray((matrix.T @ matrix).todense(), dtype=np.float32)
    gram[np.diag_indices(len(gram))] += ridge
    inverse = np.linalg.inv(gram)
    weights: Floats = np.asarray(-inverse / np.diag(inverse), dtype=np.float32)
    np.fill_diagonal(weights, 0.0)
    return weights


def _matrix(taken: Taken, products: Mapping[str, int]) -> Any:
    from scipy.sparse import csr_matrix

    cells = [
        (row, products[product], weight)
        for row, found in enumerate(taken.values())
        for product, weight in found.items()
        if product in products
    ]
    rows, columns, weights = (np.array([cell[place] for cell in cells]) for place in range(3))
    return csr_matrix(
        (weights.astype(np.float32), (rows.astype(np.int64), columns.astype(np.int64))),
        (len(taken), len(products)),
    )


def _choose_ridge(events: Sequence[Interaction], products: int) -> tuple[float, dict[str, float]]:
    """λ by NDCG@10 of new purchases in the last fifth of the purchases; the smallest of equals."""
    moments = sorted(event.at for event in events if event.kind == "purchase")
    if not moments or products > _MOST_VALIDATED:
        return RIDGE, {}
    split = moments[int(len(moments) * (1 - _HELD_OUT_SHARE))]
    taken = evidence(events, split, None)
    wanted: dict[str, set[str]] = {}
    rows = _products(taken)
    for event in events:
        is_new = event.at > split and event.kind == "purchase" and event.product_id in rows
        if is_new and event.product_id not in taken.get(event.customer_id, {event.product_id: 1.0}):
            wanted.setdefault(event.customer_id, set()).add(event.product_id)
    if len(wanted) < _FEWEST_HELD_OUT:
        return RIDGE, {}
    matrix = _matrix(taken, rows)
    validated = {ridge: _held_out(matrix, ease(matrix, ridge), taken, rows, wanted) for ridge in RIDGES}
    best = max(RIDGES, key=lambda ridge: (validated[ridge], -ridge))
    return best, {f"{ridge:g}": figure for ridge, figure in validated.items()}


def _held_out(
    matrix: Any, weights: Floats, taken: Taken, rows: Mapping[str, int], wanted: Mapping[str, set[str]]
) -> float:
    places = {customer: place for place, customer in enumerate(taken)}
    chosen = sorted(wanted)
    histories = matrix[[places[customer] for customer in chosen]]
    scores = np.asarray(histories @ weights)
    scores[histories.nonzero()] = -np.inf
    best = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    gains = []
    for customer, places_of in zip(chosen, best, strict=True):
        right = {rows[product] for product in wanted[customer]}
        gains.append(ndcg([int(place) in right for place in places_of], len(right)))
    return round(float(np.mean(gains)), 4)


def _popularity(events: Iterable[Interaction], items: Sequence[Item], as_of: datetime) -> Floats:
    """[items], 0 to 1: purchases, each counting half after 60 days, on a log scale."""
    sold = {item.product_id: 0.0 for item in items}
    for event in events:
        if event.kind == "purchase" and event.product_id in sold:
            sold[event.product_id] += 0.5 ** ((as_of - event.at) / _DAY / _POPULAR_HALF_LIFE_DAYS)
    counts = np.log1p(np.array(list(sold.values()), dtype=np.float32))
    return np.asarray(counts / max(float(counts.max(initial=0.0)), 1e-9), dtype=np.float32)
