"""Which product a customer takes: by category, price, gifts and popularity."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import defaultdict
from itertools import accumulate

from commerce.demo.catalogue_rows import CatalogueRows, Row


class Shelves:
    """The catalogue, sorted for drawing. Popularity is drawn here, once for the shop's life: a few
    products sell most.
    """

    def __init__(self, rng: random.Random, catalogue: CatalogueRows) -> None:
        self._rng = rng
        self.products = {row["product_id"]: row for row in catalogue.products}
        self.variants: dict[str, list[Row]] = defaultdict(list)
        for row in catalogue.variants:
            self.variants[row["product_id"]].append(row)
        self._popularity = {
            product_id: min(4.0, rng.lognormvariate(0.0, 0.8)) for product_id in self.products
        }
        self._pools: dict[tuple[str, int, bool], tuple[list[str], list[float]]] = {}
        for category in sorted({row["category"] for row in catalogue.products}):
            for tier in (0, 1, 2):
                for is_gift in (False, True):
                    self._pools[category, tier, is_gift] = self._pool(category, tier, is_gift)

    def _pool(self, category: str, tier: int, is_gift: bool) -> tuple[list[str], list[float]]:
        here = [row["product_id"] for row in self.products.values() if row["category"] == category]
        if is_gift:
            here = [item for item in here if self.products[item]["is_giftable"]] or here
        here.sort(key=self._price)
        half = len(here) // 2
        chosen = (here[: half + 1], here, here[half:])[tier]
        return chosen, list(accumulate(self._popularity[item] for item in chosen))

    def _price(self, product_id: str) -> int:
        return int(self.variants[product_id][0]["price_minor"])

    def draw(self, category: str, tier: int, is_gift: bool) -> str:
        """A product id."""
        items, sums = self._pools[category, tier, is_gift]
        return items[bisect_left(sums, self._rng.random() * sums[-1])]

    def draw_variant(self, product_id: str) -> Row:
        return self._rng.choice(self.variants[product_id])
