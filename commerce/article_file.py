"""Knowledge articles as YAML that people edit: a list of `{id, kind, intents, categories, title, body}` in two languages,
and where they are wanted `questions`, `products`, `is_draft`, `publish_at`, `expires_at`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from commerce.domain.errors import ArticleInvalid
from commerce.domain.knowledge import Article
from commerce.domain.text import LocalText

_FIELDS: Final = frozenset({"id", "kind", "intents", "categories", "title", "body"})
_LISTS: Final = ("intents", "categories", "products", "questions")
_INSTANTS: Final = ("publish_at", "expires_at")
_OPTIONAL: Final = frozenset({"products", "questions", "is_draft", *_INSTANTS})
_WIDTH: Final = 110


def read_articles(path: Path) -> tuple[Article, ...]:
    """In the order of the file. Raises ArticleInvalid, naming the file and the field; also for an id twice. OSError."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ArticleInvalid(path.name, f"is not YAML: {error}") from error
    if not isinstance(entries, list):
        raise ArticleInvalid(path.name, "is not a list of articles")
    articles: dict[str, Article] = {}
    for index, entry in enumerate(entries):
        where = f"{path.name}[{index}]"
        article = _article(entry, where)
        if article.article_id in articles:
            raise ArticleInvalid(f"{where}.id", f"{article.article_id!r} is there twice")
        articles[article.article_id] = article
    return tuple(articles.values())


def articles_yaml(articles: Iterable[Article]) -> str:
    """What `read_articles` reads as the same."""
    return yaml.safe_dump(
        [_entry(article) for article in articles], sort_keys=False, allow_unicode=True, width=_WIDTH
    )


def _entry(article: Article) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": article.article_id,
        "kind": article.kind,
        "intents": list(article.intents),
        "categories": list(article.categories),
        "title": {"zh": article.title.zh, "en": article.title.en},
        "body": {"zh": article.body.zh, "en": article.body.en},
    }
    wanted = {
        "questions": list(article.questions),
        "products": list(article.products),
        "is_draft": article.is_draft,
        **{name: at.isoformat() for name in _INSTANTS if (at := getattr(article, name)) is not None},
    }
    return entry | {name: value for name, value in wanted.items() if value}


def _article(entry: Any, where: str) -> Article:
    if not isinstance(entry, dict) or set(entry) - _OPTIONAL != _FIELDS:
        told = (
            f"must have the fields {', '.join(sorted(_FIELDS))}, and may have {', '.join(sorted(_OPTIONAL))}"
        )
        raise ArticleInvalid(where, told)
    for name in _LISTS:
        value = entry.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ArticleInvalid(f"{where}.{name}", "must be a list of strings")
    for name in ("id", "kind"):
        if not isinstance(entry[name], str):
            raise ArticleInvalid(f"{where}.{name}", "must be a string")
    is_draft = entry.get("is_draft", False)
    if not isinstance(is_draft, bool):
        raise ArticleInvalid(f"{where}.is_draft", "must be true or false")
    return Article(
        article_id=entry["id"],
        kind=entry["kind"],
        intents=tuple(entry["intents"]),
        categories=tuple(entry["categories"]),
        products=tuple(entry.get("products", ())),
        questions=tuple(entry.get("questions", ())),
        title=_text(entry["title"], f"{where}.title"),
        body=_text(entry["body"], f"{where}.body"),
        is_draft=is_draft,
        publish_at=_instant(entry.get("publish_at"), f"{where}.publish_at"),
        expires_at=_instant(entry.get("expires_at"), f"{where}.expires_at"),
    )


def _text(value: Any, where: str) -> LocalText:
    if (
        not isinstance(value, dict)
        or set(value) != {"zh", "en"}
        or not all(isinstance(v, str) for v in value.values())
    ):
        raise ArticleInvalid(where, "must have zh and en")
    return LocalText(value["zh"].strip(), value["en"].strip())


def _instant(value: Any, where: str) -> datetime | None:
    """YAML reads an instant by itself where it is not in quotes."""
    if value is None:
        return None
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ArticleInvalid(where, f"{value!r} is not a time such as 2027-02-01T08:00:00+08:00") from None
    if at.tzinfo is None:
        raise ArticleInvalid(where, f"{at.isoformat()} has no time zone: add its offset, such as +08:00")
    return at.astimezone(UTC)
