"""Products: search, the words by which they are found, and single products."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, or_, select

from commerce.domain.catalogue import (
    Category,
    Product,
    ProductHit,
    ProductQuery,
    ProductVocabulary,
    SaleClass,
    Sold,
    Term,
    Variant,
)
from commerce.domain.errors import ProductNotFound
from commerce.domain.text import LocalText
from commerce.store.connection import Connected
from commerce.store.tables import catalogue_terms, products, variants

TERM_KINDS = ("product_type", "colour", "category")


class CatalogueStore(Connected):
    async def search_products(self, tenant_id: str, query: ProductQuery) -> tuple[ProductHit, ...]:
        """At most `query.limit` hits, the ones with more of its words first, then the best sold.

        Everything named in the query must hold; words alone (no type, category or gift) must occur at
        least once.
        """
        async with self.reading() as connection:
            rows = await connection.execute(_search_statement(tenant_id, query))
            return tuple(_hit(row) for row in rows)

    async def product_vocabulary(self, tenant_id: str) -> ProductVocabulary:
        """The tenant's words for product types, colours and categories, in both languages."""
        statement = (
            select(catalogue_terms)
            .where(catalogue_terms.c.tenant_id == tenant_id)
            .order_by(catalogue_terms.c.position, catalogue_terms.c.slug)
        )
        by_kind: dict[str, list[Term]] = {kind: [] for kind in TERM_KINDS}
        async with self.reading() as connection:
            for row in await connection.execute(statement):
                by_kind[row.kind].append(
                    Term(
                        row.slug,
                        LocalText(row.name_zh, row.name_en),
                        tuple(row.synonyms),
                        tuple(row.categories),
                    )
                )
        return ProductVocabulary(
            product_types=tuple(by_kind["product_type"]),
            colours=tuple(by_kind["colour"]),
            categories=tuple(by_kind["category"]),
        )

    async def names_sold(self, tenant_id: str) -> tuple[Sold, ...]:
        """What the tenant's products and their brands are called, in the order of product ids."""
        names = products.c.name_zh, products.c.name_en, products.c.brand_zh, products.c.brand_en
        statement = select(*names).where(products.c.tenant_id == tenant_id).order_by(products.c.product_id)
        async with self.reading() as connection:
            return tuple(
                Sold(LocalText(row.name_zh, row.name_en), LocalText(row.brand_zh, row.brand_en))
                for row in await connection.execute(statement)
            )

    async def categories(self, tenant_id: str) -> tuple[Category, ...]:
        """In the shop's own order."""
        vocabulary = await self.product_vocabulary(tenant_id)
        return tuple(Category(term.slug, term.name) for term in vocabulary.categories)

    async def product(self, tenant_id: str, product_id: str) -> Product:
        """With its variants. Raises ProductNotFound."""
        found = await self._products(tenant_id, product_id)
        if not found:
            raise ProductNotFound(product_id)
        return found[0]

    async def products(self, tenant_id: str) -> tuple[Product, ...]:
        """The whole catalogue, by product id."""
        return await self._products(tenant_id, None)

    async def _products(self, tenant_id: str, product_id: str | None) -> tuple[Product, ...]:
        wanted = select(products).where(products.c.tenant_id == tenant_id).order_by(products.c.product_id)
        parts = select(variants).where(variants.c.tenant_id == tenant_id).order_by(variants.c.variant_id)
        if product_id is not None:
            wanted = wanted.where(products.c.product_id == product_id)
            parts = parts.where(variants.c.product_id == product_id)
        grouped: defaultdict[str, list[Variant]] = defaultdict(list)
        async with self.reading() as connection:
            rows = (await connection.execute(wanted)).all()
            for row in await connection.execute(parts):
                grouped[row.product_id].append(variant_from(row))
        return tuple(_product(row, tuple(grouped[row.product_id])) for row in rows)


def _search_statement(tenant_id: str, query: ProductQuery) -> Select[Any]:
    relevance = _relevance(query.tokens)
    conditions = [products.c.tenant_id == tenant_id, *_product_conditions(query)]
    if query.tokens and not (query.product_types or query.categories or query.is_gift):
        conditions.append(relevance > 0)
    # The variant to show: in stock before sold out, then the cheapest.
    rank = func.row_number().over(
        partition_by=variants.c.product_id,
        order_by=(case((variants.c.stock > 0, 0), else_=1), variants.c.price_minor, variants.c.variant_id),
    )
    same_product = and_(
        variants.c.tenant_id == products.c.tenant_id, variants.c.product_id == products.c.product_id
    )
    shown = (
        select(
            products.c.product_id,
            variants.c.variant_id,
            products.c.name_zh,
            products.c.name_en,
            products.c.product_type,
            products.c.category,
            variants.c.colour,
            variants.c.size,
            variants.c.price_minor,
            variants.c.currency,
            variants.c.stock,
            products.c.sold_count,
            relevance.label("relevance"),
            rank.label("rank"),
        )
        .join(variants, same_product)
        .where(*conditions, *_variant_conditions(query))
        .subquery()
    )
    return (
        select(shown)
        .where(shown.c.rank == 1)
        .order_by(shown.c.relevance.desc(), shown.c.sold_count.desc(), shown.c.product_id)
        .limit(query.limit)
    )


def _relevance(tokens: tuple[str, ...]) -> ColumnElement[int]:
    """How many of the words occur, those in the name twice. An English word is found from its beginning."""
    names = literal(" ") + func.lower(products.c.name_zh + literal(" ") + products.c.name_en)
    total: ColumnElement[int] = literal(0)
    for token in tokens:
        wanted = f" {token.lower()}" if token.isascii() else token.lower()
        for where in (products.c.search_text, names):
            total = total + case((where.contains(wanted, autoescape=True), 1), else_=0)
    return total


def _product_conditions(query: ProductQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.product_types:
        conditions.append(products.c.product_type.in_(query.product_types))
    if query.categories:
        conditions.append(products.c.category.in_(query.categories))
    if query.is_gift:
        conditions.append(products.c.is_giftable)
    return conditions


def _variant_conditions(query: ProductQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.colour is not None:
        conditions.append(variants.c.colour == query.colour)
    if query.size is not None:
        conditions.append(or_(variants.c.size == query.size, variants.c.size.is_(None)))
    if query.min_price_minor is not None:
        conditions.append(variants.c.price_minor >= query.min_price_minor)
    if query.max_price_minor is not None:
        conditions.append(variants.c.price_minor <= query.max_price_minor)
    if query.in_stock:
        conditions.append(variants.c.stock > 0)
    return conditions


def _hit(row: Row[Any]) -> ProductHit:
    return ProductHit(
        product_id=row.product_id,
        variant_id=row.variant_id,
        name=LocalText(row.name_zh, row.name_en),
        product_type=row.product_type,
        category=row.category,
        colour=row.colour,
        size=row.size,
        price_minor=row.price_minor,
        currency=row.currency,
        stock=row.stock,
        sold_count=row.sold_count,
    )


def variant_from(row: Row[Any]) -> Variant:
    """A row of `variants`."""
    return Variant(
        variant_id=row.variant_id,
        product_id=row.product_id,
        colour=row.colour,
        size=row.size,
        options=row.options,
        price_minor=row.price_minor,
        currency=row.currency,
        stock=row.stock,
    )


def _product(row: Row[Any], parts: tuple[Variant, ...]) -> Product:
    return Product(
        product_id=row.product_id,
        category=row.category,
        product_type=row.product_type,
        name=LocalText(row.name_zh, row.name_en),
        description=LocalText(row.description_zh, row.description_en),
        brand=LocalText(row.brand_zh, row.brand_en),
        sale_class=SaleClass(row.sale_class),
        is_giftable=row.is_giftable,
        is_own_brand=row.is_own_brand,
        sold_count=row.sold_count,
        launched_at=row.launched_at,
        variants=parts,
        attributes=row.attributes,
    )
