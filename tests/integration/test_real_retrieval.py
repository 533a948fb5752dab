"""Hybrid search with the built sentence encoder over the demonstration shop's knowledge."""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.retrieval.quality import QUESTIONS, measure
from commerce.demo.article_files import KNOWLEDGE_DIR, load_articles
from deployments.retrieval import indexed
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.embedders import Embedder, EmbedderSpec, load
from models.retrieval.evaluate import load_questions
from models.types import SearchRequest

pytestmark = pytest.mark.real_models

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def articles() -> list[IndexedArticle]:
    return [indexed(article) for article in load_articles(KNOWLEDGE_DIR)]


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> Embedder:
    return load(EmbedderSpec(models_dir=models_dir, threads=1))


@pytest.fixture(scope="module")
def index(articles: list[IndexedArticle], embedder: Embedder) -> HybridIndex:
    return HybridIndex.build(articles, embedder)


def test_right_articles_come_first(embedder: Embedder) -> None:
    """Of the questions that nothing is tuned on, alone; as they are served they find more: docs/results/retrieval.json."""
    # What holds today, less a little; the aim is 0.95 as served, and 0.80 across languages.
    floors = {False: 0.72, True: 0.50}
    for found in measure(embedder, "report", None):
        sys.stdout.write(f"across languages: {found.across_languages}, {found.language}: {found.figures}\n")
        if found.language == "both":
            assert found.figures.questions >= 200
            assert found.figures.hit_at_3 >= floors[found.across_languages]


def test_every_article_is_found_by_its_own_title(index: HybridIndex, articles: list[IndexedArticle]) -> None:
    for article in articles:
        for language, title in (("zh", article.title_zh), ("en", article.title_en)):
            request = SearchRequest("demo", title, language, limit=3)  # type: ignore[arg-type]
            assert article.article_id in [found.article_id for found in index.search(request, NOW)], title


def test_quotes_are_sentences_of_the_asked_language(index: HybridIndex) -> None:
    for query in load_questions(QUESTIONS)[::5]:
        for passage in index.search(SearchRequest("demo", query.query, query.language), NOW):
            assert passage.quote in passage.body
            assert ("。" in passage.quote) == (query.language == "zh")


def test_one_changed_article_is_reindexed_fast(articles: list[IndexedArticle], embedder: Embedder) -> None:
    index = HybridIndex.build(articles, embedder)
    changed = replace(articles[0], version=2, body_zh=articles[0].body_zh + "客服电话是每天接听的。")
    started = time.perf_counter()
    index.apply(index.prepare([changed]))
    took = time.perf_counter() - started
    sys.stdout.write(f"retrieval: {len(articles)} articles with one changed, {took * 1000:.0f} ms\n")
    assert took < 2.0
    passage = index.search(SearchRequest("demo", articles[0].title_zh, "zh", limit=1), NOW)[0]
    assert (passage.article_id, passage.version) == (changed.article_id, 2)
