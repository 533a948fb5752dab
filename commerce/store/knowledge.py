"""Knowledge articles. Every edit is a row of the change log in the same transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import ArticleConflict, ArticleNotFound
from commerce.domain.knowledge import Article
from commerce.domain.tenants import ChangeKind
from commerce.domain.text import LocalText
from commerce.store.changes import record_change
from commerce.store.connection import Connected, lock_until_commit
from commerce.store.tables import articles
from commerce.store.tenants import require_tenant

_ARTICLE_LOCK = 4


class KnowledgeStore(Connected):
    async def articles(self, tenant_id: str) -> tuple[Article, ...]:
        """All of a tenant, by id."""
        query = select(articles).where(articles.c.tenant_id == tenant_id).order_by(articles.c.article_id)
        async with self.reading() as connection:
            return tuple(_article(row) for row in await connection.execute(query))

    async def article(self, tenant_id: str, article_id: str) -> Article:
        """Raises ArticleNotFound."""
        async with self.reading() as connection:
            row = (await connection.execute(select(articles).where(_is(tenant_id, article_id)))).one_or_none()
        if row is None:
            raise ArticleNotFound(article_id)
        return _article(row)

    async def put_article(
        self, tenant_id: str, article: Article, expected_version: int | None = None
    ) -> Article:
        """Store the article as its next version (its own `version` and `updated_at` are not read) and
        return what was stored.

        With `expected_version` (0: it must be new) an edit on top of somebody else's is refused: raises
        ArticleConflict. Raises TenantNotFound.
        """
        now = datetime.now(UTC)
        async with self.writing() as connection:
            await require_tenant(connection, tenant_id)
            stored = await _put(connection, tenant_id, article, expected_version, now)
            await record_change(connection, tenant_id, ChangeKind.ARTICLE, article.article_id, now)
        return stored

    async def delete_article(self, tenant_id: str, article_id: str) -> None:
        """Raises ArticleNotFound."""
        async with self.writing() as connection:
            done = await connection.execute(delete(articles).where(_is(tenant_id, article_id)))
            if done.rowcount == 0:
                raise ArticleNotFound(article_id)
            await record_change(connection, tenant_id, ChangeKind.ARTICLE, article_id, datetime.now(UTC))


async def _put(
    connection: AsyncConnection, tenant_id: str, article: Article, expected_version: int | None, now: datetime
) -> Article:
    # Two editors must not both read the same version, and a row that is not there yet cannot be locked.
    await lock_until_commit(connection, _ARTICLE_LOCK)
    query = select(articles.c.version).where(_is(tenant_id, article.article_id))
    version = (await connection.execute(query)).scalar_one_or_none()
    if expected_version is not None and (version or 0) != expected_version:
        raise ArticleConflict(article.article_id, expected_version)
    stored = replace(article, version=(version or 0) + 1, updated_at=now)
    row = article_row(tenant_id, stored, now)
    if version is None:
        await connection.execute(insert(articles).values(row))
    else:
        await connection.execute(update(articles).where(_is(tenant_id, article.article_id)).values(row))
    return stored


def article_row(tenant_id: str, article: Article, at: datetime) -> dict[str, Any]:
    """The article's columns."""
    return {
        "tenant_id": tenant_id,
        "article_id": article.article_id,
        "kind": article.kind,
        "intents": list(article.intents),
        "categories": list(article.categories),
        "title_zh": article.title.zh,
        "title_en": article.title.en,
        "body_zh": article.body.zh,
        "body_en": article.body.en,
        "version": article.version,
        "updated_at": at,
    }


def _is(tenant_id: str, article_id: str) -> Any:
    return (articles.c.tenant_id == tenant_id) & (articles.c.article_id == article_id)


def _article(row: Row[Any]) -> Article:
    return Article(
        article_id=row.article_id,
        kind=row.kind,
        intents=tuple(row.intents),
        categories=tuple(row.categories),
        title=LocalText(row.title_zh, row.title_en),
        body=LocalText(row.body_zh, row.body_en),
        version=row.version,
        updated_at=row.updated_at,
    )
