"""What is asked like this: texts under names, and the names whose texts are nearest to a message by meaning."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.retrieval.embedders import Embedder, Vectors
from models.retrieval.kept import KeptTexts
from models.types import Likeness


class Exemplars:
    """Immutable once built. Blocks for the embedding of what is not `kept` of the texts. Raises EngineFailed."""

    def __init__(
        self, texts: Mapping[str, Sequence[str]], embedder: Embedder, kept: KeptTexts | None = None
    ) -> None:
        self._unrelated = embedder.unrelated_cosine
        self._names = tuple(texts)
        self._owner = np.array([at for at, each in enumerate(texts.values()) for _ in each], dtype=np.int64)
        self._vectors = _vectors([text for each in texts.values() for text in each], embedder, kept)

    def nearest(self, vector: Vectors, limit: int) -> tuple[Likeness, ...]:
        """At most `limit` names, the likeliest first, each by its text that is nearest to the message of that vector."""
        cosines = (self._vectors @ vector - self._unrelated) / (1 - self._unrelated)
        scores = np.full(len(self._names), -1.0)
        np.maximum.at(scores, self._owner, cosines)
        best = np.argsort(-scores, kind="stable")[:limit]
        return tuple(Likeness(self._names[at], round(float(scores[at]), 4)) for at in best)


def _vectors(texts: Sequence[str], embedder: Embedder, kept: KeptTexts | None) -> Vectors:
    found = kept.get_questions(texts) if kept is not None else None
    if found is None:
        found = embedder.embed_queries(texts)
        if kept is not None:
            kept.put_questions(texts, found)
    return found
