"""What retrieval is asked and what it finds."""

from dataclasses import dataclass

from models.types.understanding import Language


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search of one tenant's knowledge base. `intent` and `category` raise matching articles; `limit` ≤ 20."""

    tenant_id: str
    query: str
    language: Language
    limit: int = 5
    intent: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """One article that answers, in the asked language. `quote` is a sentence of `body`, word for word."""

    article_id: str
    version: int
    title: str
    quote: str
    body: str
    score: float
    kind: str
    intents: tuple[str, ...]
    categories: tuple[str, ...]
