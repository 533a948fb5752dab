"""The goods that dialogues speak of: products with their variants, made anew for each customer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product as pairs
from pathlib import Path
from typing import Any, Final

import yaml

from commerce.demo.generator import DEMO_TENANT
from commerce.domain.catalogue import SaleClass
from commerce.domain.product_query import searchable

Row = dict[str, Any]
IN_STOCK: Final = 10
"""Of each variant, before anything is ordered."""
CURRENCY: Final = "CNY"
_FILE: Final = Path(__file__).parent / "goods.yaml"


@dataclass(frozen=True, slots=True)
class Kind:
    """One variant of a product: `name` is how dialogues call it ("jacket red M"), `price_minor` today's."""

    name: str
    product: str
    colour: str | None
    size: str | None
    options: dict[str, str]
    price_minor: int


@cache
def goods() -> dict[str, Row]:
    """The file, by name."""
    read: dict[str, Row] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read


@cache
def kinds_of(product: str) -> tuple[Kind, ...]:
    """Its variants; KeyError for goods that are not in the file."""
    of = goods()[product]
    option, values = next(iter(of.get("options", {"": [None]}).items()))
    made = pairs(of.get("colours", [None]), of.get("sizes", [None]), values)
    return tuple(_kind(product, of, colour, size, option, value) for colour, size, value in made)


def _kind(
    product: str, of: Row, colour: str | None, size: str | None, option: str, value: str | None
) -> Kind:
    marks = [mark for mark in (colour, size, value) if mark is not None]
    dearer = of.get("dearer", {})
    yuan = next((dearer[mark] for mark in marks if mark in dearer), of["yuan"])
    options = {option: value} if value is not None else {}
    return Kind(" ".join((product, *marks)), product, colour, size, options, yuan * 100)


def kind(name: str) -> Kind:
    """The variant of that name, such as "jacket red M" or "milk". Raises KeyError."""
    found = {each.name: each for each in kinds_of(name.split()[0])}
    return found[name]


def product_id(prefix: str, product: str) -> str:
    return f"{prefix}{sorted(goods()).index(product):02d}"


def variant_id(prefix: str, name: str) -> str:
    of = kinds_of(name.split()[0])
    number = next(n for n, each in enumerate(of, start=1) if each.name == name)
    return f"{product_id(prefix, name.split()[0])}-{number:02d}"


def product_row(prefix: str, product: str) -> Row:
    of = goods()[product]
    return {
        "tenant_id": DEMO_TENANT,
        "product_id": product_id(prefix, product),
        "category": of["category"],
        "product_type": of["type"],
        "name_zh": of["zh"],
        "name_en": of["en"],
        "description_zh": of["zh"],
        "description_en": of["en"],
        "brand_zh": "",
        "brand_en": "",
        "sale_class": of.get("class", SaleClass.STANDARD.value),
        "is_giftable": False,
        "is_own_brand": False,
        "sold_count": 0,
        "launched_at": None,
        "search_text": searchable([of["zh"], of["en"]]),
        "attributes": {},
    }


def variant_rows(prefix: str, product: str) -> list[Row]:
    """As many of each on the shelf as `IN_STOCK`, and none reserved."""
    return [
        {
            "tenant_id": DEMO_TENANT,
            "variant_id": variant_id(prefix, each.name),
            "product_id": product_id(prefix, product),
            "colour": each.colour,
            "size": each.size,
            "options": each.options,
            "price_minor": each.price_minor,
            "currency": CURRENCY,
            "stock": IN_STOCK,
            "reserved": 0,
            "attributes": {},
        }
        for each in kinds_of(product)
    ]
