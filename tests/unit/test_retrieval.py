"""Hybrid search over a small knowledge base, with an embedder that needs no weights."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from models.errors import EngineFailed
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.articles import sentences
from models.retrieval.embedders import EmbedderSpec, FakeEmbedder, Vectors, load
from models.retrieval.evaluate import (
    Question,
    QuestionsInvalid,
    hit_figures,
    in_one_language,
    load_questions,
    place,
    request_of,
)
from models.retrieval.tokens import stem, tokens
from models.retrieval.weights import DEFAULT_WEIGHTS
from models.retrieval.words import K1, B, WordIndex
from models.types import Passage, SearchRequest
from models.types.understanding import IntentScore

REFUND = (IntentScore("refund", 0.7),)
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

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


def ask(index: HybridIndex, query: str, language: str = "en", **more: Any) -> tuple[Passage, ...]:
    return index.search(SearchRequest("demo", query, language, **more), NOW)  # type: ignore[arg-type]


def ids(index: HybridIndex, query: str, **more: Any) -> list[str]:
    return [passage.article_id for passage in ask(index, query, **more)]


def changed(index: HybridIndex, *articles: IndexedArticle, removed: Sequence[str] = ()) -> HybridIndex:
    index.apply(index.prepare(articles), removed)
    return index


def test_empty_index_and_empty_query_find_nothing(index: HybridIndex) -> None:
    assert ask(HybridIndex.build((), FakeEmbedder()), "退货") == ()
    assert ask(index, "  ") == ()


@pytest.mark.parametrize("query", ["怎么开电子发票", "electronic invoice please"])
def test_an_article_is_found_in_either_language(index: HybridIndex, query: str) -> None:
    assert ids(index, query)[0] == "invoice"


def test_passage_speaks_the_asked_language_and_quotes_its_body(index: HybridIndex) -> None:
    for language, title in (("zh", DEFAULT.title_zh), ("en", DEFAULT.title_en)):
        passage = ask(index, "七天无理由退货 within 7 days", language, limit=1)[0]
        assert (passage.article_id, passage.title, passage.version) == ("return-default", title, 3)
        assert passage.quote in passage.body
        assert passage.body == DEFAULT.body(language)  # type: ignore[arg-type]


def test_quote_is_the_sentence_that_answers(index: HybridIndex) -> None:
    passage = ask(index, "not after activation", limit=1)[0]
    assert passage.quote == "Not after activation."


def test_first_sentence_wins_ties() -> None:
    article = replace(INVOICE, body_en="Same words here. Same words here.")
    passage = ask(HybridIndex.build((article,), FakeEmbedder()), "zzz")[0]
    assert passage.quote == sentences(article.body_en)[0]


def test_category_raises_its_article_and_lowers_the_others(index: HybridIndex) -> None:
    def scores(*categories: str) -> dict[str, float]:
        return {p.article_id: p.score for p in ask(index, "electronics", categories=categories)}

    unasked, own, other = scores(), scores("phones", "electronics"), scores("shoes")
    assert other["return-electronics"] < unasked["return-electronics"] < own["return-electronics"]
    assert other["return-default"] == unasked["return-default"] == own["return-default"]


def test_matching_intent_raises(index: HybridIndex) -> None:
    scores = {p.article_id: p.score for p in ask(index, "goods")}
    told = {
        p.article_id: p.score
        for p in ask(
            index, "goods", intents=(IntentScore("invoice", 0.6), IntentScore("return_request", 0.3))
        )
    }
    raised = {each: told[each] - scores[each] for each in told}
    assert raised["invoice"] > raised["return-default"] > 0 == raised["return-electronics"]


def test_an_article_is_found_by_a_question_that_shares_no_word_with_it(index: HybridIndex) -> None:
    asked = "wombat zeppelin quokka"
    assert ids(index, asked)[0] != "return-electronics"
    changed(index, replace(ELECTRONICS, questions=("quokka wombat zeppelins", "貘")))
    found = ask(index, asked)[0]
    assert found.article_id == "return-electronics" and found.quote in found.body


def test_limit_and_order(index: HybridIndex) -> None:
    passages = ask(index, "return electronics", limit=2)
    assert len(passages) == 2
    assert passages[0].score >= passages[1].score


def test_one_changed_article_costs_one_embedding() -> None:
    embedder = CountingEmbedder()
    index = HybridIndex.build(ARTICLES, embedder)
    edited = replace(INVOICE, version=2, title_en="Digital receipts")
    embedder.passages = 0
    changed(index, DEFAULT, ELECTRONICS, edited)
    # Two whole texts, two titles, three sentences.
    assert embedder.passages == 7
    assert ids(index, "digital receipts")[0] == "invoice"
    anew = HybridIndex.build((DEFAULT, ELECTRONICS, edited), FakeEmbedder())
    assert ask(index, "receipt") == ask(anew, "receipt")


def test_version_and_slugs_change_without_embedding() -> None:
    embedder = CountingEmbedder()
    index = HybridIndex.build(ARTICLES, embedder)
    embedder.passages = 0
    passage = ask(changed(index, replace(DEFAULT, version=4, intents=("invoice",))), "returns")[0]
    assert (embedder.passages, passage.version, passage.intents) == (0, 4, ("invoice",))
    assert index.prepare(ARTICLES[1:]) == ()


def test_what_is_taken_out_is_found_no_more_and_its_place_is_used_again(index: HybridIndex) -> None:
    changed(index, removed=("invoice", "never-was"))
    assert set(index.article_ids) == {"return-default", "return-electronics"}
    assert "invoice" not in ids(index, "electronic invoice")
    changed(index, replace(INVOICE, article_id="receipt"), removed=("return-default",))
    assert ids(index, "electronic invoice")[0] == "receipt"
    anew = HybridIndex.build((ELECTRONICS, replace(INVOICE, article_id="receipt")), FakeEmbedder())
    assert ask(index, "electronic returns") == ask(anew, "electronic returns")


def test_an_index_that_was_changed_at_random_is_the_one_built_anew() -> None:
    rng = Random(7)
    words = "refund parcel coupon 退款 快递 优惠券 invoice 发票 size 尺码 repair 维修".split()

    def article(number: int) -> IndexedArticle:
        said = [" ".join(rng.choices(words, k=6)) for _ in range(4)]
        return replace(
            INVOICE, article_id=f"a{number}", title_zh=said[0], title_en=said[1], body_zh=said[2], body_en=said[3],
            intents=tuple(rng.sample(("invoice", "refund"), rng.randint(0, 2))),
        )  # fmt: skip

    there = {f"a{number}": article(number) for number in range(40)}
    index = HybridIndex.build(list(there.values()), FakeEmbedder())
    for _ in range(60):
        gone = rng.sample(sorted(there), rng.randint(0, 3))
        edited = [article(rng.randint(0, 60)) for _ in range(rng.randint(0, 3))]
        for article_id in gone:
            del there[article_id]
        edited = list({each.article_id: each for each in edited}.values())
        there |= {each.article_id: each for each in edited}
        changed(index, *edited, removed=[each for each in gone if each not in there])
    anew = HybridIndex.build(list(there.values()), FakeEmbedder())
    for query in words:
        assert ask(index, query, intents=REFUND, limit=20) == ask(anew, query, intents=REFUND, limit=20)


def test_an_article_comes_and_goes_at_its_time(index: HybridIndex) -> None:
    second = timedelta(seconds=1)
    changed(index, replace(INVOICE, publish_at=NOW, expires_at=NOW + second))
    request = SearchRequest("demo", "electronic invoice", "en", limit=1)
    found = [index.search(request, at)[0].article_id for at in (NOW - second, NOW, NOW + second)]
    assert found[1] == "invoice" and "invoice" not in (found[0], found[2])
    changed(index, INVOICE)
    assert index.search(request, NOW - second)[0].article_id == "invoice"


def test_filters_leave_out_what_is_about_others(index: HybridIndex) -> None:
    assert set(ids(index, "return", only_category="shoes")) == {"return-default", "invoice"}
    assert set(ids(index, "return", only_category="electronics")) == {each.article_id for each in ARTICLES}
    kettle = replace(INVOICE, article_id="kettle", products=("P1",))
    changed(index, kettle, replace(kettle, article_id="pot", products=("P2", "P3")))
    assert set(ids(index, "invoice", only_product="P3")) == {"pot", *(each.article_id for each in ARTICLES)}
    assert ids(index, "invoice", only_product="P1")[0] == "kettle"
    assert "pot" not in ids(index, "invoice", only_product="P1", only_category="shoes")


def test_more_articles_than_are_compared_by_their_sentences() -> None:
    """What is rare in a crowd comes first all the same."""
    crowd = [
        replace(DEFAULT, article_id=f"d{number:03}", title_en=f"Returns {number}") for number in range(200)
    ]
    index = HybridIndex.build([*crowd, INVOICE], FakeEmbedder())
    assert ids(index, "electronic invoice after receipt", limit=3)[0] == "invoice"
    assert len(ids(index, "returns", limit=20)) == 20


def test_one_sentence_that_answers_lifts_a_long_article() -> None:
    """The two are equals but for how their words are cut into sentences."""
    said = "Zinc buttons tarnish, brass ones never do so here."
    split = "Zinc buttons. Tarnish, brass. Ones never. Do so here."
    articles = [
        replace(INVOICE, article_id=name, title_en="Same", title_zh="同", body_zh="同。", body_en=body)
        for name, body in (("a-split", split), ("b-whole", said))
    ]
    blind = replace(DEFAULT_WEIGHTS, whole=0.0, asked=0.0, words=0.0)
    index = HybridIndex.build(articles, FakeEmbedder(), blind)
    assert ids(index, said)[0] == "b-whole"


def test_words_are_scored_as_bm25s_scores_them() -> None:
    import bm25s

    rng = Random(3)
    documents = [rng.choices("abcdefghij", k=rng.randint(1, 12)) for _ in range(50)]
    reference = bm25s.BM25(method="lucene", k1=K1, b=B)
    reference.index(documents, show_progress=False)
    index = WordIndex()
    index.change((), {row: ["x", *documents[row]] for row in range(25)})
    index.change((), dict(enumerate(documents[25:], 25)))
    index.change(range(25), dict(enumerate(documents[:25])))
    for query in (["a"], ["b", "b", "c"], ["nowhere"], list("defg")):
        known = [token for token in query if token in reference.vocab_dict]
        expected = reference.get_scores(known) if known else np.zeros(50)
        np.testing.assert_allclose(index.scores(query, 50), expected, rtol=1e-4, atol=1e-6)


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
    assert ask(index, "invoice")
    with pytest.raises(EngineFailed):
        ask(index, "invoice")


def test_evaluation_counts_places(index: HybridIndex) -> None:
    questions = [
        Question("electronic invoices", "en", frozenset({"invoice"}), "report"),
        Question("electronic invoices", "en", frozenset({"nowhere"}), "report"),
        Question("electronic invoices", "en", frozenset({"return-default", "return-electronics"}), "report"),
    ]
    found = [place(index.search(request_of(each), NOW), each) for each in questions]
    assert found == [1, None, 2]
    figures = hit_figures(found)
    assert (figures.hit_at_1, figures.hit_at_3, figures.mrr) == (0.3333, 0.6667, 0.5)


def test_an_article_in_one_language_holds_no_word_of_the_other() -> None:
    alone = in_one_language(replace(DEFAULT, questions=("能退吗", "can I return it")), "en")
    assert alone.questions == ("can I return it",)
    assert (alone.title_zh, alone.body_zh) == (DEFAULT.title_en, DEFAULT.body_en)
    assert alone.title("en") == DEFAULT.title_en and alone.text_hash != DEFAULT.text_hash


def test_a_file_of_questions_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "q.yaml"
    path.write_text("tuning: {zh: [{query: 退货, expect: [a]}], en: []}\nreport: {zh: [], en: []}\n")
    assert load_questions(path) == (Question("退货", "zh", frozenset({"a"}), "tuning"),)
    for wrong in ("tuning: {}", "a: [", "tuning: {zh: [{query: 退货}], en: []}"):
        path.write_text(wrong)
        with pytest.raises(QuestionsInvalid, match=r"q\.yaml"):
            load_questions(path)
