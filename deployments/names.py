"""The names of a shop's catalogue, for understanding."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from commerce.domain.catalogue import ProductVocabulary, Sold
from commerce.domain.model_numbers import MODEL
from commerce.domain.text import LocalText
from models.understanding.catalogue import CatalogueNames, Name, is_whole

# A shorter one is the size of a sheet, or a door.
_LEAST_MODEL: Final = 4


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
        for name, brand in ((item.name.zh, item.brand.zh), (item.name.en, item.brand.en)):
            yield Name("product", _without(brand, name), _value_of(item))
    yield from _models(sold)


def _models(sold: Sequence[Sold]) -> Iterator[Name]:
    """Of goods of one brand. What goods of several have is no maker's name for them: CET-4."""
    having: defaultdict[str, list[Sold]] = defaultdict(list)
    for item in sold:
        for model in {found.lower(): None for found in MODEL.findall(f"{item.name.zh} {item.name.en}")}:
            if len(model) >= _LEAST_MODEL:
                having[model].append(item)
    for model, items in having.items():
        if len({item.brand for item in items}) == 1:
            # Several of them are none of them in particular.
            yield Name("product", model, _value_of(items[0]) if len(items) == 1 else model)


def _without(brand: str, name: str) -> str:
    """The brand is an entity of its own. "Art" is not the brand that "Artisan bread knife" starts with."""
    is_brand = name.startswith(brand) and is_whole(name, 0, len(brand))
    return (is_brand and name[len(brand) :].strip()) or name


def _value_of(item: Sold) -> str:
    return _without(item.brand.en, item.name.en).lower()


def _value(name: LocalText) -> str:
    """The English name, as the values of colours are."""
    return name.en.lower()
