"""Knowledge articles from YAML: each file is a list of `{id, kind, intents, categories, title, body}` in
two languages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from commerce.domain.errors import ArticleInvalid
from commerce.domain.knowledge import Article
from commerce.domain.text import LocalText

KNOWLEDGE_DIR = Path(__file__).parent / "knowledge"
_FIELDS = {"id", "kind", "intents", "categories", "title", "body"}


def load_articles(folder: Path) -> tuple[Article, ...]:
    """Every article of `folder/*.yaml`, by id. Raises ArticleInvalid, naming the file and the field; also
    for an id twice.
    """
    articles: dict[str, Article] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise ArticleInvalid(path.name, f"is not YAML: {error}") from error
        if not isinstance(entries, list):
            raise ArticleInvalid(path.name, "is not a list of articles")
        for index, entry in enumerate(entries):
            article = _article(entry, f"{path.name}[{index}]")
            if article.article_id in articles:
                raise ArticleInvalid(f"{path.name}[{index}].id", f"{article.article_id!r} is there twice")
            articles[article.article_id] = article
    return tuple(articles[key] for key in sorted(articles))


def _article(entry: Any, where: str) -> Article:
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise ArticleInvalid(where, f"must have exactly the fields {', '.join(sorted(_FIELDS))}")
    for name in ("intents", "categories"):
        if not isinstance(entry[name], list) or not all(isinstance(item, str) for item in entry[name]):
            raise ArticleInvalid(f"{where}.{name}", "must be a list of strings")
    for name in ("id", "kind"):
        if not isinstance(entry[name], str):
            raise ArticleInvalid(f"{where}.{name}", "must be a string")
    return Article(
        article_id=entry["id"],
        kind=entry["kind"],
        intents=tuple(entry["intents"]),
        categories=tuple(entry["categories"]),
        title=_text(entry["title"], f"{where}.title"),
        body=_text(entry["body"], f"{where}.body"),
    )


def _text(value: Any, where: str) -> LocalText:
    if (
        not isinstance(value, dict)
        or set(value) != {"zh", "en"}
        or not all(isinstance(v, str) for v in value.values())
    ):
        raise ArticleInvalid(where, "must have zh and en")
    return LocalText(value["zh"].strip(), value["en"].strip())
