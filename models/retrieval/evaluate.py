"""How good retrieval is: whether an article that answers comes first, or among the first few, and across languages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

import yaml

from models.errors import ModelError
from models.retrieval.articles import IndexedArticle
from models.retrieval.texts import LANGUAGES
from models.types import Passage, SearchRequest
from models.types.understanding import Language
from models.understanding.language import language as language_of

Half = Literal["tuning", "report"]

DEPTH: Final = 5


class QuestionsInvalid(ModelError):
    """A file of questions is not what it should be."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return f"the file of questions {self.file} is invalid: {self.reason}"


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the ids of the articles that answer it. `half` says what it may be used for."""

    query: str
    language: Language
    expect: frozenset[str]
    half: Half


@dataclass(frozen=True, slots=True)
class HitFigures:
    """`hit_at_n`: the share of questions with an article that answers among the first n. `mrr`: the mean of 1 / its place, 0
    for none among the first five.
    """

    questions: int
    hit_at_1: float
    hit_at_3: float
    hit_at_5: float
    mrr: float


def load_questions(path: Path) -> tuple[Question, ...]:
    """Reads {tuning: {zh: [...], en: [...]}, report: …} of {query, expect}. Raises QuestionsInvalid."""
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return tuple(
            Question(
                query=row["query"],
                language=language,
                expect=frozenset(row["expect"]),
                half=half,
            )
            for half in get_args(Half)
            for language in LANGUAGES
            for row in document[half][language]
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as broken:
        raise QuestionsInvalid(path.name, f"{type(broken).__name__}: {broken}") from broken


def request_of(question: Question) -> SearchRequest:
    """The question alone."""
    return SearchRequest("evaluation", question.query, question.language, DEPTH)


def place(passages: Sequence[Passage], question: Question) -> int | None:
    """Where the first article that answers comes, from 1; None for none of these."""
    ids = [passage.article_id for passage in passages]
    return next((place for place, found in enumerate(ids, 1) if found in question.expect), None)


def hit_figures(found: Sequence[int | None]) -> HitFigures:
    """Of at least one question."""
    shares = {most: sum(place is not None and place <= most for place in found) for most in (1, 3, 5)}
    return HitFigures(
        questions=len(found),
        hit_at_1=round(shares[1] / len(found), 4),
        hit_at_3=round(shares[3] / len(found), 4),
        hit_at_5=round(shares[5] / len(found), 4),
        mrr=round(sum(1 / place for place in found if place is not None) / len(found), 4),
    )


def in_one_language(article: IndexedArticle, language: Language) -> IndexedArticle:
    """The article as a shop of that language alone would hold it: the other language's text is nowhere in it."""
    title, body = article.title(language), article.body(language)
    questions = tuple(question for question in article.questions if language_of(question) == language)
    return replace(article, title_zh=title, title_en=title, body_zh=body, body_en=body, questions=questions)
