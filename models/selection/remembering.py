"""What was encoded before is not encoded again: the sentences of articles and facts come back from turn to turn."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from models.encoder.bert import TokenStates
from models.selection.features import Floats, Reads


class Remembering:
    """An encoder that keeps the last `size` texts in half precision, 20 KB each. Threads may share it."""

    def __init__(self, encoder: Reads, size: int) -> None:
        self._encoder = encoder
        self._size = size
        self._kept: OrderedDict[tuple[str, str], tuple[Floats, TokenStates]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, texts: Sequence[str], prefix: str) -> tuple[Floats, list[TokenStates]]:
        """As the encoder reads them, in the order of `texts`."""
        with self._lock:
            known = {text: self._kept[prefix, text] for text in texts if (prefix, text) in self._kept}
        unknown = [text for text in dict.fromkeys(texts) if text not in known]
        if unknown:
            vectors, tokens = self._encoder.read(unknown, prefix)
            # Kept and told alike, so that an answer does not depend on whether a text was asked for before.
            known |= {
                text: (vector.astype(np.float16), TokenStates(each.states.astype(np.float16), each.spans))
                for text, vector, each in zip(unknown, vectors, tokens, strict=True)
            }
        self._keep(prefix, texts, known)
        read = [known[text] for text in texts]
        states = [TokenStates(each.states.astype(np.float32), each.spans) for _, each in read]
        return np.stack([vector for vector, _ in read]).astype(np.float32), states

    def _keep(self, prefix: str, texts: Sequence[str], known: dict[str, tuple[Floats, TokenStates]]) -> None:
        with self._lock:
            for text in texts:
                self._kept[prefix, text] = known[text]
                self._kept.move_to_end((prefix, text))
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
