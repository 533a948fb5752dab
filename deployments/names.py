"""The names of a shop's catalogue, for understanding."""

from collections.abc import Iterator, Sequence

from commerce.domain.catalogue import ProductVocabulary, Sold
from commerce.domain.text import LocalText
from models.understanding.catalogue import CatalogueNames, Name


def catalogue_names(vocabulary: ProductVocabulary, sold: Sequence[Sold]) -> CatalogueNames:
    """Brands, then kinds of goods with their synonyms, then products, which are found without their brand too."""
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
            yield Name("product", name.removeprefix(brand).strip(), _value(item.name))


def _value(name: LocalText) -> str:
    """The English name, as the values of colours are."""
    return name.en.lower()
