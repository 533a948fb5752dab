"""A shop's knowledge, searched by words (BM25) and by meaning (vectors) at once, across both languages.

Every article is compared by its words and whole texts; the best of them then also by their titles, by the questions that they
answer, and by their sentences.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from models.retrieval.articles import IndexedArticle, sentences
from models.retrieval.embedders import Embedder, Vectors
from models.retrieval.facets import Facets
from models.retrieval.kept import KeptTexts
from models.retrieval.texts import WHOLES, Texts, asked_of, compute
from models.retrieval.tokens import tokens
from models.retrieval.weights import DEFAULT_WEIGHTS, Weights
from models.retrieval.words import WordIndex
from models.types import Passage, SearchRequest
from models.types.understanding import Language

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

_CANDIDATES: Final = 128
_ARTICLES_A_TIME: Final = 32


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article that is ready to be put in. `texts` None: those in the index are the same."""

    article: IndexedArticle
    texts: Texts | None


class HybridIndex:
    """One tenant's articles. `prepare` may run beside searches; `apply` and `search` not beside each other.

    `kept`: where to look for texts before they are computed, and to put them after.
    """

    def __init__(
        self, embedder: Embedder, weights: Weights = DEFAULT_WEIGHTS, kept: KeptTexts | None = None
    ) -> None:
        self._embedder = embedder
        self._weights = weights
        self._kept = kept
        self._row_of: dict[str, int] = {}
        self._articles: list[IndexedArticle | None] = []
        self._free: list[int] = []
        self._wholes: Vectors = np.zeros((0, WHOLES, 1), dtype=np.float32)
        self._parts: dict[int, tuple[npt.NDArray[np.float16], int]] = {}
        self._words = WordIndex()
        self._facets = Facets()

    @classmethod
    def build(
        cls,
        articles: Sequence[IndexedArticle],
        embedder: Embedder,
        weights: Weights = DEFAULT_WEIGHTS,
        kept: KeptTexts | None = None,
    ) -> "HybridIndex":
        """An index of these articles. Blocks for their embedding. Raises EngineFailed."""
        index = cls(embedder, weights, kept)
        index.apply(index.prepare(articles))
        return index

    @property
    def article_ids(self) -> Collection[str]:
        """What is in it, whether it is shown or not."""
        return self._row_of.keys()

    def prepare(self, articles: Sequence[IndexedArticle]) -> tuple[Prepared, ...]:
        """Embed what is new of them; articles as they are in the index are left out. Raises EngineFailed."""
        changed = [article for article in articles if self._stored(article.article_id) != article]
        fresh = [article for article in changed if not self._has_texts_of(article)]
        texts = self._texts(fresh)
        return tuple(Prepared(article, texts.get(article.article_id)) for article in changed)

    def apply(self, prepared: Sequence[Prepared], removed: Collection[str] = ()) -> None:
        """Put these articles in, in place of those with their ids, and take others out."""
        gone = [self._row_of[article_id] for article_id in removed if article_id in self._row_of]
        replaced = [
            self._row_of[each.article.article_id]
            for each in prepared
            if each.texts is not None and each.article.article_id in self._row_of
        ]
        for row in gone:
            self._remove(row)
        added: dict[int, Sequence[str]] = {}
        for each in prepared:
            row = self._row(each.article.article_id)
            self._put(row, each)
            if each.texts is not None:
                added[row] = each.texts.tokens
        self._words.change([*gone, *replaced], added)

    def search(
        self, request: SearchRequest, at: datetime, vector: Vectors | None = None
    ) -> tuple[Passage, ...]:
        """At most `request.limit` articles that are shown at `at`, best first; () for an empty query. `vector`: the query's,
        where it is embedded already. Raises EngineFailed.
        """
        if not request.query.strip():
            return ()
        shown = self._facets.shown(request, at)
        rows = np.flatnonzero(shown)
        if not len(rows):
            return ()
        if vector is None:
            vector = self._embedder.embed_queries([request.query])[0]
        whole, rest = self._first_scores(request, vector)
        rows = self._candidates(rows, whole, rest)
        near = self._part_cosines(rows, vector)
        scores = {row: self._score(float(whole[row]), float(rest[row]), near[row]) for row in near}
        # Replicas that were told of edits in another order tell the same order of equals.
        best = sorted(scores, key=lambda row: (-scores[row], self._article(row).article_id))
        return tuple(
            self._passage(row, request.language, scores[row], near[row].sentences)
            for row in best[: request.limit]
        )

    def _first_scores(self, request: SearchRequest, vector: Vectors) -> tuple[Scores, Scores]:
        """Of every row: the cosine of its whole text, and what words, intents and categories add."""
        cosines = self._stretched(self._wholes.reshape(-1, self._wholes.shape[-1]) @ vector)
        words = self._words.scores(tokens(request.query), len(self._wholes))
        rest = self._facets.fit(request, self._weights)
        rest += self._weights.words * words / (words + self._weights.half_words)
        return cosines.reshape(-1, WHOLES).max(axis=1), rest

    def _candidates(self, rows: Rows, whole: Scores, rest: Scores) -> Rows:
        """The best by what is known of every row, its whole text standing for its parts."""
        if len(rows) <= _CANDIDATES:
            return rows
        weights = self._weights
        rough = (weights.asked + weights.whole + weights.sentence) * whole[rows] + rest[rows]
        found: Rows = rows[np.argpartition(-rough, _CANDIDATES)[:_CANDIDATES]]
        return found

    def _part_cosines(self, rows: Rows, vector: Vectors) -> "dict[int, _Near]":
        held = [self._parts[row] for row in rows.tolist()]
        cosines = self._stretched(np.concatenate([parts for parts, _ in held]).astype(np.float32) @ vector)
        pieces = np.split(cosines, np.cumsum([len(parts) for parts, _ in held])[:-1])
        return {
            row: _Near(piece[:asked], piece[asked:])
            for row, piece, (_, asked) in zip(rows.tolist(), pieces, held, strict=True)
        }

    def _score(self, whole: float, rest: float, near: "_Near") -> float:
        weights = self._weights
        asked, sentence = float(near.asked.max()), float(near.sentences.max())
        return weights.asked * asked + weights.whole * whole + weights.sentence * sentence + rest

    def _stretched(self, cosines: Scores) -> Scores:
        """So that unrelated texts are near 0 whatever the embedder."""
        floor = self._embedder.unrelated_cosine
        found: Scores = (cosines - np.float32(floor)) / np.float32(1 - floor)
        return found

    def _passage(self, row: int, language: Language, score: float, near: Scores) -> Passage:
        article = self._article(row)
        return Passage(
            article_id=article.article_id,
            version=article.version,
            title=article.title(language),
            quote=self._quote(article, language, near),
            body=article.body(language),
            score=round(score, 4),
            kind=article.kind,
            intents=article.intents,
            categories=article.categories,
            products=article.products,
        )

    def _quote(self, article: IndexedArticle, language: Language, near: Scores) -> str:
        """The sentence nearest to the query; the first one, the article's direct answer, is given a start."""
        spoken = sentences(article.body(language))
        start = 0 if language == "zh" else len(near) - len(spoken)
        own = near[start : start + len(spoken)].copy()
        own[0] += self._weights.first_sentence
        return spoken[int(np.argmax(own))]

    def _texts(self, articles: Sequence[IndexedArticle]) -> dict[str, Texts]:
        """By id. What is computed is kept a few articles at a time, so that a start that is cut short was not for nothing."""
        found: dict[str, Texts] = {}
        if self._kept is not None:
            kept = ((article.article_id, self._kept.get(article)) for article in articles)
            found = {article_id: texts for article_id, texts in kept if texts is not None}
        missing = [article for article in articles if article.article_id not in found]
        for start in range(0, len(missing), _ARTICLES_A_TIME):
            group = missing[start : start + _ARTICLES_A_TIME]
            for article, texts in zip(group, compute(group, self._embedder), strict=True):
                found[article.article_id] = texts
                if self._kept is not None:
                    self._kept.put(article, texts)
        return found

    def _stored(self, article_id: str) -> IndexedArticle | None:
        row = self._row_of.get(article_id)
        return None if row is None else self._articles[row]

    def _has_texts_of(self, article: IndexedArticle) -> bool:
        stored = self._stored(article.article_id)
        return stored is not None and stored.text_hash == article.text_hash

    def _article(self, row: int) -> IndexedArticle:
        article = self._articles[row]
        assert article is not None, f"row {row} is free"
        return article

    def _row(self, article_id: str) -> int:
        """The article's, or a free one that becomes its."""
        row = self._row_of.get(article_id)
        if row is None:
            row = self._row_of[article_id] = self._free.pop() if self._free else len(self._articles)
            if row == len(self._articles):
                self._articles.append(None)
        return row

    def _put(self, row: int, prepared: Prepared) -> None:
        if prepared.texts is not None:
            self._make_room(row + 1, prepared.texts.wholes.shape[-1])
            self._wholes[row] = prepared.texts.wholes
            self._parts[row] = (prepared.texts.parts, len(asked_of(prepared.article)))
        if (old := self._articles[row]) is not None:
            self._facets.remove(row, old)
        self._facets.put(row, prepared.article)
        self._articles[row] = prepared.article

    def _remove(self, row: int) -> None:
        article = self._article(row)
        self._facets.remove(row, article)
        del self._row_of[article.article_id], self._parts[row]
        self._articles[row] = None
        self._free.append(row)

    def _make_room(self, rows: int, width: int) -> None:
        """Half as much again, so that most edits copy nothing."""
        if rows > len(self._wholes):
            grown = np.zeros((max(rows, 3 * len(self._wholes) // 2), WHOLES, width), dtype=np.float32)
            grown[: len(self._wholes)] = self._wholes
            self._wholes = grown
            self._facets.make_room(len(grown))


@dataclass(frozen=True, slots=True)
class _Near:
    """A query's cosines with an article's titles and questions, and with its sentences, in their order."""

    asked: Scores
    sentences: Scores
