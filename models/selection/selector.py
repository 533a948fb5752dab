"""The selector: which line of a sheet answers, read by the packaged encoder and the trained head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final, get_args

from models.encoder.bert import BertEncoder, Runtime
from models.selection.errors import SelectionInvalid, SelectorMismatch
from models.selection.features import Asked, Reads, features
from models.selection.head import Head, load_head
from models.selection.remembering import Remembering
from models.types.understanding import Language

ENCODER_SOURCE: Final = "packaged:e5-small-zh-en"
_REMEMBERED: Final = 4096
_LANGUAGES: Final[frozenset[str]] = frozenset(get_args(Language))


@dataclass(frozen=True, slots=True)
class Choice:
    """`index` of the line that answers, None where none is sure enough to. `probability` is of the likeliest line."""

    index: int | None
    probability: float


class Selector:
    """Chooses lines. Calls block; threads may share one."""

    def __init__(self, encoder: Reads, head: Head, card: Mapping[str, Any]) -> None:
        self._encoder = encoder
        self._head = head
        self._thresholds: Mapping[str, float] = card["thresholds"]
        self.card = card

    @classmethod
    def load(
        cls,
        models_dir: Path,
        *,
        encoder: str = ENCODER_SOURCE,
        artifact: Path | None = None,
        threads: int = 1,
        runtime: Runtime = "openvino",
    ) -> "Selector":
        """With the shipped artifact, or that in the folder `artifact`.

        The first load with OpenVINO exports the encoder into `<models_dir>/openvino`. Raises ModelError, SelectorDamaged, and
        SelectorMismatch where the artifact is another encoder's.
        """
        head, card = shipped_head() if artifact is None else load_head(artifact)
        loaded = load_encoder(encoder, models_dir, threads, runtime, card)
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
            for each, read in zip(asked, features(self._encoder, asked), strict=True)
        ]

    def _choice(self, probabilities: Any, language: Language) -> Choice:
        place = int(probabilities.argmax())
        probability = float(probabilities[place])
        return Choice(place if probability >= self._thresholds[language] else None, probability)


def shipped_head() -> tuple[Head, dict[str, Any]]:
    """What the package carries. Raises SelectorDamaged."""
    with as_file(files(__package__).joinpath("artifact")) as folder:
        return load_head(folder)


def load_encoder(
    source: str, models_dir: Path, threads: int, runtime: Runtime, card: Mapping[str, Any] | None = None
) -> BertEncoder:
    """The encoder as it is packaged, no adapter in it; that of `card`, where there is one."""
    from models.sources import resolve
    from models.understanding.bert import computed_by, fingerprint

    loaded = BertEncoder.load(resolve(source, models_dir, verify=True), threads=threads)
    if card is not None and (actual := fingerprint(loaded)) != card["encoder"]["fingerprint"]:
        raise SelectorMismatch(f"{card['encoder']['name']} ({card['encoder']['fingerprint']})", actual)
    return computed_by(runtime, loaded, models_dir, threads)


def _check(asked: Asked) -> None:
    if asked.language not in _LANGUAGES:
        raise SelectionInvalid(
            f"the language is {asked.language!r}, and known are {', '.join(sorted(_LANGUAGES))}"
        )
    if not asked.question.strip():
        raise SelectionInvalid("the question is empty")
    if not asked.lines or not all(line.strip() for line in asked.lines):
        raise SelectionInvalid("there are no lines, or one is empty")
