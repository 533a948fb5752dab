"""`kefu knowledge`: a shop's articles and their versions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cluster.options import Overrides, Profile, console
from cluster.shop import shell_operator
from cluster.store_commands import ShopOption, opened
from commerce.article_file import articles_yaml, read_articles
from commerce.domain.errors import ArticleInvalid
from commerce.domain.identity import Principal
from commerce.domain.knowledge import Article
from commerce.store import Store
from models.types import INTENTS

app = typer.Typer(no_args_is_help=True, help="A shop's articles: read, write, bring an old version back.")

ArticleId = Annotated[str, typer.Argument(metavar="ID", help="the article")]


@app.command("list")
def list_(tenant: ShopOption, profile: Profile = "laptop", overrides: Overrides = None) -> None:
    """A line an article: its id, its version, whether customers find it, its titles."""

    async def work() -> tuple[Article, ...]:
        async with _shop(tenant, profile, overrides) as store:
            return await store.articles(tenant)

    now = datetime.now(UTC)
    for article in asyncio.run(work()):
        state = _state(article, now)
        _say(
            f"{article.article_id:<36}  {article.version:>4}  {state:<9}  {article.title.zh} / {article.title.en}"
        )


@app.command()
def show(
    article_id: ArticleId,
    tenant: ShopOption,
    version: Annotated[int | None, typer.Option(min=1, help="an older one; default: the present one")] = None,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Print an article as YAML, as kefu knowledge put reads it."""

    async def work() -> Article:
        async with _shop(tenant, profile, overrides) as store:
            if version is None:
                return await store.article(tenant, article_id)
            return (await store.article_version(tenant, article_id, version)).article

    typer.echo(articles_yaml([asyncio.run(work())]), nl=False)


@app.command()
def put(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML, a list of articles")],
    tenant: ShopOption,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Store what of a file is new or changed. Running replicas follow within the poll interval; the audit log has it."""
    wanted = read_articles(file)
    for article in wanted:
        for intent in article.intents:
            if intent not in INTENTS:
                told = ", ".join(sorted(INTENTS))
                raise ArticleInvalid(
                    f"{article.article_id}.intents", f"{intent!r} is no intent; they are {told}"
                )

    async def work() -> None:
        async with _shop(tenant, profile, overrides) as store:
            there = {a.article_id: a for a in await store.articles(tenant, [a.article_id for a in wanted])}
            for article in wanted:
                present = there.get(article.article_id)
                if present is not None and _is_same(article, present):
                    _say(f"{article.article_id}  {present.version}  nothing changes")
                    continue
                # What was compared is what is replaced.
                expected = 0 if present is None else present.version
                stored = await store.put_article(_operator(tenant), article, expected_version=expected)
                _say(f"{article.article_id}  {stored.version}  stored")

    asyncio.run(work())


@app.command()
def delete(
    article_id: ArticleId, tenant: ShopOption, profile: Profile = "laptop", overrides: Overrides = None
) -> None:
    """Take an article away. Its versions stay: kefu knowledge restore brings one back."""

    async def work() -> None:
        async with _shop(tenant, profile, overrides) as store:
            await store.delete_article(_operator(tenant), article_id)

    asyncio.run(work())
    _say(f"{article_id}  deleted")


@app.command()
def versions(
    article_id: ArticleId, tenant: ShopOption, profile: Profile = "laptop", overrides: Overrides = None
) -> None:
    """A line a version, newest first: its number, when, by whom, its titles. Also of a deleted article."""

    async def work() -> None:
        async with _shop(tenant, profile, overrides) as store:
            before: int | None = None
            while found := await store.article_versions(tenant, article_id, before=before):
                for version in found:
                    article = version.article
                    _say(
                        f"{article.version:>4}  {article.updated_at:%Y-%m-%d %H:%M:%S}Z  {version.edited_by:<20}  "
                        f"{article.title.zh} / {article.title.en}"
                    )
                before = found[-1].article.version

    asyncio.run(work())


@app.command()
def restore(
    article_id: ArticleId,
    version: Annotated[int, typer.Argument(min=1, metavar="VERSION", help="whose content comes back")],
    tenant: ShopOption,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """An old version's content as the next version; a deleted article is there again."""

    async def work() -> Article:
        async with _shop(tenant, profile, overrides) as store:
            return await store.restore_article(_operator(tenant), article_id, version)

    _say(f"{article_id}  {asyncio.run(work()).version}  as version {version} was")


@asynccontextmanager
async def _shop(tenant: str, profile: str, overrides: list[str] | None) -> AsyncIterator[Store]:
    """The profile's store. TenantNotFound where a misspelt shop would look like an empty one."""
    async with opened(profile, overrides) as store:
        await store.tenant(tenant)
        yield store


def _operator(tenant_id: str) -> Principal:
    return Principal(tenant_id, operator_id=shell_operator())


def _is_same(wanted: Article, present: Article) -> bool:
    return replace(wanted, version=present.version, updated_at=present.updated_at) == present


def _state(article: Article, now: datetime) -> str:
    if article.is_draft:
        return "draft"
    if article.is_shown(now):
        return "shown"
    return "expired" if article.expires_at is not None and article.expires_at <= now else "scheduled"


def _say(line: str) -> None:
    console.print(line, soft_wrap=True, highlight=False, markup=False)
