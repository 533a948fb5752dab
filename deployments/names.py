"""The names of a shop's catalogue, for understanding."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from commerce.domain.catalogue import ProductVocabulary, Sold
from commerce.domain.model_numbers import MODEL
from commerce.domain.text import LocalText
from models.understanding.catalogue import CatalogueNames, Name, is_whole

# A shorter one is the size of a sheet, or a door.
_LEAST_MODEL: Final = 4
# How well goods keep off water or sun, and what plugs into them.
_STANDARD: Final = re.compile(r"(?:IPX?|SPF|UPF|HDMI|USB|(?:LP)?DDR|PCIE|WI-?FI)-?[\d.]+", re.I)


def catalogue_names(vocabulary: ProductVocabulary, sold: Sequence[Sold]) -> CatalogueNames:
    """Brands, then kinds of goods with their synonyms, then products without their brand, then their models."""
    return CatalogueNames(_names(vocabulary, sold))


def _names(vocabulary: ProductVocabulary, sold: Sequence[Sold]) -> Iterator[Name]:
    for item in sold:
        for written in (item.brand.zh, item.brand.en):
            yield Name("brand", written, _value(item.brand))
    for term in vocabulary.product_types:
        for written in (term.name.zh, term.name.en, *term.synonyms):
            yield Name("product", written, _value(term.name))
    for item in sold:
        value = _without(item.brand.en, item.name.en).lower()
        for name, brand in ((item.name.zh, item.brand.zh), (item.name.en, item.brand.en)):
            yield Name("product", _without(brand, name), value)
    for model, values in _by_model(sold).items():
        # One that several have is all that is said of any of them.
        yield Name("product", model, min(values) if len(values) == 1 else model.lower())


def _by_model(sold: Sequence[Sold]) -> Mapping[str, set[str]]:
    """The names that go with each model."""
    found = defaultdict[str, set[str]](set)
    for item in sold:
        for model in MODEL.findall(f"{item.name.zh} {item.name.en}"):
            if len(model) >= _LEAST_MODEL and not _STANDARD.fullmatch(model):
                found[model].add(_without(item.brand.en, item.name.en).lower())
    return found


def _without(brand: str, name: str) -> str:
    """The brand is an entity of its own. "Art" is not the brand that "Artisan bread knife" starts with."""
    is_brand = name.startswith(brand) and is_whole(name, 0, len(brand))
    return (is_brand and name[len(brand) :].strip()) or name


def _value(name: LocalText) -> str:
    """The English name, as the values of colours are."""
    return name.en.lower()
