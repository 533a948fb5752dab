"""Knowledge articles and all their versions. Every edit is a row of the change log in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import ArticleConflict, ArticleInvalid, ArticleNotFound, ArticleVersionNotFound
from commerce.domain.identity import Principal
from commerce.domain.knowledge import Article, ArticleVersion
from commerce.domain.tenants import ChangeKind
from commerce.domain.text import LocalText
from commerce.store.audit import record_audit
from commerce.store.changes import record_change
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.tables import article_versions, articles, catalogue_terms, products
from commerce.store.tenants import require_tenant

_ARTICLE_LOCK = 4
# Edits from before versions were kept, and by an older process beside this one.
_UNKNOWN_EDITOR = "unknown"
_SHOP: Final = "shop"
_IDS_A_QUERY = 500


class KnowledgeStore(Connected):
    async def articles(self, tenant_id: str, ids: Collection[str] | None = None) -> tuple[Article, ...]:
        """All of a tenant, or those with these ids that are there, drafts too; by id."""
        async with self.reading() as connection:
            query = select(articles).where(articles.c.tenant_id == tenant_id).order_by(articles.c.article_id)
            if ids is None:
                return tuple(article_of(row) for row in await connection.execute(query))
            wanted = sorted(set(ids))
            found: list[Row[Any]] = []
            for start in range(0, len(wanted), _IDS_A_QUERY):
                part = wanted[start : start + _IDS_A_QUERY]
                found += await connection.execute(query.where(articles.c.article_id.in_(part)))
            return tuple(article_of(row) for row in found)

    async def article_page(self, tenant_id: str, after: str = "", limit: int = 100) -> tuple[Article, ...]:
        """At most `limit` with ids after `after`, by id: the last one's id begins the next page."""
        query = (
            select(articles)
            .where(articles.c.tenant_id == tenant_id, articles.c.article_id > after)
            .order_by(articles.c.article_id)
            .limit(limit)
        )
        async with self.reading() as connection:
            return tuple(article_of(row) for row in await connection.execute(query))

    async def article(self, tenant_id: str, article_id: str) -> Article:
        """Raises ArticleNotFound."""
        async with self.reading() as connection:
            row = (await connection.execute(select(articles).where(_is(tenant_id, article_id)))).one_or_none()
        if row is None:
            raise ArticleNotFound(article_id)
        return article_of(row)

    async def article_versions(
        self, tenant_id: str, article_id: str, *, before: int | None = None, limit: int = 100
    ) -> tuple[ArticleVersion, ...]:
        """Newest first, at most `limit` with numbers below `before`; also of a deleted article. Raises ArticleNotFound for
        one that never was.
        """
        async with self.reading() as connection:
            if not await _last_version(connection, tenant_id, article_id):
                raise ArticleNotFound(article_id)
            query = select(article_versions).where(_was(tenant_id, article_id))
            if before is not None:
                query = query.where(article_versions.c.version < before)
            rows = await connection.execute(query.order_by(article_versions.c.version.desc()).limit(limit))
            return tuple(ArticleVersion(article_of(row), row.edited_by) for row in rows)

    async def article_version(self, tenant_id: str, article_id: str, version: int) -> ArticleVersion:
        """Raises ArticleVersionNotFound."""
        async with self.reading() as connection:
            row = await _version_row(connection, tenant_id, article_id, version)
        return ArticleVersion(article_of(row), row.edited_by)

    async def put_article(
        self,
        editor: Principal,
        article: Article,
        *,
        expected_version: int | None = None,
        request_id: str | None = None,
    ) -> Article:
        """Store the article in the editor's shop as its next version (its own `version` and `updated_at` are not read) and
        return what was stored.

        With `expected_version` (0: it must not be there) an edit on top of somebody else's is refused: raises
        ArticleConflict. Raises TenantNotFound, and ArticleInvalid for a category or a product that the shop has not.
        """
        now = datetime.now(UTC)
        async with self.writing() as connection:
            await require_tenant(connection, editor.tenant_id)
            await _require_known_names(connection, editor.tenant_id, article)
            stored = await _put(connection, editor, article, expected_version, now)
            why = f"version {stored.version}"
            await _tell(connection, editor, "put_article", article.article_id, why, now, request_id)
        return stored

    async def restore_article(
        self,
        editor: Principal,
        article_id: str,
        version: int,
        *,
        expected_version: int | None = None,
        request_id: str | None = None,
    ) -> Article:
        """An old version's content as the next version; a deleted article is there again. Raises ArticleVersionNotFound,
        ArticleConflict, and ArticleInvalid as `put_article`.
        """
        now = datetime.now(UTC)
        async with self.writing() as connection:
            old = article_of(await _version_row(connection, editor.tenant_id, article_id, version))
            await _require_known_names(connection, editor.tenant_id, old)
            stored = await _put(connection, editor, old, expected_version, now)
            why = f"version {stored.version}, as version {version} was"
            await _tell(connection, editor, "restore_article", article_id, why, now, request_id)
        return stored

    async def delete_article(
        self,
        editor: Principal,
        article_id: str,
        *,
        expected_version: int | None = None,
        request_id: str | None = None,
    ) -> None:
        """Its versions stay, and can be restored. Raises ArticleNotFound, ArticleConflict."""
        now = datetime.now(UTC)
        async with self.writing() as connection:
            await lock_until_commit(connection, _ARTICLE_LOCK)
            row = (
                await connection.execute(select(articles).where(_is(editor.tenant_id, article_id)))
            ).one_or_none()
            if row is None:
                raise ArticleNotFound(article_id)
            if expected_version is not None and row.version != expected_version:
                raise ArticleConflict(article_id, expected_version)
            await _keep(connection, editor.tenant_id, article_of(row))
            await connection.execute(delete(articles).where(_is(editor.tenant_id, article_id)))
            why = f"version {row.version}"
            await _tell(connection, editor, "delete_article", article_id, why, now, request_id)


async def _put(
    connection: AsyncConnection,
    editor: Principal,
    article: Article,
    expected_version: int | None,
    now: datetime,
) -> Article:
    tenant_id, article_id = editor.tenant_id, article.article_id
    # Two editors must not both read the same version, and a row that is not there yet cannot be locked.
    await lock_until_commit(connection, _ARTICLE_LOCK)
    mine = select(articles).where(_is(tenant_id, article_id))
    row = (await connection.execute(mine)).one_or_none()
    if expected_version is not None and (row.version if row else 0) != expected_version:
        raise ArticleConflict(article_id, expected_version)
    if row is not None:
        await _keep(connection, tenant_id, article_of(row))
    # A deleted article goes on counting: a citation names one version for good.
    last = await _last_version(connection, tenant_id, article_id)
    stored = replace(article, version=last + 1, updated_at=now)
    values = article_row(tenant_id, stored, now)
    if row is None:
        await connection.execute(insert(articles).values(values))
    else:
        await connection.execute(update(articles).where(_is(tenant_id, article_id)).values(values))
    await connection.execute(insert(article_versions).values({**values, "edited_by": editor.caller}))
    return stored


async def _keep(connection: AsyncConnection, tenant_id: str, article: Article) -> None:
    """The present version among the others, where an older process wrote it."""
    if await _last_version(connection, tenant_id, article.article_id) < article.version:
        assert article.updated_at is not None
        row = article_row(tenant_id, article, article.updated_at)
        await connection.execute(insert(article_versions).values({**row, "edited_by": _UNKNOWN_EDITOR}))


async def _tell(
    connection: AsyncConnection,
    editor: Principal,
    what: str,
    article_id: str,
    why: str,
    at: datetime,
    request_id: str | None,
) -> None:
    # An article is no customer's, even where an agent edits it in the middle of a customer's case.
    who = replace(editor, customer_id=None)
    await record_audit(connection, who, at, what=what, entity_id=article_id, why=why, request_id=request_id)
    await record_change(connection, editor.tenant_id, ChangeKind.ARTICLE, article_id, at)


async def _last_version(connection: AsyncConnection, tenant_id: str, article_id: str) -> int:
    """0 for one that never was."""
    query = select(func.max(article_versions.c.version)).where(_was(tenant_id, article_id))
    return await connection.scalar(query) or 0


async def _version_row(
    connection: AsyncConnection, tenant_id: str, article_id: str, version: int
) -> Row[Any]:
    query = select(article_versions).where(_was(tenant_id, article_id), article_versions.c.version == version)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise ArticleVersionNotFound(article_id, version)
    return row


async def _require_known_names(connection: AsyncConnection, tenant_id: str, article: Article) -> None:
    """Nobody would find an article about a misspelt product. A shop without a catalogue may name what it likes."""
    terms = select(catalogue_terms.c.slug).where(
        catalogue_terms.c.tenant_id == tenant_id, catalogue_terms.c.kind == "category"
    )
    known = set((await connection.execute(terms)).scalars())
    for slug in article.categories:
        if known and slug not in known:
            told = ", ".join(sorted(known))
            raise ArticleInvalid("categories", f"{slug!r} is no category of the shop; they are {told}")
    if not article.products:
        return
    mine = select(products.c.product_id).where(
        products.c.tenant_id == tenant_id, products.c.product_id.in_(article.products)
    )
    there = set((await connection.execute(mine)).scalars())
    for product_id in article.products:
        if product_id not in there:
            raise ArticleInvalid("products", f"{product_id!r} is no product of the shop")


def article_row(tenant_id: str, article: Article, at: datetime) -> dict[str, Any]:
    """The article's columns."""
    return {
        "tenant_id": tenant_id,
        "article_id": article.article_id,
        "version": article.version,
        "kind": article.kind,
        "intents": list(article.intents),
        "categories": list(article.categories),
        "title_zh": article.title.zh,
        "title_en": article.title.en,
        "body_zh": article.body.zh,
        "body_en": article.body.en,
        "updated_at": at,
        "products": list(article.products),
        "is_draft": article.is_draft,
        "publish_at": article.publish_at,
        "expires_at": article.expires_at,
        "questions": list(article.questions),
    }


def first_versions(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `article_versions` beside those of `articles` that a shop begins with."""
    return [{**row, "edited_by": _SHOP} for row in rows]


def article_of(row: Row[Any]) -> Article:
    """From a row of `articles` or of `article_versions`."""
    return Article(
        article_id=row.article_id,
        kind=row.kind,
        intents=tuple(row.intents),
        categories=tuple(row.categories),
        title=LocalText(row.title_zh, row.title_en),
        body=LocalText(row.body_zh, row.body_en),
        version=row.version,
        updated_at=row.updated_at,
        products=tuple(row.products),
        is_draft=row.is_draft,
        publish_at=row.publish_at,
        expires_at=row.expires_at,
        questions=tuple(row.questions),
    )


def _is(tenant_id: str, article_id: str) -> Any:
    return (articles.c.tenant_id == tenant_id) & (articles.c.article_id == article_id)


def _was(tenant_id: str, article_id: str) -> Any:
    return (article_versions.c.tenant_id == tenant_id) & (article_versions.c.article_id == article_id)
