"""The trained heads: linear layers in numpy over the encoder's mean-pooled vector, and what their numbers decide."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt

from models.encoder.bert import Runtime
from models.types import OUT_OF_SCOPE, IntentScore, Sentiment
from models.types.understanding import SENTIMENT_LABELS, Decision, Language
from models.understanding.errors import AdapterDamaged, NotCalibrated
from models.understanding.rejection import KINDS, Floats, Rejector

TENSORS_FILE: Final = "adapter.safetensors"
CARD_FILE: Final = "card.json"
CARD_FORMAT: Final = 5
TOP_CANDIDATES: Final = 3
RUNTIMES: Final[tuple[Runtime, ...]] = get_args(Runtime)
SENTIMENT_SCORES: Final = np.linspace(-1.0, 1.0, len(SENTIMENT_LABELS), dtype=np.float32)
_LANGUAGES: Final[frozenset[Language]] = frozenset(get_args(Language))
_LORA_PREFIX: Final = "encoder."
_REJECTION_PREFIX: Final = "rejection."


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
class Rejection:
    """A rejector whose scores are made probabilities of being out of scope: sigmoid(slope · score + offset), by language."""

    rejector: Rejector
    slope: Mapping[Language, float]
    offset: Mapping[Language, float]

    def probabilities(self, features: Floats, logits: Floats, languages: Sequence[Language]) -> Floats:
        """[n, hidden] and uncalibrated [n, classes] → [n]."""
        slope, offset = (
            np.array([by_language[language] for language in languages], dtype=np.float32)
            for by_language in (self.slope, self.offset)
        )
        powers = np.clip(slope * self.rejector.scores(features, logits) + offset, -30, 30)
        return (1 / (1 + np.exp(-powers))).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Chosen on validation, per language.

    A message is out of scope when the probability of that reaches `out_of_scope`. Else its best intent is routed when its
    probability reaches `route`, and is to be clarified below.
    """

    route: Mapping[Language, float]
    out_of_scope: Mapping[Language, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Monotone, and straight between its points: which share of the messages that had a probability was read right."""

    at: tuple[float, ...]
    right: tuple[float, ...]

    def __call__(self, probabilities: Floats) -> Floats:
        """Of the same shape; beyond the first and the last point as at them."""
        return np.interp(probabilities, self.at, self.right).astype(np.float32)


UNCHANGED: Final = Curve((0.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Told:
    """What is told instead of the probability that decided: of the best intent, and of being out of scope."""

    inside: Mapping[Language, Curve]
    outside: Mapping[Language, Curve]


AS_IT_IS: Final = Told(dict.fromkeys(_LANGUAGES, UNCHANGED), dict.fromkeys(_LANGUAGES, UNCHANGED))


@dataclass(frozen=True, slots=True)
class Shown:
    """What is told of one message: of each intent in scope [in scope], and of being out of scope if it was read so.

    `scale` is what the decisive probability was multiplied by to be told.
    """

    inside: Floats
    outside: float | None
    scale: float


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
    """The heads with their calibration: in-scope logits are divided by the language's temperature before the softmax.

    `intent` and `sentiment` read the mean over a message's tokens, `tag` each token. Of the names that `tag` finds, those of
    the types in `named` are told that are as sure as it says: enough of those were right on validation.
    """

    intent: LinearHead
    sentiment: LinearHead
    tag: LinearHead
    named: Mapping[str, float]
    rejection: Rejection
    temperatures: Mapping[Language, float]
    thresholds: Thresholds
    told: Told = AS_IT_IS

    @property
    def inside(self) -> list[int]:
        """The places of the in-scope intents among the head's classes."""
        return [place for place, name in enumerate(self.intent.labels) if name != OUT_OF_SCOPE]

    def probabilities(self, features: Floats, languages: Sequence[Language]) -> tuple[Floats, Floats]:
        """Calibrated probabilities of the in-scope intents [n, in scope], and of being out of scope [n]."""
        logits = self.intent.logits(features)
        outside = self.rejection.probabilities(features, logits, languages)
        inside = calibrated(logits[:, self.inside], self.temperatures, languages)
        return inside * (1 - outside[:, None]), outside

    def read(self, features: Floats, languages: Sequence[Language]) -> list[Reading]:
        """One reading a row of `features` [n, hidden]: mean-pooled, not normalised."""
        inside, outside = self.probabilities(features, languages)
        sentiments = softmax(self.sentiment.logits(features))
        names = [self.intent.labels[place] for place in self.inside]
        return [
            self._reading(names, inside[row], float(outside[row]), sentiments[row], language)
            for row, language in enumerate(languages)
        ]

    def shown(self, inside: Floats, outside: float, language: Language) -> Shown:
        """Of one message's probabilities [in scope] and of being out of scope.

        What decides is read off its curve, and what it leaves is shared as it was, to no intent more than to what decided.
        """
        if outside >= self.thresholds.out_of_scope[language]:
            told = float(self.told.outside[language](np.array(outside)))
            shown = np.minimum(inside * _share(1 - told, 1 - outside), told)
            return Shown(shown, told, _share(told, outside))
        best = int(inside.argmax())
        probability = float(inside[best])
        told = float(self.told.inside[language](np.array(probability)))
        shown = np.minimum(inside * _share(1 - told, 1 - probability), told)
        shown[best] = told
        return Shown(shown, None, _share(told, probability))

    def _reading(
        self, names: Sequence[str], inside: Floats, outside: float, sentiments: Floats, language: Language
    ) -> Reading:
        shown = self.shown(inside, outside, language)
        order = np.argsort(-inside, kind="stable")[:TOP_CANDIDATES]
        top = tuple(IntentScore(names[place], _rounded(shown.inside[place])) for place in order)
        sentiment = Sentiment(
            SENTIMENT_LABELS[int(np.argmax(sentiments))], _rounded(sentiments @ SENTIMENT_SCORES)
        )
        if shown.outside is not None:
            return Reading(OUT_OF_SCOPE, _rounded(shown.outside), "out_of_scope", top, sentiment)
        is_sure = float(inside[order[0]]) >= self.thresholds.route[language]
        return Reading(top[0].intent, top[0].probability, "route" if is_sure else "clarify", top, sentiment)


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is trained: the heads, and the low-rank parts for the encoder (none where it stays as packaged).

    `calibrated` are the same heads with the temperatures and thresholds of each runtime.
    """

    calibrated: Mapping[Runtime, Heads]
    lora: Mapping[str, npt.NDArray[np.float16]]
    card: Mapping[str, Any]

    @property
    def encoder_fingerprint(self) -> str:
        """Of the encoder that the adapter was trained on."""
        return str(self.card["encoder"]["fingerprint"])

    def heads(self, runtime: Runtime) -> Heads:
        """The heads for an encoder that is computed so. Raises NotCalibrated."""
        try:
            return self.calibrated[runtime]
        except KeyError:
            raise NotCalibrated(runtime, tuple(self.calibrated)) from None


def calibrated(
    logits: Floats, temperatures: Mapping[Language, float], languages: Sequence[Language]
) -> Floats:
    """Probabilities at each row's language's temperature."""
    divisors = np.array([temperatures[language] for language in languages], dtype=np.float32)
    return softmax(logits / divisors[:, None])


def softmax(logits: Floats) -> Floats:
    """Rows to probabilities."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


def save_adapter(
    folder: Path,
    calibrated: Mapping[Runtime, Heads],
    lora: Mapping[str, npt.NDArray[np.float16]],
    card: Mapping[str, Any],
) -> dict[str, Any]:
    """Writes both files; returns the card with what the heads add to it: labels, calibrations, the tensors' hash.

    The heads differ in their calibration alone, and are those of torch else.
    """
    from safetensors.numpy import save_file

    heads = calibrated["torch"]

    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, npt.NDArray[Any]] = dict(lora)
    for name, head in (("intent", heads.intent), ("sentiment", heads.sentiment), ("tag", heads.tag)):
        tensors |= {f"{name}.weight": np.ascontiguousarray(head.weight), f"{name}.bias": head.bias}
    rejector = heads.rejection.rejector
    tensors |= {_REJECTION_PREFIX + name: np.ascontiguousarray(t) for name, t in rejector.tensors.items()}
    save_file(tensors, folder / TENSORS_FILE)
    (folder / TENSORS_FILE).chmod(0o644)  # the library leaves it to its owner alone
    whole = {
        **card,
        "kind": "understanding",
        "format": CARD_FORMAT,
        "labels": {
            "intent": list(heads.intent.labels),
            "sentiment": list(heads.sentiment.labels),
            "tag": list(heads.tag.labels),
        },
        "named": dict(heads.named),
        "rejection": {"kind": rejector.kind},
        "calibrations": {runtime: _calibration(fitted) for runtime, fitted in calibrated.items()},
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
        calibrated = _calibrated(tensors, card)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as broken:
        raise AdapterDamaged(str(folder), f"{type(broken).__name__}: {broken}") from broken
    lora = {name: tensor for name, tensor in tensors.items() if name.startswith(_LORA_PREFIX)}
    return Adapter(calibrated, lora, card)


def _calibration(heads: Heads) -> dict[str, Any]:
    return {
        "temperatures": dict(heads.temperatures),
        "thresholds": {
            "route": dict(heads.thresholds.route),
            "out_of_scope": dict(heads.thresholds.out_of_scope),
        },
        "rejection": {"slope": dict(heads.rejection.slope), "offset": dict(heads.rejection.offset)},
        "told": {
            "inside": {language: asdict(curve) for language, curve in heads.told.inside.items()},
            "outside": {language: asdict(curve) for language, curve in heads.told.outside.items()},
        },
    }


def _told(described: Mapping[str, Mapping[Language, Mapping[str, Any]]]) -> Told:
    inside, outside = (
        {
            language: Curve(tuple(points["at"]), tuple(points["right"]))
            for language, points in described[place].items()
        }
        for place in ("inside", "outside")
    )
    return Told(inside, outside)


def _calibrated(tensors: Mapping[str, npt.NDArray[Any]], card: Mapping[str, Any]) -> dict[Runtime, Heads]:
    intent, sentiment, tag = (
        _linear(name, tensors, tuple(card["labels"][name])) for name in ("intent", "sentiment", "tag")
    )
    inside = tuple(place for place, name in enumerate(intent.labels) if name != OUT_OF_SCOPE)
    outside = intent.labels.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in intent.labels else None
    kept = {
        name.removeprefix(_REJECTION_PREFIX): tensor
        for name, tensor in tensors.items()
        if name.startswith(_REJECTION_PREFIX)
    }
    described = card["rejection"]
    if described["kind"] not in KINDS:
        raise ValueError(f"rejection of kind {described['kind']!r}")
    rejector = Rejector(described["kind"], kept, inside, outside)
    named = {str(type): float(least) for type, least in card["named"].items()}
    str(card["encoder"]["fingerprint"])
    for calibration in card["calibrations"].values():
        fitted = (
            calibration["temperatures"],
            *calibration["thresholds"].values(),
            *calibration["rejection"].values(),
            *calibration["told"].values(),
        )
        if any(set(by_language) != _LANGUAGES for by_language in fitted):
            raise ValueError(f"its calibrations are not of the languages {', '.join(sorted(_LANGUAGES))}")
    return {
        runtime: Heads(
            intent,
            sentiment,
            tag,
            named,
            Rejection(rejector, **card["calibrations"][runtime]["rejection"]),
            card["calibrations"][runtime]["temperatures"],
            Thresholds(**card["calibrations"][runtime]["thresholds"]),
            _told(card["calibrations"][runtime]["told"]),
        )
        for runtime in RUNTIMES
        if runtime in card["calibrations"]
    }


def _linear(name: str, tensors: Mapping[str, npt.NDArray[Any]], labels: tuple[str, ...]) -> LinearHead:
    head = LinearHead(tensors[f"{name}.weight"], tensors[f"{name}.bias"], labels)
    if head.weight.shape[1:] != (len(labels),) or head.bias.shape != (len(labels),):
        raise ValueError(
            f"the {name} head has {head.weight.shape[-1]} classes, and the card names {len(labels)} labels"
        )
    return head


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _rounded(number: Any) -> float:
    return round(float(number), 6)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
