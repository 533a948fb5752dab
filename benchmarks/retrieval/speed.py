"""How long a search takes among many articles, and an edit."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from benchmarks.retrieval.quality import QUESTIONS
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.embedders import Embedder
from models.retrieval.evaluate import load_questions
from models.types import SearchRequest

_WARM_UP: Final = 20
_EDITS: Final = 20


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """Of `count` measurements."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Milliseconds":
        """Of at least one."""
        p50, p95, p99 = (round(1000 * float(np.quantile(seconds, q)), 2) for q in (0.5, 0.95, 0.99))
        return cls(len(seconds), p50, p95, p99, round(1000 * max(seconds), 2))


@dataclass(frozen=True, slots=True)
class Speed:
    """`embed_edit` runs beside searches, `apply_edit` keeps them waiting."""

    articles: int
    build_s: float
    search: Milliseconds
    embed_edit: Milliseconds
    apply_edit: Milliseconds


def measure(embedder: Embedder, articles: Sequence[IndexedArticle]) -> Speed:
    """One search at a time, of every question once. Raises EngineFailed."""
    started = time.perf_counter()
    index = HybridIndex.build(articles, embedder)
    build_s = time.perf_counter() - started
    searches = [_search(index, query) for query in _queries()][_WARM_UP:]
    embedding, applying = zip(*(_edit(index, article) for article in articles[:_EDITS]), strict=True)
    return Speed(
        len(articles),
        round(build_s, 1),
        Milliseconds.of(searches),
        Milliseconds.of(embedding),
        Milliseconds.of(applying),
    )


def _queries() -> list[SearchRequest]:
    found = load_questions(QUESTIONS)
    return [SearchRequest("made", question.query, question.language) for question in found]


def _search(index: HybridIndex, request: SearchRequest) -> float:
    started = time.perf_counter()
    index.search(request, datetime.now(UTC))
    return time.perf_counter() - started


def _edit(index: HybridIndex, article: IndexedArticle) -> tuple[float, float]:
    """Another last sentence in both languages."""
    edited = replace(
        article,
        version=article.version + 1,
        body_zh=f"{article.body_zh}编号{article.article_id}。",
        body_en=f"{article.body_en} Number {article.article_id}.",
    )
    started = time.perf_counter()
    prepared = index.prepare([edited])
    embedded = time.perf_counter()
    index.apply(prepared)
    return embedded - started, time.perf_counter() - embedded
