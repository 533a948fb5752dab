"""What was embedded before is not embedded again: the sentences of articles and facts come back from turn to turn."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from models.selection.features import Embeds, Floats


class Remembering:
    """An embedder that keeps the last `size` texts. Threads may share it."""

    def __init__(self, embedder: Embeds, size: int) -> None:
        self._embedder = embedder
        self._size = size
        self._kept: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Floats:
        """As the embedder has them, in the order of `texts`."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        unknown = [text for text in dict.fromkeys(texts) if text not in known]
        if unknown:
            known |= dict(zip(unknown, self._embedder.embed(unknown), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = known[text]
                self._kept.move_to_end(text)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return np.stack([known[text] for text in texts])
