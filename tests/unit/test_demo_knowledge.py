"""The demonstration shop's knowledge base: shape, coverage, and the same figures in both languages.

Single sentences are quoted to shoppers as citations, so a wrong figure in one language is a wrong promise.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.types import INTENTS

KNOWLEDGE = Path(__file__).resolve().parents[2] / "commerce" / "demo" / "knowledge"
FIELDS = {"id", "kind", "intents", "categories", "title", "body"}
OPTIONAL = {"questions"}
KINDS = {"policy", "faq", "product_page"}
LANGUAGES = ("zh", "en")
CLOTHING = {"womens_clothing", "mens_clothing", "shoes", "bags"}
DEVICES = {"electronics", "phones", "appliances"}
OTHERS = {"beauty", "food", "baby", "sports", "home", "books", "toys", "jewelry", "pets"}
CATEGORIES = CLOTHING | DEVICES | OTHERS
# These are answered by search and recommendation, not from articles.
UNCOVERED = frozenset({"out_of_scope", "recommendation", "product_search"})
COVERED = frozenset(INTENTS) - UNCOVERED
MIN_ARTICLES = 72
MIN_BY_KIND = {"policy": 35, "faq": 25, "product_page": 16}
MIN_ARTICLES_PER_INTENT = 2
SENTENCES = range(3, 8)
MAX_FIRST_SENTENCE_CHARS = 200
SENTENCE_END = {"zh": re.compile(r"(?<=[\u3002\uff01\uff1f])"), "en": re.compile(r"(?<=[.!?])\s+")}
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d+(?:[.:]\d+)*")

# Policy figures that the first, quotable sentence of an article must carry, in both languages.
FIRST_SENTENCE_FIGURES = {
    "return-window-default": ["7"],
    "return-electronics": ["7"],
    "return-clothing-shoes-bags": ["15"],
    "return-beauty": ["7"],
    "refund-timeline": ["3"],
    "refund-times-by-method": ["24", "3", "7"],
    "price-protection": ["15"],
    "shipping-fee": ["99", "99", "8"],
    "shipping-remote-areas": ["20", "5", "7"],
    "dispatch-time": ["16:00", "16:00"],
    "delivery-time": ["1", "2", "2", "4", "5", "7"],
    "late-dispatch-compensation": ["48", "5"],
    "unpaid-order-closed": ["30"],
    "gift-wrapping": ["6"],
    "huabei-instalments": ["600", "3", "6", "12"],
    "invoice-electronic": ["24"],
    "invoice-special-vat": ["5"],
    "invoice-reissue": ["90"],
    "coupon-rules": ["1", "1"],
    "points-rules": ["1", "1", "100", "1", "20"],
    "membership-levels": ["1000", "5000"],
    "plus-benefits": ["88", "5", "1", "10"],
    "plus-cancel": ["7"],
    "warranty-electronics-phones": ["12"],
    "warranty-appliances": ["24"],
    "warranty-bags": ["6"],
    "repair-time": ["7", "10"],
    "human-agent-hours": ["08:00", "24:00"],
    "complaint-how": ["24"],
    "account-deletion": ["15"],
}

Article = dict[str, Any]


def load_articles() -> list[Article]:
    """Read every article of the folder, in file order."""
    return [a for path in sorted(KNOWLEDGE.glob("*.yaml")) for a in yaml.safe_load(path.read_text("utf-8"))]


def sentences_of(text: str, language: str) -> list[str]:
    """Split a body where a sentence ends."""
    return [s.strip() for s in SENTENCE_END[language].split(text) if s.strip()]


def figures_of(text: str) -> Counter[str]:
    """Count the numbers of a text; 1,000 and 1000 are the same number."""
    return Counter(NUMBER.findall(re.sub(r"(?<=\d),(?=\d{3})", "", text)))


ARTICLES = load_articles()
by_article = pytest.mark.parametrize("article", ARTICLES, ids=[str(a.get("id")) for a in ARTICLES])


def test_ids_are_unique() -> None:
    assert [i for i, n in Counter(a["id"] for a in ARTICLES).items() if n > 1] == []


def test_there_are_enough_articles_of_each_kind() -> None:
    kinds = Counter(a["kind"] for a in ARTICLES)
    assert len(ARTICLES) >= MIN_ARTICLES
    assert {k: kinds[k] for k, least in MIN_BY_KIND.items() if kinds[k] < least} == {}


def test_every_intent_is_covered() -> None:
    counts = Counter(i for a in ARTICLES for i in a["intents"])
    assert {i: counts[i] for i in COVERED if counts[i] < MIN_ARTICLES_PER_INTENT} == {}


def test_every_category_has_exactly_one_page() -> None:
    pages = Counter(c for a in ARTICLES if a["kind"] == "product_page" for c in a["categories"])
    assert pages == Counter(CATEGORIES)


def test_no_two_articles_open_with_the_same_sentence() -> None:
    for language in LANGUAGES:
        firsts = Counter(sentences_of(a["body"][language], language)[0] for a in ARTICLES)
        assert [s for s, n in firsts.items() if n > 1] == []


@by_article
def test_article_has_the_agreed_fields(article: Article) -> None:
    assert set(article) - OPTIONAL == FIELDS
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article["id"])
    assert article["kind"] in KINDS
    assert set(article["title"]) == set(article["body"]) == set(LANGUAGES)


@by_article
def test_intents_and_categories_are_known(article: Article) -> None:
    intents, categories = article["intents"], article["categories"]
    assert intents
    assert set(intents) <= COVERED | UNCOVERED
    assert set(categories) <= CATEGORIES
    assert len(set(intents)) == len(intents)
    assert len(set(categories)) == len(categories)


@by_article
@pytest.mark.parametrize("field", ["title", "body"])
def test_each_text_is_in_its_own_language(article: Article, field: str) -> None:
    assert IDEOGRAPH.search(article[field]["zh"])
    assert not CJK.search(article[field]["en"])
    assert re.search(r"[A-Za-z]", article[field]["en"])


@by_article
@pytest.mark.parametrize("language", LANGUAGES)
def test_body_is_a_few_quotable_sentences(article: Article, language: str) -> None:
    body = article["body"][language]
    sentences = sentences_of(body, language)
    assert len(sentences) in SENTENCES
    assert len(sentences[0]) <= MAX_FIRST_SENTENCE_CHARS
    assert body == body.strip()
    assert re.search(r"[.!?\u3002\uff01\uff1f]$", body)


@by_article
def test_both_languages_state_the_same_figures(article: Article) -> None:
    zh, en = (figures_of(article["body"][language]) for language in LANGUAGES)
    assert zh == en


@by_article
def test_sentences_correspond_one_to_one(article: Article) -> None:
    """A quoted sentence and its counterpart state the same figures."""
    zh, en = (sentences_of(article["body"][language], language) for language in LANGUAGES)
    assert len(zh) == len(en)
    assert [figures_of(s) for s in zh] == [figures_of(s) for s in en]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("article_id", FIRST_SENTENCE_FIGURES)
def test_first_sentence_carries_the_policy_figures(article_id: str, language: str) -> None:
    (article,) = [a for a in ARTICLES if a["id"] == article_id]
    first = sentences_of(article["body"][language], language)[0]
    assert figures_of(first) == Counter(FIRST_SENTENCE_FIGURES[article_id])
