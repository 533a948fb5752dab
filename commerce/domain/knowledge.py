"""The shop's written knowledge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from commerce.domain.errors import ArticleInvalid
from commerce.domain.text import LocalText

_SLUG = re.compile(r"[a-z0-9][a-z0-9_.\-]{0,99}")


@dataclass(frozen=True, slots=True)
class Article:
    """`kind` is the shop's own sorting (policy, faq, guide …); `intents` and `categories` are the slugs
    it serves, empty for all. `version` counts its edits from 1.

    Raises ArticleInvalid for an empty title or body, or an id that is not a slug.
    """

    article_id: str
    kind: str
    intents: tuple[str, ...]
    categories: tuple[str, ...]
    title: LocalText
    body: LocalText
    version: int = 1
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.article_id):
            raise ArticleInvalid(f"{self.article_id!r}.id", "is not a slug of at most 100 characters")
        for name, text in (("title", self.title), ("body", self.body)):
            for language in ("zh", "en"):
                if not text.in_language(language).strip():
                    raise ArticleInvalid(f"{self.article_id}.{name}.{language}", "is empty")
