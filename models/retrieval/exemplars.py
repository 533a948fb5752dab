"""What is asked like this: texts under names, and the names whose texts are nearest to a message by meaning."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.retrieval.embedders import Embedder
from models.types import Likeness


class Exemplars:
    """Immutable once built. Blocks for the embedding of the texts. Raises EngineFailed."""

    def __init__(self, texts: Mapping[str, Sequence[str]], embedder: Embedder) -> None:
        self._embedder = embedder
        self._names = tuple(texts)
        self._owner = np.array([at for at, each in enumerate(texts.values()) for _ in each], dtype=np.int64)
        self._vectors = embedder.embed_queries([text for each in texts.values() for text in each])

    def nearest(self, message: str, limit: int) -> tuple[Likeness, ...]:
        """At most `limit` names, the likeliest first, each by its nearest text. Raises EngineFailed."""
        if not message.strip():
            return ()
        floor = self._embedder.unrelated_cosine
        cosines = (self._vectors @ self._embedder.embed_queries([message])[0] - floor) / (1 - floor)
        scores = np.full(len(self._names), -1.0)
        np.maximum.at(scores, self._owner, cosines)
        best = np.argsort(-scores, kind="stable")[:limit]
        return tuple(Likeness(self._names[at], round(float(scores[at]), 4)) for at in best)
