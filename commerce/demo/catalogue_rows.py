"""Products, variants and vocabulary of the demonstration shop."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product as pairs
from typing import Any

from commerce.demo.data_files import load_catalogue, load_table
from commerce.domain.catalogue import SaleClass
from commerce.domain.product_query import searchable

Row = dict[str, Any]

_PRODUCTS_PER_TYPE = 5
_SOLD_OUT_SHARE = 0.08
_OPTION_STEP = 0.14


@dataclass(frozen=True, slots=True)
class CatalogueRows:
    products: list[Row]
    variants: list[Row]
    terms: list[Row]


def catalogue_rows(rng: random.Random, now: datetime, tenant_id: str, currency: str) -> CatalogueRows:
    """At least 500 products in 16 categories. Prices, stock and ids depend on `rng`, names do not."""
    builder = _Builder(rng, now, tenant_id, currency)
    for category in load_catalogue():
        builder.add_category(category)
    return CatalogueRows(
        builder.products, builder.variants, [*builder.terms.values(), *_colour_terms(tenant_id)]
    )


class _Builder:
    def __init__(self, rng: random.Random, now: datetime, tenant_id: str, currency: str) -> None:
        self._rng = rng
        self._now = now
        self._tenant_id = tenant_id
        self._currency = currency
        self._brands: dict[str, Row] = load_table("brands")
        self._sizes: dict[str, list[str]] = load_table("sizes")
        self._ids = iter(rng.sample(range(10_000, 100_000), 5_000))
        self.products: list[Row] = []
        self.variants: list[Row] = []
        self.terms: dict[tuple[str, str], Row] = {}

    def add_category(self, category: Row) -> None:
        self._add_term("category", category["category"], category, [])
        for kind in category["types"]:
            self._add_term("product_type", kind["type"], kind, [category["category"]])
            made = list(pairs(kind["styles"], category["brands"]))
            # Each style once before any brand makes it a second time.
            made.sort(
                key=lambda pair: (category["brands"].index(pair[1]) + kind["styles"].index(pair[0])) % 3
            )
            count = max(_PRODUCTS_PER_TYPE, len(kind["styles"]))
            for index, (style, brand) in enumerate(made[:count]):
                self._add_product(category, kind, style, self._brands[brand], is_first=index == 0)

    def _add_term(self, kind: str, slug: str, entry: Row, categories: list[str]) -> None:
        known = self.terms.setdefault(
            (kind, slug), _term(self._tenant_id, kind, slug, entry, len(self.terms))
        )
        known["categories"] = list(dict.fromkeys([*known["categories"], *categories]))
        known["synonyms"] = list(dict.fromkeys([*known["synonyms"], *_lower(entry.get("also", []))]))

    def _add_product(self, category: Row, kind: Row, style: list[str], brand: Row, *, is_first: bool) -> None:
        rng = self._rng
        product_id = f"P{next(self._ids)}"
        prefix = category.get("prefix", ["", ""])
        if kind["zh"].startswith(prefix[0]):
            prefix = ["", prefix[1]]
        name_zh = f"{brand['zh']} {style[0]}{prefix[0]}{kind['zh']}"
        name_en = " ".join(word for word in (brand["en"], style[1], prefix[1], kind["en"]) if word)
        words = [name_zh, name_en, category["zh"], category["en"], *kind.get("also", []), *kind["about"]]
        self.products.append(
            {
                "tenant_id": self._tenant_id,
                "product_id": product_id,
                "category": category["category"],
                "product_type": kind["type"],
                "name_zh": name_zh,
                "name_en": name_en,
                "description_zh": f"{style[0]}{prefix[0]}{kind['zh']}：{kind['about'][0]}。",
                "description_en": f"{style[1][0].upper()}{style[1][1:]} {kind['en']}: {kind['about'][1]}.",
                "brand_zh": brand["zh"],
                "brand_en": brand["en"],
                "sale_class": kind.get("class", SaleClass.STANDARD.value),
                "is_giftable": kind.get("gift", False),
                "is_own_brand": brand.get("own", False),
                "sold_count": 0,
                "launched_at": self._now - timedelta(days=rng.randint(60, 1200)),
                "search_text": searchable(words),
                "attributes": {},
            }
        )
        self._add_variants(product_id, category, kind, is_first=is_first)

    def _add_variants(self, product_id: str, category: Row, kind: Row, *, is_first: bool) -> None:
        low, high = kind["yuan"]
        base = self._rng.uniform(low, low + (high - low) * self._rng.random())
        colours = self._colours(kind, is_first)
        sizes = self._sizes[run] if (run := kind.get("sizes", category.get("sizes"))) else [None]
        option, steps = next(iter(kind.get("options", {"": [None]}).items()))
        always = set(kind.get("fixed_colours", ())) if is_first else set()
        for number, (colour, size, step) in enumerate(pairs(colours, sizes, steps), start=1):
            price = min(base * (1 + _OPTION_STEP * steps.index(step)), high * 1.5)
            # The first variant of a first product, and its fixed colours, are never sold out.
            is_kept = colour in always or (is_first and number == 1)
            self.variants.append(
                {
                    "tenant_id": self._tenant_id,
                    "variant_id": f"{product_id}-{number:02d}",
                    "product_id": product_id,
                    "colour": colour,
                    "size": size,
                    "options": {option: step} if option else {},
                    "price_minor": _shelf_price(price),
                    "currency": self._currency,
                    "stock": self._stock(is_kept),
                    "attributes": {},
                }
            )

    def _colours(self, kind: Row, is_first: bool) -> list[str | None]:
        choices: list[str] = kind.get("colours", [])
        if not choices:
            return [None]
        fixed = kind.get("fixed_colours", []) if is_first else []
        drawn = self._rng.sample(choices, min(len(choices), self._rng.randint(2, 3)))
        return list(dict.fromkeys([*fixed, *drawn]))

    def _stock(self, is_kept: bool) -> int:
        if not is_kept and self._rng.random() < _SOLD_OUT_SHARE:
            return 0
        return self._rng.randint(5, 180)


def _shelf_price(yuan: float) -> int:
    """Minor units of a price as shops write it: it ends in 9, below 20 yuan in .90."""
    if yuan < 20:
        return int(yuan) * 100 + 90
    return (round(yuan / 10) * 10 - 1) * 100


def _term(tenant_id: str, kind: str, slug: str, entry: Row, position: int) -> Row:
    return {
        "tenant_id": tenant_id,
        "kind": kind,
        "slug": slug,
        "position": position,
        "name_zh": entry["zh"],
        "name_en": entry["en"],
        "synonyms": _lower(entry.get("also", [])),
        "categories": [],
    }


def _colour_terms(tenant_id: str) -> list[Row]:
    return [
        _term(tenant_id, "colour", entry["slug"], entry, position)
        for position, entry in enumerate(load_table("colours"))
    ]


def _lower(words: list[str]) -> list[str]:
    return [word.lower() for word in words]
