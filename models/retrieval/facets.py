"""What an article is about and when it is shown: which rows a search may find, and which it prefers."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import numpy.typing as npt

from models.retrieval.articles import IndexedArticle
from models.retrieval.weights import Weights
from models.types import SearchRequest

Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class Facets:
    """Articles by row. Not for two threads at once."""

    def __init__(self) -> None:
        self._first_intent: dict[str, set[int]] = defaultdict(set)
        self._other_intent: dict[str, set[int]] = defaultdict(set)
        self._category: dict[str, set[int]] = defaultdict(set)
        self._product: dict[str, set[int]] = defaultdict(set)
        self._has_category: Mask = np.zeros(0, dtype=np.bool_)
        self._has_product: Mask = np.zeros(0, dtype=np.bool_)
        # Seconds since 1970; a row without an article is never shown.
        self._from: npt.NDArray[np.float64] = np.zeros(0)
        self._until: npt.NDArray[np.float64] = np.zeros(0)

    def make_room(self, rows: int) -> None:
        """For rows 0 … `rows` − 1."""
        missing = rows - len(self._from)
        if missing > 0:
            none = np.zeros(missing, dtype=np.bool_)
            self._has_category = np.concatenate([self._has_category, none])
            self._has_product = np.concatenate([self._has_product, none])
            self._from = np.concatenate([self._from, np.full(missing, np.inf)])
            self._until = np.concatenate([self._until, np.full(missing, -np.inf)])

    def put(self, row: int, article: IndexedArticle) -> None:
        """The row must be free."""
        for slugs, slug in self._named(article):
            slugs[slug].add(row)
        self._has_category[row] = bool(article.categories)
        self._has_product[row] = bool(article.products)
        self._from[row] = -np.inf if article.publish_at is None else article.publish_at.timestamp()
        self._until[row] = np.inf if article.expires_at is None else article.expires_at.timestamp()

    def remove(self, row: int, article: IndexedArticle) -> None:
        """Frees the row."""
        for slugs, slug in self._named(article):
            slugs[slug].discard(row)
            if not slugs[slug]:
                del slugs[slug]
        self._from[row], self._until[row] = np.inf, -np.inf

    def shown(self, request: SearchRequest, at: datetime) -> Mask:
        """Which rows the request may find then."""
        now = at.timestamp()
        found: Mask = (self._from <= now) & (now < self._until)
        if request.only_category is not None:
            found &= self._about(self._category, request.only_category, self._has_category)
        if request.only_product is not None:
            found &= self._about(self._product, request.only_product, self._has_product)
        return found

    def fit(self, request: SearchRequest, weights: Weights) -> Scores:
        """What a request's intents, categories and product add to each row."""
        return self._intents_fit(request, weights) + self._categories_fit(request, weights)

    def _intents_fit(self, request: SearchRequest, weights: Weights) -> Scores:
        probable = np.zeros(len(self._from), dtype=np.float32)
        for intent in request.intents:
            probable[_rows(self._first_intent.get(intent.intent, ()))] += intent.probability
            others = _rows(self._other_intent.get(intent.intent, ()))
            probable[others] += weights.other_intent * intent.probability
        found: Scores = weights.intent * np.log1p(probable / weights.doubt)
        return found

    def _categories_fit(self, request: SearchRequest, weights: Weights) -> Scores:
        found = np.zeros(len(self._from), dtype=np.float32)
        asked = {*request.categories, *filter(None, (request.only_category,))}
        if asked:
            listed = _rows({row for slug in asked for row in self._category.get(slug, ())})
            found += weights.other_category * self._has_category
            found[listed] = weights.category
        else:
            found += weights.unasked_category * self._has_category
        if request.only_product is not None:
            found[_rows(self._product.get(request.only_product, ()))] += weights.product
        return found

    def _named(self, article: IndexedArticle) -> Iterable[tuple[dict[str, set[int]], str]]:
        for place, intent in enumerate(article.intents):
            yield (self._other_intent if place else self._first_intent), intent
        for slug in article.categories:
            yield self._category, slug
        for product_id in article.products:
            yield self._product, product_id

    def _about(self, listed: dict[str, set[int]], name: str, has_any: Mask) -> Mask:
        """Rows that list it, and those that list none."""
        found: Mask = ~has_any
        found[_rows(listed.get(name, ()))] = True
        return found


def _rows(rows: Iterable[int]) -> npt.NDArray[np.int64]:
    return np.fromiter(rows, dtype=np.int64)
