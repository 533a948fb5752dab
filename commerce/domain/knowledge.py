"""The shop's written knowledge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commerce.domain.errors import ArticleInvalid
from commerce.domain.text import LocalText

_SLUG = re.compile(r"[a-z0-9][a-z0-9_.\-]{0,99}")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_LANGUAGES: Final = ("zh", "en")
_LONGEST: Final = {"title": 500, "body": 50_000}
_LONGEST_QUESTION: Final = 300
_LONGEST_KIND: Final = 32
_MOST_NAMES: Final = 200


@dataclass(frozen=True, slots=True)
class Article:
    """`kind` is the shop's own sorting (policy, faq, guide …); `intents` and `categories` are the slugs it serves and
    `products` the ids it is about, each empty for all; `questions` are what customers ask it as, in any language. `version`
    counts its edits from 1.

    A draft is never shown; another article from `publish_at` on (None: at once) until `expires_at` (None: for good). Raises
    ArticleInvalid for what is empty, too long, no slug, or would end before it begins.
    """

    article_id: str
    kind: str
    intents: tuple[str, ...]
    categories: tuple[str, ...]
    title: LocalText
    body: LocalText
    version: int = 1
    updated_at: datetime | None = None
    products: tuple[str, ...] = ()
    is_draft: bool = False
    publish_at: datetime | None = None
    expires_at: datetime | None = None
    questions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.article_id):
            raise ArticleInvalid(f"{self.article_id!r}.id", "is not a slug of at most 100 characters")
        for field, problem in self._faults():
            raise ArticleInvalid(f"{self.article_id}.{field}", problem)

    def is_shown(self, at: datetime) -> bool:
        """Whether customers find it then."""
        has_begun = self.publish_at is None or self.publish_at <= at
        return not self.is_draft and has_begun and (self.expires_at is None or at < self.expires_at)

    def _faults(self) -> Iterator[tuple[str, str]]:
        if self.version < 1:
            yield "version", "must be at least 1"
        if not _NAME.fullmatch(self.kind) or len(self.kind) > _LONGEST_KIND:
            yield "kind", f"is not a word of at most {_LONGEST_KIND} characters"
        for name, text in (("title", self.title), ("body", self.body)):
            for language in _LANGUAGES:
                yield from _text_faults(f"{name}.{language}", text.in_language(language), _LONGEST[name])
        for name, words in (
            ("intents", self.intents),
            ("categories", self.categories),
            ("products", self.products),
        ):
            yield from _list_faults(name, words)
        if len(self.questions) > _MOST_NAMES:
            yield "questions", f"are {len(self.questions)}; at most {_MOST_NAMES} are kept"
        for number, question in enumerate(self.questions):
            yield from _text_faults(f"questions.{number}", question, _LONGEST_QUESTION)
        for name, at in (("publish_at", self.publish_at), ("expires_at", self.expires_at)):
            if at is not None and at.tzinfo is None:
                yield name, "has no time zone"
        if self.publish_at and self.expires_at and self.expires_at <= self.publish_at:
            yield "expires_at", "is not after publish_at"


def _text_faults(field: str, text: str, longest: int) -> Iterator[tuple[str, str]]:
    if not text.strip():
        yield field, "is empty"
    if len(text) > longest:
        yield field, f"is {len(text)} characters; at most {longest} are kept"
    if "\x00" in text:
        yield field, "holds a NUL character"


def _list_faults(field: str, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if len(words) > _MOST_NAMES:
        yield field, f"are {len(words)}; at most {_MOST_NAMES} are kept"
    if len(set(words)) < len(words):
        yield field, "holds one twice"
    for word in words:
        if not _NAME.fullmatch(word):
            yield field, f"{word[:100]!r} is not a name of 1 to 64 characters"


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """One edit that was made: the article as it was then, and who made it (`agent:ID`, `operator:ID`, `shop`, `unknown`)."""

    article: Article
    edited_by: str
