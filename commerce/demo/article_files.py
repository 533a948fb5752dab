"""The demonstration shop's articles: a folder of article files."""

from __future__ import annotations

from pathlib import Path

from commerce.article_file import read_articles
from commerce.domain.errors import ArticleInvalid
from commerce.domain.knowledge import Article

KNOWLEDGE_DIR = Path(__file__).parent / "knowledge"


def load_articles(folder: Path) -> tuple[Article, ...]:
    """Every article of `folder/*.yaml`, by id. Raises ArticleInvalid, naming the file and the field; also
    for an id twice.
    """
    articles: dict[str, Article] = {}
    for path in sorted(folder.glob("*.yaml")):
        for article in read_articles(path):
            if article.article_id in articles:
                raise ArticleInvalid(path.name, f"{article.article_id!r} is in another file too")
            articles[article.article_id] = article
    return tuple(articles[key] for key in sorted(articles))
