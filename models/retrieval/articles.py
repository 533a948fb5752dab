"""What the index holds: an article in both languages, and its body cut into sentences."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.types.understanding import Language

# A Chinese mark always ends a sentence; a full stop only before a blank and what can begin one: not in 19.9, "e.g. this".
_SENTENCE_END: Final = re.compile(
    r"(?<=[。！？\n])\s*|(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!No\.)\s+(?=[\"'“(\[]?[A-Z0-9])"
)


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """One article. `intents` and `categories` are the slugs it serves and `products` the ids it is about, empty for all;
    `questions` are what customers ask it as, in any language.

    It is found from `publish_at` (None: at once) until `expires_at` (None: for good).
    """

    article_id: str
    version: int
    kind: str
    intents: tuple[str, ...]
    categories: tuple[str, ...]
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    products: tuple[str, ...] = ()
    publish_at: datetime | None = None
    expires_at: datetime | None = None
    questions: tuple[str, ...] = ()

    def title(self, language: Language) -> str:
        """The title in that language."""
        return self.title_zh if language == "zh" else self.title_en

    def body(self, language: Language) -> str:
        """The body in that language."""
        return self.body_zh if language == "zh" else self.body_en

    @property
    def text_hash(self) -> str:
        """Of what is indexed as text: an edit of slugs, times or version alone keeps it."""
        texts = (self.title_zh, self.title_en, self.body_zh, self.body_en, *self.questions)
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def sentences(body: str) -> tuple[str, ...]:
    """The sentences of `body` in order, each word for word a part of it."""
    return tuple(piece for part in _SENTENCE_END.split(body) if (piece := part.strip()))
