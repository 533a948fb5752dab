"""A shop's knowledge, searched by words (BM25) and by meaning (vectors) at once, across both languages."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.retrieval.articles import IndexedArticle, sentences
from models.retrieval.embedders import Embedder, Vectors
from models.retrieval.tokens import tokens
from models.types import Passage, SearchRequest
from models.types.understanding import Language

Scores = npt.NDArray[np.float32]

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Weights:
    """How the parts of a score add up. The defaults were tuned on the tuning half of the project's queries.

    `words` multiplies BM25 squeezed into 0…1 (s / (s + `half_words`)); `title`, `whole` and `sentence` the best cosine
    among an article's titles, whole texts and body sentences. The rest are added: `first_intent` and `other_intent`
    where the request's intent is the article's first or a further one, `category` where the request's is listed,
    `other_category` where the article serves only others, `unasked_category` where it serves some and none was asked.
    """

    words: float = 0.2
    half_words: float = 12.0
    title: float = 0.2
    whole: float = 0.4
    sentence: float = 0.2
    first_intent: float = 0.2
    other_intent: float = 0.12
    category: float = 0.20
    other_category: float = -0.20
    unasked_category: float = -0.03
    title_repeats: int = 3
    first_sentence: float = 0.03


DEFAULT_WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True)
class _Units:
    """The vectors of all articles, one after the other; within one, both titles, both whole texts, the sentences.

    `starts` is where each article begins, `parts` what each row is: 0 a title, 1 a whole text, 2 a sentence.
    """

    starts: npt.NDArray[np.int64]
    parts: npt.NDArray[np.int8]
    vectors: Vectors

    def best(self, cosines: Scores, part: int) -> Scores:
        """The best cosine of each article among its rows of that part."""
        best: Scores = np.maximum.reduceat(
            np.where(self.parts == part, cosines, np.float32(-1.0)), self.starts
        )
        return best


@dataclass(frozen=True, slots=True)
class _Slugs:
    """Which articles serve an intent or a category: rows by slug, so that a search loops over no article."""

    count: int
    first_intent: Mapping[str, list[int]]
    other_intent: Mapping[str, list[int]]
    category: Mapping[str, list[int]]
    has_category: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, articles: Sequence[IndexedArticle]) -> "_Slugs":
        first: dict[str, list[int]] = defaultdict(list)
        other: dict[str, list[int]] = defaultdict(list)
        category: dict[str, list[int]] = defaultdict(list)
        for row, article in enumerate(articles):
            for place, intent in enumerate(article.intents):
                (other if place else first)[intent].append(row)
            for slug in article.categories:
                category[slug].append(row)
        has_category = np.array([bool(article.categories) for article in articles], dtype=np.bool_)
        return cls(len(articles), dict(first), dict(other), dict(category), has_category)

    def fit(self, request: SearchRequest, weights: Weights) -> Scores:
        """What each article gains or loses by its slugs."""
        fit = np.zeros(self.count, dtype=np.float32)
        if request.intent is not None:
            fit[self.first_intent.get(request.intent, [])] += weights.first_intent
            fit[self.other_intent.get(request.intent, [])] += weights.other_intent
        asked = request.category is not None
        fit[self.has_category] += weights.other_category if asked else weights.unasked_category
        if request.category is not None:
            fit[self.category.get(request.category, [])] += weights.category - weights.other_category
        return fit


_TITLE, _WHOLE, _SENTENCE = range(3)
_FIRST_SENTENCE: Final = 2 * len(LANGUAGES)
"""Rows of an article before its sentences."""


class HybridIndex:
    """An index of one tenant's articles. Immutable: a changed article gives a new index that shares the rest.

    Searching blocks for an embedding and is safe from several threads where the embedder is.
    """

    def __init__(
        self,
        articles: tuple[IndexedArticle, ...],
        embedder: Embedder,
        words: Any,
        units: _Units,
        cached: Mapping[str, "_Prepared"],
        weights: Weights,
    ) -> None:
        """Called by `build`."""
        self.articles = articles
        self._embedder = embedder
        self._words = words
        self._units = units
        self._slugs = _Slugs.of(articles)
        self._cached = cached
        self._weights = weights

    @classmethod
    def build(
        cls,
        articles: Sequence[IndexedArticle],
        embedder: Embedder,
        previous: "HybridIndex | None" = None,
        weights: Weights = DEFAULT_WEIGHTS,
    ) -> "HybridIndex":
        """Indexes `articles`. What `previous`, an index with the same embedder, has prepared is not computed again."""
        known = previous._cached if previous is not None and previous._embedder is embedder else {}
        hashes = [article.text_hash for article in articles]
        fresh = {key: article for key, article in zip(hashes, articles, strict=True) if key not in known}
        prepared = dict(zip(fresh, _prepare(list(fresh.values()), embedder, weights), strict=True))
        cached = {key: known[key] if key in known else prepared[key] for key in hashes}
        rows = [cached[key] for key in hashes]
        words = _word_index([row.tokens for row in rows])
        return cls(tuple(articles), embedder, words, _stack(rows), MappingProxyType(cached), weights)

    def search(self, request: SearchRequest) -> tuple[Passage, ...]:
        """At most `request.limit` articles, best first; () for an empty index or query. Raises EngineFailed."""
        if not self.articles or not request.query.strip():
            return ()
        cosines = self._cosines(request.query)
        scores = self._scores(request, cosines)
        best = np.argsort(-scores, kind="stable")[: request.limit]
        return tuple(self._passage(int(row), request.language, float(scores[row]), cosines) for row in best)

    def _cosines(self, query: str) -> Scores:
        """Of the query with every row, stretched so that unrelated texts are near 0 whatever the embedder."""
        floor = self._embedder.unrelated_cosine
        cosines: Scores = (self._units.vectors @ self._embedder.embed_queries([query])[0] - floor) / (
            1 - floor
        )
        return cosines

    def _scores(self, request: SearchRequest, cosines: Scores) -> Scores:
        weights, units = self._weights, self._units
        words = self._word_scores(request.query)
        meaning = (
            weights.title * units.best(cosines, _TITLE)
            + weights.whole * units.best(cosines, _WHOLE)
            + weights.sentence * units.best(cosines, _SENTENCE)
        )
        fit = self._slugs.fit(request, weights)
        scores: Scores = (weights.words * words / (words + weights.half_words) + meaning + fit).astype(
            np.float32
        )
        return scores

    def _word_scores(self, query: str) -> Scores:
        found = [
            token for token in tokens(query) if self._words is not None and token in self._words.vocab_dict
        ]
        if not found:
            return np.zeros(len(self.articles), dtype=np.float32)
        scores: Scores = self._words.get_scores(found)
        return scores

    def _passage(self, row: int, language: Language, score: float, cosines: Scores) -> Passage:
        article = self.articles[row]
        return Passage(
            article_id=article.article_id,
            version=article.version,
            title=article.title(language),
            quote=self._quote(row, language, cosines),
            body=article.body(language),
            score=round(score, 4),
            kind=article.kind,
            intents=article.intents,
            categories=article.categories,
        )

    def _quote(self, row: int, language: Language, cosines: Scores) -> str:
        """The sentence nearest to the query; the first one, the article's direct answer, is given a start."""
        article = self.articles[row]
        spoken = sentences(article.body(language))
        offset = _FIRST_SENTENCE + (len(sentences(article.body("zh"))) if language == "en" else 0)
        start = int(self._units.starts[row]) + offset
        near = cosines[start : start + len(spoken)].copy()
        near[0] += self._weights.first_sentence
        return spoken[int(np.argmax(near))]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What indexing computes of one article's text."""

    vectors: Vectors
    tokens: tuple[str, ...]


def _prepare(articles: Sequence[IndexedArticle], embedder: Embedder, weights: Weights) -> list[_Prepared]:
    """Tokens and vectors of articles, all in one call of the embedder."""
    texts = [_texts(article) for article in articles]
    flat = list(chain.from_iterable(texts))
    vectors = embedder.embed_passages(flat) if flat else np.zeros((0, 1), dtype=np.float32)
    prepared, start = [], 0
    for article, own in zip(articles, texts, strict=True):
        titles = f"{article.title_zh} {article.title_en} " * weights.title_repeats
        words = tokens(titles + article.body_zh + " " + article.body_en)
        prepared.append(_Prepared(vectors[start : start + len(own)], tuple(words)))
        start += len(own)
    return prepared


def _texts(article: IndexedArticle) -> tuple[str, ...]:
    """What is embedded of an article, in the order of its rows."""
    titles = [article.title(language) for language in LANGUAGES]
    wholes = [f"{article.title(language)}\n{article.body(language)}" for language in LANGUAGES]
    return (
        *titles,
        *wholes,
        *chain.from_iterable(sentences(article.body(language)) for language in LANGUAGES),
    )


def _stack(rows: Sequence[_Prepared]) -> _Units:
    sizes = [len(row.vectors) for row in rows]
    starts = np.cumsum([0, *sizes], dtype=np.int64)[:-1]
    parts = np.full(sum(sizes), _SENTENCE, dtype=np.int8)
    for start in starts:
        parts[start : start + _FIRST_SENTENCE] = [_TITLE, _TITLE, _WHOLE, _WHOLE]
    vectors = np.concatenate([row.vectors for row in rows]) if rows else np.zeros((0, 1), np.float32)
    return _Units(starts, parts, vectors)


def _word_index(documents: Sequence[Sequence[str]]) -> Any:
    """A BM25 index over tokenised articles; None where no article has a token."""
    if not any(documents):
        return None
    import bm25s

    logging.getLogger("bm25s").setLevel(
        logging.WARNING
    )  # it logs every build at DEBUG, whatever the root says
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.5)
    index.index([list(document) for document in documents], show_progress=False)
    return index
