"""The names of a shop's catalogue, for understanding."""

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
        value = _without(item.brand.en, item.name.en).lower()
        for name, brand in ((item.name.zh, item.brand.zh), (item.name.en, item.brand.en)):
            yield Name("product", _without(brand, name), value)
    for item in sold:
        value = _without(item.brand.en, item.name.en).lower()
        for model in MODEL.findall(f"{item.name.zh} {item.name.en}"):
            if len(model) >= _LEAST_MODEL:
                yield Name("product", model, value)


def _without(brand: str, name: str) -> str:
    """The brand is an entity of its own. "Art" is not the brand that "Artisan bread knife" starts with."""
    is_brand = name.startswith(brand) and is_whole(name, 0, len(brand))
    return (is_brand and name[len(brand) :].strip()) or name


def _value(name: LocalText) -> str:
    """The English name, as the values of colours are."""
    return name.en.lower()
