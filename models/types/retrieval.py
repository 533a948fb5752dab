"""What retrieval is asked and what it finds."""

from dataclasses import dataclass

from models.types.understanding import IntentScore, Language


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search of one tenant's knowledge base. `limit` ≤ 20.

    `intents`, with how probable each is, and `categories` are what the question is about: they raise articles that serve
    them. `only_category` and `only_product` leave out what is about others; an article that names no category, or no product,
    is about all. `asked` is the question as it is compared with those of every kind of fact; empty: with none.
    """

    tenant_id: str
    query: str
    language: Language
    limit: int = 5
    intents: tuple[IntentScore, ...] = ()
    categories: tuple[str, ...] = ()
    only_category: str | None = None
    only_product: str | None = None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like what is asked under `name` a message is: 1 the same, near 0 nothing in common."""

    name: str
    score: float


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
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The passages, best first, and the kinds of facts that are asked for like this, the likeliest first."""

    passages: tuple[Passage, ...] = ()
    likenesses: tuple[Likeness, ...] = ()
