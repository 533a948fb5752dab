"""The trained heads: linear layers in numpy over the encoder's mean-pooled vector, and what their numbers decide."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.types import INTENTS, OUT_OF_SCOPE, IntentScore, Sentiment
from models.types.understanding import SENTIMENT_LABELS, Decision, Language
from models.understanding.errors import AdapterDamaged

Floats = npt.NDArray[np.float32]

TENSORS_FILE: Final = "adapter.safetensors"
CARD_FILE: Final = "card.json"
CARD_FORMAT: Final = 1
TOP_CANDIDATES: Final = 3
SENTIMENT_SCORES: Final = np.linspace(-1.0, 1.0, len(SENTIMENT_LABELS), dtype=np.float32)
_LORA_PREFIX: Final = "encoder."


@dataclass(frozen=True, slots=True)
class LinearHead:
    """logits = features · weight + bias; weight [features, classes], bias [classes]. `labels` name the classes."""

    weight: Floats
    bias: Floats
    labels: tuple[str, ...]

    def logits(self, features: Floats) -> Floats:
        """[n, features] → [n, classes]."""
        logits: Floats = features @ self.weight + self.bias
        return logits


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Chosen on validation, per language.

    A message is out of scope when that class's probability reaches `out_of_scope`. Else its best intent is routed when
    its probability reaches `route` and that of out of scope stays below `suspect`; else it is to be clarified.
    """

    route: Mapping[Language, float]
    out_of_scope: Mapping[Language, float]
    suspect: Mapping[Language, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the heads say of one message."""

    intent: str
    probability: float
    decision: Decision
    top: tuple[IntentScore, ...]
    sentiment: Sentiment


@dataclass(frozen=True, slots=True)
class Heads:
    """Both heads with their calibration: logits are divided by the language's temperature before the softmax."""

    intent: LinearHead
    sentiment: LinearHead
    temperatures: Mapping[Language, float]
    thresholds: Thresholds

    def probabilities(self, features: Floats, languages: Sequence[Language]) -> Floats:
        """Calibrated probabilities of all intents, [n, intents]."""
        return calibrated(self.intent, self.temperatures, features, languages)

    def read(self, features: Floats, languages: Sequence[Language]) -> list[Reading]:
        """One reading a row of `features` [n, hidden]: mean-pooled, not normalised."""
        intents = self.probabilities(features, languages)
        sentiments = softmax(self.sentiment.logits(features))
        return [
            self._reading(intents[row], sentiments[row], language) for row, language in enumerate(languages)
        ]

    def _reading(self, intents: Floats, sentiments: Floats, language: Language) -> Reading:
        order = [int(place) for place in np.argsort(-intents, kind="stable")]
        in_scope = [place for place in order if self.intent.labels[place] != OUT_OF_SCOPE][:TOP_CANDIDATES]
        top = tuple(IntentScore(self.intent.labels[place], _rounded(intents[place])) for place in in_scope)
        outside = float(intents[self.intent.labels.index(OUT_OF_SCOPE)])
        sentiment = Sentiment(
            SENTIMENT_LABELS[int(np.argmax(sentiments))], _rounded(sentiments @ SENTIMENT_SCORES)
        )
        if outside >= self.thresholds.out_of_scope[language]:
            return Reading(OUT_OF_SCOPE, _rounded(outside), "out_of_scope", top, sentiment)
        is_suspect = outside >= self.thresholds.suspect[language]
        is_sure = not is_suspect and float(intents[in_scope[0]]) >= self.thresholds.route[language]
        return Reading(top[0].intent, top[0].probability, "route" if is_sure else "clarify", top, sentiment)


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is trained: the heads, and the low-rank parts for the encoder (none where it stays as packaged)."""

    heads: Heads
    lora: Mapping[str, npt.NDArray[np.float16]]
    card: Mapping[str, Any]

    @property
    def encoder_fingerprint(self) -> str:
        """Of the encoder that the adapter was trained on."""
        return str(self.card["encoder"]["fingerprint"])


def calibrated(
    head: LinearHead, temperatures: Mapping[Language, float], features: Floats, languages: Sequence[Language]
) -> Floats:
    """Probabilities of the head's classes at each row's language's temperature."""
    divisors = np.array([temperatures[language] for language in languages], dtype=np.float32)
    return softmax(head.logits(features) / divisors[:, None])


def softmax(logits: Floats) -> Floats:
    """Rows to probabilities."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


def save_adapter(
    folder: Path, heads: Heads, lora: Mapping[str, npt.NDArray[np.float16]], card: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes both files; returns the card with what the heads add to it: labels, calibration, the tensors' hash."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, npt.NDArray[Any]] = dict(lora)
    for name, head in (("intent", heads.intent), ("sentiment", heads.sentiment)):
        tensors |= {f"{name}.weight": np.ascontiguousarray(head.weight), f"{name}.bias": head.bias}
    save_file(tensors, folder / TENSORS_FILE)
    (folder / TENSORS_FILE).chmod(0o644)  # the library leaves it to its owner alone
    whole = {
        "format": CARD_FORMAT,
        **card,
        "labels": {"intent": list(heads.intent.labels), "sentiment": list(heads.sentiment.labels)},
        "temperatures": dict(heads.temperatures),
        "thresholds": {
            "route": dict(heads.thresholds.route),
            "out_of_scope": dict(heads.thresholds.out_of_scope),
            "suspect": dict(heads.thresholds.suspect),
        },
        "tensors_sha256": _sha256(folder / TENSORS_FILE),
    }
    (folder / CARD_FILE).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return whole


def load_adapter(folder: Path) -> Adapter:
    """Reads and checks an adapter. Raises AdapterDamaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        if card["format"] != CARD_FORMAT:
            raise AdapterDamaged(str(folder), f"its card has format {card['format']}, expected {CARD_FORMAT}")
        if _sha256(folder / TENSORS_FILE) != card["tensors_sha256"]:
            raise AdapterDamaged(str(folder), f"{TENSORS_FILE} is not the file that its card describes")
        tensors = load_file(folder / TENSORS_FILE)
        heads = _heads(tensors, card)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as broken:
        raise AdapterDamaged(str(folder), f"{type(broken).__name__}: {broken}") from broken
    lora = {name: tensor for name, tensor in tensors.items() if name.startswith(_LORA_PREFIX)}
    if set(heads.intent.labels) != set(INTENTS) or heads.sentiment.labels != SENTIMENT_LABELS:
        raise AdapterDamaged(str(folder), "its labels are not those of this version's taxonomy")
    return Adapter(heads, lora, card)


def _heads(tensors: Mapping[str, npt.NDArray[Any]], card: Mapping[str, Any]) -> Heads:
    intent, sentiment = (
        LinearHead(tensors[f"{name}.weight"], tensors[f"{name}.bias"], tuple(card["labels"][name]))
        for name in ("intent", "sentiment")
    )
    thresholds = Thresholds(**card["thresholds"])
    return Heads(intent, sentiment, card["temperatures"], thresholds)


def _rounded(number: Any) -> float:
    return round(float(number), 6)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
