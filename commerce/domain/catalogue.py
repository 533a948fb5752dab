"""Categories, products and their variants, and what a search asks and finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from commerce.domain.money import Money
from commerce.domain.text import LocalText


class SaleClass(StrEnum):
    """What a product is for the return rules, where its category does not say it."""

    STANDARD = "standard"
    UNDERWEAR = "underwear"
    CUSTOM_MADE = "custom_made"
    SOFTWARE = "software"
    PREPAID_CARD = "prepaid_card"


@dataclass(frozen=True, slots=True)
class Category:
    slug: str
    name: LocalText


@dataclass(frozen=True, slots=True)
class Variant:
    """What is bought. `colour` is a slug of the shop's vocabulary; `options` are the shop's own words
    (capacity: 256GB).
    """

    variant_id: str
    product_id: str
    colour: str | None
    size: str | None
    options: Mapping[str, str] = field(hash=False)
    price_minor: int
    currency: str
    stock: int

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Product:
    """`product_type` is a slug of the shop's vocabulary; `sold_count` counts units over the shop's life."""

    product_id: str
    category: str
    product_type: str
    name: LocalText
    description: LocalText
    brand: LocalText
    sale_class: SaleClass
    is_giftable: bool
    is_own_brand: bool
    sold_count: int
    launched_at: datetime | None
    variants: tuple[Variant, ...]
    attributes: Mapping[str, object] = field(hash=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the catalogue, with everything that customers call it, in both languages, lower case.

    `categories` are the slugs in which a product type occurs (down jackets are women's and men's); empty
    for the others.
    """

    slug: str
    name: LocalText
    synonyms: tuple[str, ...]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductVocabulary:
    """The words by which a shop's products are found: for entity matching and for `query_from_text`."""

    product_types: tuple[Term, ...]
    colours: tuple[Term, ...]
    categories: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Sold:
    """What a product is called, and its brand; empty where it has none."""

    name: LocalText
    brand: LocalText


@dataclass(frozen=True, slots=True)
class ProductQuery:
    """What must hold for every hit. Empty fields ask for nothing.

    `tokens` are free words (a brand, a series, a material), in either language: hits that contain more of
    them come first, and when nothing else says which goods are meant (no type, category or gift) a hit
    contains at least one. The other fields are strict; `product_types`, `categories` and `colour` are
    slugs of the vocabulary. Prices are minor units of the shop's currency, both ends included. A size is
    asked only of goods that have sizes.
    """

    tokens: tuple[str, ...] = ()
    product_types: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    colour: str | None = None
    size: str | None = None
    min_price_minor: int | None = None
    max_price_minor: int | None = None
    in_stock: bool = True
    is_gift: bool = False
    limit: int = 5
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class ProductHit:
    """The variant of a product that fits a query best: in stock first, then the cheapest. One hit a
    product.
    """

    product_id: str
    variant_id: str
    name: LocalText
    product_type: str
    category: str
    colour: str | None
    size: str | None
    price_minor: int
    currency: str
    stock: int
    sold_count: int

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)
