"""The selector: which line of a sheet answers, read by the packaged sentence encoder and the trained head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final, get_args

from models.retrieval.embedders import Embedder, EmbedderSpec, fingerprint, load
from models.selection.errors import SelectionInvalid, SelectorMismatch
from models.selection.features import Asked, Embeds, Floats, features
from models.selection.head import Head, load_head
from models.selection.remembering import Remembering
from models.types.understanding import Language

EMBEDDER_SOURCE: Final = "packaged:use-multilingual-v3"
_REMEMBERED: Final = 4096
_LANGUAGES: Final[frozenset[str]] = frozenset(get_args(Language))


@dataclass(frozen=True, slots=True)
class Choice:
    """`index` of the line that answers, None where none is sure enough to. `probability` is of the likeliest line."""

    index: int | None
    probability: float


class Selector:
    """Chooses lines. Calls block; threads may share one."""

    def __init__(self, embedder: Embeds, head: Head, card: Mapping[str, Any]) -> None:
        self._embedder = embedder
        self._head = head
        self._thresholds: Mapping[str, float] = card["thresholds"]
        self.card = card

    @classmethod
    def load(
        cls,
        models_dir: Path,
        *,
        embedder: str = EMBEDDER_SOURCE,
        artifact: Path | None = None,
        threads: int = 1,
    ) -> "Selector":
        """With the shipped artifact, or that in the folder `artifact`.

        Raises ModelError, SelectorDamaged, and SelectorMismatch where the artifact is another embedder's.
        """
        head, card = shipped_head() if artifact is None else load_head(artifact)
        loaded = load_embedder(embedder, models_dir, threads)
        if loaded.fingerprint != card["embedder"]["fingerprint"]:
            raise SelectorMismatch(
                f"{card['embedder']['name']} ({card['embedder']['fingerprint']})", str(loaded.fingerprint)
            )
        return cls(Remembering(loaded, _REMEMBERED), head, card)

    def select(self, question: str, lines: Sequence[str], language: Language) -> Choice:
        """The choice among the lines of one sheet. Raises SelectionInvalid."""
        return self.select_all([Asked(question, tuple(lines), language)])[0]

    def select_all(self, asked: Sequence[Asked]) -> list[Choice]:
        """A choice for each, in their order; their texts are encoded together. Raises SelectionInvalid."""
        for each in asked:
            _check(each)
        return [
            self._choice(self._head.probabilities(read), each.language)
            for each, read in zip(asked, features(self._embedder, asked), strict=True)
        ]

    def _choice(self, probabilities: Any, language: Language) -> Choice:
        place = int(probabilities.argmax())
        probability = float(probabilities[place])
        return Choice(place if probability >= self._thresholds[language] else None, probability)


def shipped_head() -> tuple[Head, dict[str, Any]]:
    """What the package carries. Raises SelectorDamaged."""
    with as_file(files(__package__).joinpath("artifact")) as folder:
        return load_head(folder)


@dataclass(frozen=True, slots=True)
class Loaded:
    """An embedder of retrieval as the selector uses it; `fingerprint` is None where its weights can't be known."""

    embedder: Embedder
    fingerprint: str | None

    def embed(self, texts: Sequence[str]) -> Floats:
        """Questions and lines alike: this embedder has no prefixes."""
        return self.embedder.embed_passages(texts)


def load_embedder(source: str, models_dir: Path, threads: int) -> Loaded:
    """Raises ModelError."""
    spec = EmbedderSpec(embedder=source, models_dir=models_dir, threads=threads)
    return Loaded(load(spec), fingerprint(spec))


def _check(asked: Asked) -> None:
    if asked.language not in _LANGUAGES:
        raise SelectionInvalid(
            f"the language is {asked.language!r}, and known are {', '.join(sorted(_LANGUAGES))}"
        )
    if not asked.question.strip():
        raise SelectionInvalid("the question is empty")
    if not asked.lines or not all(line.strip() for line in asked.lines):
        raise SelectionInvalid("there are no lines, or one is empty")
