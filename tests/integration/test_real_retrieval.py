"""Hybrid search with the built sentence encoder over the demonstration shop's knowledge."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from commerce.demo.article_files import KNOWLEDGE_DIR, load_articles
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.embedders import Embedder, EmbedderSpec, load
from models.retrieval.evaluate import evaluate_queries, load_queries
from models.types import SearchRequest

pytestmark = pytest.mark.real_models

QUERIES = Path(__file__).parents[1] / "quality" / "retrieval_queries.yaml"


@pytest.fixture(scope="module")
def articles() -> list[IndexedArticle]:
    return [
        IndexedArticle(
            article_id=article.article_id,
            version=article.version,
            kind=article.kind,
            intents=article.intents,
            categories=article.categories,
            title_zh=article.title.zh,
            title_en=article.title.en,
            body_zh=article.body.zh,
            body_en=article.body.en,
        )
        for article in load_articles(KNOWLEDGE_DIR)
    ]


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> Embedder:
    return load(EmbedderSpec(models_dir=models_dir, threads=1))


@pytest.fixture(scope="module")
def index(articles: list[IndexedArticle], embedder: Embedder) -> HybridIndex:
    return HybridIndex.build(articles, embedder)


def test_right_articles_come_first(index: HybridIndex) -> None:
    floors = {True: (0.75, 0.95), False: (0.50, 0.80)}
    for figures in evaluate_queries(index, load_queries(QUERIES), "kefu-retrieval-queries"):
        sys.stdout.write(f"{figures}\n")
        if figures.half == "report":
            top1, top5 = floors[figures.with_intent]
            assert figures.queries >= 30
            assert figures.top1 >= top1
            assert figures.top5 >= top5


def test_every_expected_article_exists(articles: list[IndexedArticle]) -> None:
    known = {article.article_id for article in articles}
    assert not {expected for query in load_queries(QUERIES) for expected in query.expect} - known


def test_every_article_is_found_by_its_own_title(index: HybridIndex, articles: list[IndexedArticle]) -> None:
    for article in articles:
        for language, title in (("zh", article.title_zh), ("en", article.title_en)):
            request = SearchRequest("demo", title, language, limit=3)  # type: ignore[arg-type]
            assert article.article_id in [passage.article_id for passage in index.search(request)], title


def test_quotes_are_sentences_of_the_asked_language(index: HybridIndex) -> None:
    for query in load_queries(QUERIES)[::5]:
        for passage in index.search(SearchRequest("demo", query.query, query.language)):
            assert passage.quote in passage.body
            assert ("。" in passage.quote) == (query.language == "zh")


def test_one_changed_article_is_reindexed_fast(
    index: HybridIndex, articles: list[IndexedArticle], embedder: Embedder
) -> None:
    changed = replace(articles[0], version=2, body_zh=articles[0].body_zh + "客服电话是每天接听的。")
    started = time.perf_counter()
    fresh = HybridIndex.build([changed, *articles[1:]], embedder, previous=index)
    sys.stdout.write(
        f"retrieval: {len(articles)} articles with one changed, {(time.perf_counter() - started) * 1000:.0f} ms"
        "\n"
    )
    assert time.perf_counter() - started < 2.0
    passage = fresh.search(SearchRequest("demo", articles[0].title_zh, "zh", limit=1))[0]
    assert (passage.article_id, passage.version) == (changed.article_id, 2)
