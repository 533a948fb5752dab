"""Brands and goods in messages to the demonstration shop, found by the tagger and by the shop's catalogue."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

from commerce.demo.catalogue_rows import CatalogueRows, catalogue_rows
from commerce.domain.catalogue import ProductVocabulary, Sold, Term
from commerce.domain.text import LocalText
from deployments.names import catalogue_names
from models.types import Understood
from models.understanding.catalogue import CatalogueNames
from models.understanding.engine import Reader
from models.understanding.evaluate import EntityFigures, evaluate_entities
from models.understanding.marked import Marked, marked_lines, parse_marked

NAME: Final = "kefu-shop-names"
TYPES: Final = ("brand", "product")
_TOLD: Final = (*TYPES, "names")
"""All that is marked in these messages."""


def evaluate_shop_names(engine: Reader) -> list[EntityFigures]:
    """Of messages by other hands, who knew what the shop sells and not how it is found."""
    reader = _WithCatalogue(engine, demo_names())
    return [one for one in evaluate_entities(reader, shop_lines(), NAME, "test") if one.type in _TOLD]


def shop_lines() -> list[Marked]:
    """The messages."""
    texts = marked_lines(files(__package__).joinpath("shop_names.yaml"))
    return [Marked(*parse_marked(text), "test") for text in texts]


def demo_names() -> CatalogueNames:
    """The names of the demonstration shop's catalogue, which are the same under every seed."""
    rows = catalogue_rows(random.Random(0), datetime.now(UTC), "demo", "CNY")
    sold = [
        Sold(LocalText(row["name_zh"], row["name_en"]), LocalText(row["brand_zh"], row["brand_en"]))
        for row in rows.products
    ]
    return catalogue_names(ProductVocabulary(_terms(rows, "product_type"), (), ()), sold)


def _terms(rows: CatalogueRows, kind: str) -> tuple[Term, ...]:
    return tuple(
        Term(row["slug"], LocalText(row["name_zh"], row["name_en"]), tuple(row["synonyms"]))
        for row in rows.terms
        if row["kind"] == kind
    )


@dataclass(frozen=True, slots=True)
class _WithCatalogue:
    engine: Reader
    names: CatalogueNames

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        found = []
        for text, reading in zip(texts, self.engine.predict(texts), strict=True):
            told = self.names.add_to(reading.entities, text)
            found.append(replace(reading, entities=tuple(e for e in told if e.type in TYPES)))
        return found
