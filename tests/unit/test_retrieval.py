"""Hybrid search over a small knowledge base, with an embedder that needs no weights."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from models.errors import EngineFailed
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.articles import sentences
from models.retrieval.embedders import EmbedderSpec, FakeEmbedder, Vectors, load
from models.retrieval.evaluate import LabelledQuery, evaluate_queries
from models.retrieval.tokens import stem, tokens
from models.types import SearchRequest

DEFAULT = IndexedArticle(
    "return-default", 3, "policy", ("return_policy", "return_request"), (),
    "七天无理由退货", "Seven-day returns",
    "多数商品签收后七天内可以无理由退货。商品要保持完好。",
    "Most goods can be returned within 7 days. Goods must be complete.",
)  # fmt: skip
ELECTRONICS = IndexedArticle(
    "return-electronics", 1, "policy", ("return_policy",), ("electronics",),
    "数码产品退货", "Returning electronics",
    "数码产品未拆封才能无理由退货。激活后不能退。", "Electronics can be returned unopened only. Not after activation.",
)  # fmt: skip
INVOICE = IndexedArticle(
    "invoice", 1, "faq", ("invoice",), (), "电子发票", "Electronic invoices",
    "确认收货后二十四小时内开具电子发票。",
    "The invoice is issued within 24 hours after receipt. It costs 19.9 yuan, e.g. by mail.",
)  # fmt: skip
ARTICLES = (DEFAULT, ELECTRONICS, INVOICE)


class CountingEmbedder(FakeEmbedder):
    """Counts the passages it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.passages = 0

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return FakeEmbedder().embed_passages(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.passages += len(texts)
        return super().embed_passages(texts)


@pytest.fixture
def index() -> HybridIndex:
    return HybridIndex.build(ARTICLES, FakeEmbedder())


def ids(index: HybridIndex, query: str, **more: str) -> list[str]:
    request = SearchRequest("demo", query, "en", **more)  # type: ignore[arg-type]
    return [passage.article_id for passage in index.search(request)]


def test_empty_index_and_empty_query_find_nothing(index: HybridIndex) -> None:
    assert HybridIndex.build((), FakeEmbedder()).search(SearchRequest("demo", "退货", "zh")) == ()
    assert index.search(SearchRequest("demo", "  ", "zh")) == ()


@pytest.mark.parametrize("query", ["怎么开电子发票", "electronic invoice please"])
def test_an_article_is_found_in_either_language(index: HybridIndex, query: str) -> None:
    assert ids(index, query)[0] == "invoice"


def test_passage_speaks_the_asked_language_and_quotes_its_body(index: HybridIndex) -> None:
    for language, title in (("zh", DEFAULT.title_zh), ("en", DEFAULT.title_en)):
        passage = index.search(SearchRequest("demo", "七天无理由退货 within 7 days", language, limit=1))[0]  # type: ignore[arg-type]
        assert (passage.article_id, passage.title, passage.version) == ("return-default", title, 3)
        assert passage.quote in passage.body
        assert passage.body == DEFAULT.body(language)  # type: ignore[arg-type]


def test_quote_is_the_sentence_that_answers(index: HybridIndex) -> None:
    passage = index.search(SearchRequest("demo", "not after activation", "en", limit=1))[0]
    assert passage.quote == "Not after activation."


def test_first_sentence_wins_ties() -> None:
    article = replace(INVOICE, body_en="Same words here. Same words here.")
    passage = HybridIndex.build((article,), FakeEmbedder()).search(SearchRequest("demo", "zzz", "en"))[0]
    assert passage.quote == sentences(article.body_en)[0]


def test_category_raises_its_article_and_lowers_the_others(index: HybridIndex) -> None:
    query = "is it possible to return most of them"
    assert ids(index, query, intent="return_policy")[0] == "return-default"
    assert ids(index, query, intent="return_policy", category="electronics")[0] == "return-electronics"
    unasked, other = (
        {
            p.article_id: p.score
            for p in index.search(SearchRequest("demo", "electronics", "en", category=category))
        }
        for category in (None, "shoes")
    )
    assert other["return-electronics"] < unasked["return-electronics"]
    assert other["return-default"] == unasked["return-default"]


def test_matching_intent_raises(index: HybridIndex) -> None:
    scores = {p.article_id: p.score for p in index.search(SearchRequest("demo", "goods", "en"))}
    told = {
        p.article_id: p.score for p in index.search(SearchRequest("demo", "goods", "en", intent="invoice"))
    }
    assert told["invoice"] > scores["invoice"]
    assert told["return-default"] == scores["return-default"]


def test_limit_and_order(index: HybridIndex) -> None:
    passages = index.search(SearchRequest("demo", "return electronics", "en", limit=2))
    assert len(passages) == 2
    assert passages[0].score >= passages[1].score


def test_one_changed_article_costs_one_embedding() -> None:
    embedder = CountingEmbedder()
    before = HybridIndex.build(ARTICLES, embedder)
    changed = replace(INVOICE, version=2, title_en="Digital receipts")
    embedder.passages = 0
    after = HybridIndex.build((DEFAULT, ELECTRONICS, changed), embedder, previous=before)
    assert embedder.passages == len(HybridIndex.build((changed,), FakeEmbedder())._units.vectors)
    assert ids(after, "digital receipts")[0] == "invoice"
    assert ids(before, "electronic invoices")[0] == "invoice"
    fresh = HybridIndex.build((DEFAULT, ELECTRONICS, changed), embedder)
    request = SearchRequest("demo", "receipt", "en")
    assert after.search(request) == fresh.search(request)


def test_version_and_slugs_change_without_embedding() -> None:
    embedder = CountingEmbedder()
    before = HybridIndex.build(ARTICLES, embedder)
    embedder.passages = 0
    after = HybridIndex.build((replace(DEFAULT, version=4, intents=("invoice",)),), embedder, previous=before)
    passage = after.search(SearchRequest("demo", "returns", "en"))[0]
    assert (embedder.passages, passage.version, passage.intents) == (0, 4, ("invoice",))


def test_sentences_are_parts_of_the_body_and_numbers_stay_whole() -> None:
    assert sentences(INVOICE.body_en) == (
        "The invoice is issued within 24 hours after receipt.",
        "It costs 19.9 yuan, e.g. by mail.",
    )
    assert sentences(DEFAULT.body_zh) == ("多数商品签收后七天内可以无理由退货。", "商品要保持完好。")
    assert sentences("No end") == ("No end",)


def test_tokens_are_words_pairs_and_stems() -> None:
    assert {"退货", "return", "policy"} <= set(tokens("想退货 Returning policies"))
    assert {stem(word) for word in ("returned", "returns", "returning")} == {"return"}
    assert tokens("the of 的") == []


def test_fake_embedder_fails_as_programmed_and_only_on_queries() -> None:
    embedder = load(EmbedderSpec(engine="fake", fail_every=2))
    index = HybridIndex.build(ARTICLES, embedder)
    request = SearchRequest("demo", "invoice", "en")
    assert index.search(request)
    with pytest.raises(EngineFailed):
        index.search(request)


def test_evaluation_counts_first_and_first_five(index: HybridIndex) -> None:
    queries = [
        LabelledQuery("electronic invoices", "en", frozenset({"invoice"}), "report"),
        LabelledQuery("electronic invoices", "en", frozenset({"return-default"}), "report"),
    ]
    figures = evaluate_queries(index, queries, "small")[0]
    assert (figures.queries, figures.top1, figures.top5) == (2, 0.5, 1.0)
    assert "small report en" in str(figures)
