"""How long a search takes among many articles, and an edit: by the clock, and in CPU time, which is disturbed less."""

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
from models.retrieval.kept import KeptTexts
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
    """`embed_edit` runs beside searches, `apply_edit` keeps them waiting. `search_cpu`: of all threads of this process."""

    articles: int
    search: Milliseconds
    search_cpu: Milliseconds
    embed_edit: Milliseconds
    apply_edit: Milliseconds


def measure(embedder: Embedder, articles: Sequence[IndexedArticle], kept: KeptTexts) -> Speed:
    """One search at a time, of every question once; `kept` holds what was computed of the articles. Raises EngineFailed."""
    index = HybridIndex.build(articles, embedder, kept=kept)
    clock, cpu = zip(*[_search(index, query) for query in _queries()][_WARM_UP:], strict=True)
    embedding, applying = zip(*(_edit(index, article) for article in articles[:_EDITS]), strict=True)
    return Speed(
        len(articles),
        Milliseconds.of(clock),
        Milliseconds.of(cpu),
        Milliseconds.of(embedding),
        Milliseconds.of(applying),
    )


def _queries() -> list[SearchRequest]:
    found = load_questions(QUESTIONS)
    return [SearchRequest("made", question.query, question.language) for question in found]


def _search(index: HybridIndex, request: SearchRequest) -> tuple[float, float]:
    """By the clock, and in CPU time."""
    started, worked = time.perf_counter(), time.process_time()
    index.search(request, datetime.now(UTC))
    return time.perf_counter() - started, time.process_time() - worked


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
