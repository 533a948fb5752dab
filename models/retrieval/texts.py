"""What indexing computes of an article's text, which takes all of its time: vectors and search tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from models.retrieval.articles import IndexedArticle, sentences
from models.retrieval.embedders import Embedder, Vectors
from models.retrieval.tokens import tokens
from models.types.understanding import Language

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
WHOLES: Final = len(LANGUAGES)
_TITLE_REPEATS: Final = 3
_TEXTS_A_CALL: Final = 512


@dataclass(frozen=True, slots=True)
class Texts:
    """`wholes` float32 [2, d], and `parts` float16 [n, d], titles and questions and then the sentences; zh before en."""

    wholes: Vectors
    parts: npt.NDArray[np.float16]
    tokens: tuple[str, ...]


def compute(articles: Sequence[IndexedArticle], embedder: Embedder) -> list[Texts]:
    """Of each. A text that stands there twice is embedded once. Raises EngineFailed."""
    texts = [_embedded_of(article) for article in articles]
    unique = list(dict.fromkeys(chain.from_iterable(texts)))
    parts = [
        embedder.embed_passages(unique[start : start + _TEXTS_A_CALL])
        for start in range(0, len(unique), _TEXTS_A_CALL)
    ]
    vectors = np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)
    place = {text: number for number, text in enumerate(unique)}
    rows = [vectors[[place[text] for text in own]] for own in texts]
    return [
        Texts(own[:WHOLES], own[WHOLES:].astype(np.float16), _tokens_of(article))
        for article, own in zip(articles, rows, strict=True)
    ]


def asked_of(article: IndexedArticle) -> list[str]:
    """What a question is compared with as a question: the titles, and the article's questions."""
    return [*(article.title(language) for language in LANGUAGES), *article.questions]


def _embedded_of(article: IndexedArticle) -> list[str]:
    wholes = [f"{article.title(language)}\n{article.body(language)}" for language in LANGUAGES]
    spoken = chain.from_iterable(sentences(article.body(language)) for language in LANGUAGES)
    return [*wholes, *asked_of(article), *spoken]


def _tokens_of(article: IndexedArticle) -> tuple[str, ...]:
    titles = f"{article.title_zh} {article.title_en} " * _TITLE_REPEATS
    return tuple(tokens(f"{titles}{article.body_zh} {article.body_en} {' '.join(article.questions)}"))
