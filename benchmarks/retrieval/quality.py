"""How often an article that answers is found: as it is served, by the question alone, and across languages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from benchmarks.retrieval.corpus import shop_articles
from commerce.domain.catalogue import ProductVocabulary
from deployments.retrieval import indexed
from deployments.searching import named_categories
from models.retrieval import HybridIndex
from models.retrieval.embedders import Embedder
from models.retrieval.evaluate import (
    Half,
    HitFigures,
    Question,
    hit_figures,
    in_one_language,
    load_questions,
    place,
    request_of,
)
from models.retrieval.tokens import tokens
from models.types import SearchRequest
from models.types.understanding import IntentScore, Language

QUESTIONS: Final = Path(__file__).parent / "questions.yaml"
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Told = Literal["as served", "question alone", "as served, no example questions"]
Intents = Callable[[Sequence[str]], Sequence[tuple[IntentScore, ...]]]
"""What understanding reads in texts: the likeliest intents of each."""

# The demonstration's articles have no times.
_AT: Final = datetime(2026, 11, 29, tzinfo=UTC)
_WANTED: Final = 3


@dataclass(frozen=True, slots=True)
class Quality:
    """`told`: with the intents that understanding reads and the categories that the catalogue knows, as over the API and in
    a conversation; by the question's words alone; or as served, where no article has questions. `across_languages`: in
    an index that holds no text of the question's language. `missed` has those without an answer among the first three.
    """

    half: Half
    told: Told
    across_languages: bool
    language: Language | Literal["both"]
    figures: HitFigures
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a question is told with."""

    intents: Intents
    vocabulary: ProductVocabulary

    def requests(self, questions: Sequence[Question]) -> list[SearchRequest]:
        """Each with its intents and categories."""
        read = self.intents([question.query for question in questions])
        plain = [request_of(question) for question in questions]
        return [
            replace(request, intents=tuple(intents), categories=named_categories(request, self.vocabulary))
            for request, intents in zip(plain, read, strict=True)
        ]


def measure(embedder: Embedder, half: Half, understanding: Understanding | None) -> list[Quality]:
    """Of that half of the questions; as served only where `understanding` is there. Raises EngineFailed."""
    questions = [question for question in load_questions(QUESTIONS) if question.half == half]
    alone = [request_of(question) for question in questions]
    if understanding is None:
        return _both_ways(embedder, half, "question alone", questions, alone)
    served = understanding.requests(questions)
    return [
        *_both_ways(embedder, half, "as served", questions, served),
        *_both_ways(embedder, half, "question alone", questions, alone),
        *_both_ways(embedder, half, "as served, no example questions", questions, served),
    ]


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


def _both_ways(
    embedder: Embedder,
    half: Half,
    told: Told,
    questions: Sequence[Question],
    requests: Sequence[SearchRequest],
) -> list[Quality]:
    """In the whole index, and in one without the question's language."""
    articles = [indexed(article) for article in shop_articles()]
    if told == "as served, no example questions":
        articles = [replace(article, questions=()) for article in articles]
    whole = HybridIndex.build(articles, embedder)
    other: dict[Language, Language] = {"zh": "en", "en": "zh"}
    foreign = {
        language: HybridIndex.build([in_one_language(each, other[language]) for each in articles], embedder)
        for language in LANGUAGES
    }
    ways = ((False, dict.fromkeys(LANGUAGES, whole)), (True, foreign))
    found: list[Quality] = []
    for is_across, indexes in ways:
        places = [
            place(indexes[question.language].search(request, _AT), question)
            for question, request in zip(questions, requests, strict=True)
        ]
        found += _by_language(half, told, is_across, questions, places)
    return found


def _by_language(
    half: Half, told: Told, is_across: bool, questions: Sequence[Question], places: Sequence[int | None]
) -> list[Quality]:
    found = []
    for language in (*LANGUAGES, "both"):
        mine = [
            (question, where)
            for question, where in zip(questions, places, strict=True)
            if language in (question.language, "both")
        ]
        missed = tuple(question.query for question, where in mine if where is None or where > _WANTED)
        figures = hit_figures([where for _, where in mine])
        found.append(Quality(half, told, is_across, language, figures, missed))  # type: ignore[arg-type]
    return found
