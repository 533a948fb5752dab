"""How often an article that answers is found: by language, with what a conversation knows, and across languages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from benchmarks.retrieval.corpus import shop_articles
from deployments.retrieval import indexed
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.embedders import Embedder
from models.retrieval.evaluate import (
    Half,
    HitFigures,
    Question,
    Search,
    hit_figures,
    in_one_language,
    load_questions,
    places,
)
from models.retrieval.tokens import tokens
from models.retrieval.weights import DEFAULT_WEIGHTS, Weights
from models.types import Passage, SearchRequest
from models.types.understanding import Language

QUESTIONS: Final = Path(__file__).parent / "questions.yaml"
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Way = Literal["question alone", "with its intent", "across languages"]
Intents = Callable[[Sequence[str]], Sequence[str | None]]
"""What understanding reads in questions; None where it would not say."""

# The demonstration's articles have no times.
_AT: Final = datetime(2026, 11, 29, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Quality:
    """`way`: the question alone, as over the API; with the intent that understanding reads in it, as in a conversation; or
    alone in an index without a word of its language. `missed` has those without an answer among the first three.
    """

    half: Half
    way: Way
    language: Language | Literal["both"]
    figures: HitFigures
    missed: tuple[str, ...]


def measure(
    embedder: Embedder, half: Half, intents: Intents | None, weights: Weights = DEFAULT_WEIGHTS
) -> list[Quality]:
    """Of that half of the questions. Raises EngineFailed."""
    questions = [question for question in load_questions(QUESTIONS) if question.half == half]
    articles = [indexed(article) for article in shop_articles()]
    whole = _search(HybridIndex.build(articles, embedder, weights))
    found = _by_language(half, "question alone", questions, {language: whole for language in LANGUAGES})
    if intents is not None:
        read = intents([question.query for question in questions])
        told = [replace(q, intent=intent, category=None) for q, intent in zip(questions, read, strict=True)]
        both = {language: whole for language in LANGUAGES}
        found += _by_language(half, "with its intent", told, both, is_told=True)
    foreign = {language: _without(articles, language, embedder, weights) for language in LANGUAGES}
    return found + _by_language(half, "across languages", questions, foreign)


def shared_with_titles(half: Half) -> float:
    """The mean share of a question's words that stand in a title of an article that answers."""
    titles = {article.article_id: article.title for article in shop_articles()}
    shares = []
    for question in load_questions(QUESTIONS):
        if question.half == half:
            asked = set(tokens(question.query))
            said = {
                token
                for article_id in question.expect
                for token in tokens(titles[article_id].in_language(question.language))
            }
            shares.append(len(asked & said) / max(len(asked), 1))
    return round(sum(shares) / len(shares), 3)


def _without(
    articles: Sequence[IndexedArticle], language: Language, embedder: Embedder, weights: Weights
) -> Search:
    """A search in an index without that language's text."""
    other: Language = "en" if language == "zh" else "zh"
    alone = [in_one_language(article, other) for article in articles]
    return _search(HybridIndex.build(alone, embedder, weights))


def _search(index: HybridIndex) -> Search:
    def search(request: SearchRequest) -> Sequence[Passage]:
        return index.search(request, _AT)

    return search


def _by_language(
    half: Half,
    way: Way,
    questions: Sequence[Question],
    search: Mapping[Language, Search],
    *,
    is_told: bool = False,
) -> list[Quality]:
    found, every_place, every_miss = [], [], []
    for language in LANGUAGES:
        asked = [question for question in questions if question.language == language]
        here = places(search[language], asked, told=is_told)
        missed = [q.query for q, place in zip(asked, here, strict=True) if place is None or place > 3]
        found.append(Quality(half, way, language, hit_figures(here), tuple(missed)))
        every_place += here
        every_miss += missed
    return [*found, Quality(half, way, "both", hit_figures(every_place), tuple(every_miss))]
