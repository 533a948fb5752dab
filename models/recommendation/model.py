"""The trained recommender, in numpy: ranks the goods on offer by who bought alike, what is alike, and what sells.

The three parts meet on one scale: `personal` is 1 at the best score of a typical customer, `similar` is a cosine,
`popular` is 1 for the shop's best seller. Their weighted sum is the score; the greatest summand is the basis that is told.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.artifacts import Tensors, read_model, write_model
from models.errors import ModelDamaged
from models.recommendation.content import ContentSpace, Floats
from models.recommendation.history import HALF_LIFE_DAYS, bought_products, evidence
from models.types import Basis, Interaction, Item, Ranked

KIND: Final = "recommendation"

PERSONAL_WEIGHT: Final = 1.0
SIMILAR_WEIGHT: Final = 0.2
UNSEEN_SIMILAR_WEIGHT: Final = 0.7
"""Of products that nobody had taken in training: what they are is all that is known of them."""
POPULAR_WEIGHT: Final = 0.2

VARIED_PLACES: Final = 5
MOST_OF_A_TYPE: Final = 2
"""At most two products of one type among the first five, when there are others."""

_BASES: Final[tuple[Basis, ...]] = ("personal", "similar", "popular")
_DECIMALS: Final = 6
_MOST_NEW_VECTORS: Final = 20_000

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Candidates made ready for ranking. `known` [n]: their rows in the co-purchase matrix, -1 where they have none."""

    ids: tuple[str, ...]
    types: tuple[str, ...]
    known: Places
    vectors: Floats
    popularity: Floats
    order: Places  # of the ids


@dataclass(frozen=True, slots=True)
class _Parts:
    """What each part adds to a candidate's score, [3, n], and the history's strongest voice in the first two, [2, n]."""

    added: Floats
    voices: npt.NDArray[np.int64]
    spoken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recommender:
    """`weights` [products, products]: how much having the row's product speaks for the column's; `personal_scale` its unit.

    `vectors` [items, dimensions] and `popularity` [items] are of all `items` of the shop at training.
    """

    products: Mapping[str, int]
    weights: Floats
    personal_scale: float
    items: Mapping[str, int]
    vectors: Floats
    popularity: Floats
    content: ContentSpace
    as_of: datetime
    _new_vectors: dict[Item, Floats] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, folder: Path) -> "Recommender":
        """Raises ModelNotFound, ModelDamaged, ModelUnloadable."""
        card, tensors = read_model(folder, KIND)
        try:
            terms, products, items = (_rows(card[name]) for name in ("terms", "products", "items"))
            model = cls(
                products,
                tensors["weights"].astype(np.float32),
                float(card["personal_scale"]),
                items,
                tensors["vectors"].astype(np.float32),
                tensors["popularity"],
                ContentSpace(terms, tensors["idf"], tensors["projection"]),
                datetime.fromisoformat(card["as_of"]),
            )
        except (KeyError, TypeError, ValueError) as broken:
            raise ModelDamaged(str(folder), "card.json", f"lacks a part ({broken})") from broken
        if not model._fits():
            raise ModelDamaged(str(folder), "card.json", "does not fit its tensors; train the model again")
        return model

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        """Write the model into `folder` with what else its card says."""
        lists = {
            "products": list(self.products),
            "items": list(self.items),
            "terms": list(self.content.terms),
        }
        tensors: Tensors = {
            "weights": self.weights.astype(np.float16),
            "vectors": self.vectors.astype(np.float16),
            "popularity": self.popularity,
            "idf": self.content.idf,
            "projection": self.content.projection,
        }
        whole = {**card, "as_of": self.as_of.isoformat(), "personal_scale": self.personal_scale, **lists}
        write_model(folder, KIND, whole, tensors)

    def _fits(self) -> bool:
        n, terms = len(self.products), len(self.content.terms)
        return (
            self.weights.shape == (n, n)
            and self.content.idf.shape == (terms,)
            and self.content.projection.shape[0] == terms
            and self.vectors.shape == (len(self.items), self.content.projection.shape[1])
            and self.popularity.shape == (len(self.items),)
        )

    def rank(
        self,
        history: Sequence[Interaction],
        candidates: Sequence[Item],
        as_of: datetime,
        limit: int,
        *,
        exclude_bought: bool = True,
    ) -> tuple[Ranked, ...]:
        """At most `limit` of `candidates`, best first, for the one customer of `history`; its later events do not count.

        Candidates are what may be offered now. An empty history gets what sells, a product never seen in training is
        judged by what it is. Ties go by product id.
        """
        return self.rank_shelf(history, self.shelf(candidates), as_of, limit, exclude_bought=exclude_bought)

    def shelf(self, candidates: Sequence[Item]) -> Shelf:
        """Make candidates ready, for ranking the same ones for many customers."""
        unique = tuple({item.product_id: item for item in candidates}.values())
        ids = tuple(item.product_id for item in unique)
        rows = np.array([self.items.get(product, -1) for product in ids], dtype=np.int64)
        vectors = np.zeros((len(ids), self.vectors.shape[1]), dtype=np.float32)
        popularity = np.zeros(len(ids), dtype=np.float32)
        is_listed = rows >= 0
        vectors[is_listed], popularity[is_listed] = (
            self.vectors[rows[is_listed]],
            self.popularity[rows[is_listed]],
        )
        for place in np.flatnonzero(~is_listed):
            vectors[place] = self._new_vector(unique[place])
        known = np.array([self.products.get(product, -1) for product in ids], dtype=np.int64)
        order = np.argsort(np.argsort(np.array(ids, dtype=np.str_), kind="stable"), kind="stable")
        return Shelf(ids, tuple(item.product_type for item in unique), known, vectors, popularity, order)

    def rank_shelf(
        self,
        history: Sequence[Interaction],
        shelf: Shelf,
        as_of: datetime,
        limit: int,
        *,
        exclude_bought: bool = True,
    ) -> tuple[Ranked, ...]:
        """`rank`, of candidates made ready by this model's `shelf`."""
        weighed = evidence(history, as_of, HALF_LIFE_DAYS)
        if len(weighed) > 1:
            raise ValueError(f"the history is of {len(weighed)} customers, and one is ranked for at a time")
        parts = self._parts(next(iter(weighed.values()), {}), shelf)
        scores = np.round(parts.added.sum(axis=0), _DECIMALS)
        bought = bought_products(history, as_of) if exclude_bought else frozenset()
        order = [int(p) for p in np.lexsort((shelf.order, -scores)) if shelf.ids[p] not in bought]
        chosen = _varied(order, shelf.types)[: max(0, limit)]
        return tuple(_ranked(place, shelf, parts, float(scores[place])) for place in chosen)

    def _parts(self, weighed: Mapping[str, float], shelf: Shelf) -> _Parts:
        spoken = tuple(weighed)
        voices = np.zeros((2, len(shelf.ids)), dtype=np.int64)
        added = np.zeros((3, len(shelf.ids)), dtype=np.float32)
        added[2] = POPULAR_WEIGHT * shelf.popularity
        if spoken and shelf.ids:
            strengths = np.array(list(weighed.values()), dtype=np.float32)
            personal = strengths[:, None] * self._co_purchase(spoken, shelf)
            added[0], voices[0] = PERSONAL_WEIGHT * personal.sum(axis=0), personal.argmax(axis=0)
            alike = strengths[:, None] * (self._vectors_of(spoken, shelf) @ shelf.vectors.T)
            weight = np.where(shelf.known >= 0, SIMILAR_WEIGHT, UNSEEN_SIMILAR_WEIGHT)
            added[1], voices[1] = weight * alike.max(axis=0), alike.argmax(axis=0)
        return _Parts(added, voices, spoken)

    def _co_purchase(self, spoken: Sequence[str], shelf: Shelf) -> Floats:
        """[history, candidates], in units of a typical customer's best score; 0 where either was never bought."""
        found = np.zeros((len(spoken), len(shelf.ids)), dtype=np.float32)
        rows = np.array([self.products.get(product, -1) for product in spoken], dtype=np.int64)
        is_row, is_column = rows >= 0, shelf.known >= 0
        block = self.weights[np.ix_(rows[is_row], shelf.known[is_column])]
        found[np.ix_(is_row, is_column)] = block / self.personal_scale
        return found

    def _vectors_of(self, spoken: Sequence[str], shelf: Shelf) -> Floats:
        """[history, dimensions]; 0 for a product that is neither of the shop at training nor on the shelf."""
        places = {product: place for place, product in enumerate(shelf.ids)}
        vectors = np.zeros((len(spoken), self.vectors.shape[1]), dtype=np.float32)
        for place, product in enumerate(spoken):
            if product in self.items:
                vectors[place] = self.vectors[self.items[product]]
            elif product in places:
                vectors[place] = shelf.vectors[places[product]]
        return vectors

    def _new_vector(self, item: Item) -> Floats:
        if (kept := self._new_vectors.get(item)) is not None:
            return kept
        if len(self._new_vectors) >= _MOST_NEW_VECTORS:
            self._new_vectors.clear()
        return self._new_vectors.setdefault(item, self.content.vector(item))


def _rows(names: Sequence[str]) -> dict[str, int]:
    return {name: row for row, name in enumerate(names)}


def _varied(order: Sequence[int], types: Sequence[str]) -> list[int]:
    """The order with those moved down that would be the third of their type among the first five."""
    first: list[int] = []
    taken: Counter[str] = Counter()
    for place in order:
        if len(first) == VARIED_PLACES:
            break
        kind = types[place]
        if not kind or taken[kind] < MOST_OF_A_TYPE:
            taken[kind] += 1
            first.append(place)
    chosen = set(first)
    return [*first, *(place for place in order if place not in chosen)]


def _ranked(place: int, shelf: Shelf, parts: _Parts, score: float) -> Ranked:
    greatest = int(parts.added[:, place].argmax())
    because = None
    if greatest < len(parts.voices) and parts.spoken and parts.added[greatest, place] > 0:
        because = parts.spoken[int(parts.voices[greatest, place])]
    basis = _BASES[greatest] if because is not None else "popular"
    return Ranked(shelf.ids[place], round(score, _DECIMALS), basis, because)
