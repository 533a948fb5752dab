"""What was computed of articles' and questions' texts, in files that the next replica reads instead of embedding anew.

A file is one article's text, or one list of questions: its name is a hash of that text, of the model and of the recipe, and
it begins with a hash of all that it holds. So a file of another model is never looked at, a damaged one counts as none, and
any number of processes may write: the last one puts the same there. A file gets its name when it is whole.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models.retrieval.articles import IndexedArticle
from models.retrieval.embedders import Vectors
from models.retrieval.texts import Texts

RECIPE: Final = 1
"""Raise it whenever the same article and model give other vectors or tokens: how texts are cut, joined, stemmed."""

KEPT_S: Final = 30 * 86_400.0
"""How long a file stays after the last start that used it."""

_MARKED_EVERY_S: Final = 86_400.0
_SCRATCH_PREFIX: Final = ".arriving-"
_FILE_MODE: Final = 0o644
_DIGEST_BYTES: Final = 32


class KeptTexts:
    """Below `folder`, which is made. `model`: `embedders.fingerprint`. What can't be read or written is computed anew each
    time; `failure` says why something could not be written.
    """

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = folder
        self._model = model
        self.failure: str | None = None

    def get(self, article: IndexedArticle) -> Texts | None:
        """What was put for an article of this text, and marks it as used; None if there is nothing whole."""
        payload = self._read(self._key(article.text_hash))
        return None if payload is None else _decoded(payload)

    def put(self, article: IndexedArticle, texts: Texts) -> None:
        """For the next `get` of this or another process. A full or foreign disk stops nothing."""
        self._keep(self._key(article.text_hash), _encoded(texts))

    def get_questions(self, questions: Sequence[str]) -> Vectors | None:
        """The vectors that were put for these questions in that order, as `get`."""
        payload = self._read(self._key(_hash_of(questions)))
        return None if payload is None else _decoded_vectors(payload)

    def put_questions(self, questions: Sequence[str], vectors: Vectors) -> None:
        """As `put`."""
        self._keep(self._key(_hash_of(questions)), _encoded_vectors(vectors))

    def drop_unused(self, now: float) -> int:
        """Remove the files that no start has used for `KEPT_S` before `now`, in seconds since 1970; how many those were."""
        dropped = 0
        for path in self._folder.glob("*/*"):
            try:
                if path.stat().st_mtime < now - KEPT_S:
                    path.unlink()
                    dropped += 1
            except OSError:  # another replica was faster, or this one may only read
                continue
        return dropped

    def _read(self, key: str) -> bytes | None:
        path = self._path(key)
        try:
            content = path.read_bytes()
            if time.time() - path.stat().st_mtime > _MARKED_EVERY_S:
                os.utime(path)
        except OSError:
            return None
        payload = content[_DIGEST_BYTES:]
        return payload if _digest(key, payload) == content[:_DIGEST_BYTES] else None

    def _keep(self, key: str, payload: bytes) -> None:
        try:
            _write(self._path(key), _digest(key, payload) + payload)
        except OSError as refused:
            self.failure = f"{type(refused).__name__}: {refused}"

    def _key(self, text_hash: str) -> str:
        return hashlib.sha256(f"{RECIPE}\0{self._model}\0{text_hash}".encode()).hexdigest()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key


def _digest(key: str, payload: bytes) -> bytes:
    return hashlib.sha256(key.encode() + payload).digest()


def _hash_of(questions: Sequence[str]) -> str:
    return "questions " + hashlib.sha256("\0".join(questions).encode()).hexdigest()


def _encoded_vectors(vectors: Vectors) -> bytes:
    from safetensors.numpy import save

    found: bytes = save({"vectors": np.ascontiguousarray(vectors)})
    return found


def _decoded_vectors(payload: bytes) -> Vectors:
    from safetensors.numpy import load

    found: Vectors = load(payload)["vectors"]
    return found


def _encoded(texts: Texts) -> bytes:
    from safetensors.numpy import save

    spoken = np.frombuffer("\n".join(texts.tokens).encode(), dtype=np.uint8)
    found: bytes = save(
        {
            "wholes": np.ascontiguousarray(texts.wholes),
            "parts": np.ascontiguousarray(texts.parts),
            "tokens": spoken,
        }
    )
    return found


def _decoded(payload: bytes) -> Texts:
    from safetensors.numpy import load

    held = load(payload)
    return Texts(held["wholes"], held["parts"], tuple(held["tokens"].tobytes().decode().split("\n")))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, scratch = tempfile.mkstemp(prefix=_SCRATCH_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(scratch, _FILE_MODE)  # the owner's alone otherwise; replicas may run as another user
        # Not synced: whoever reads half a file after a power cut sees by its hash that it is none.
        os.replace(scratch, path)
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise
