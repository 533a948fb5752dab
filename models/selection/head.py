"""The trained head in numpy: a score for each line, and none of them as one choice more; and its artifact."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.selection.errors import SelectorDamaged
from models.selection.features import Features, best_other

Floats = npt.NDArray[np.float32]

TENSORS_FILE: Final = "selector.safetensors"
CARD_FILE: Final = "card.json"
CARD_FORMAT: Final = 2
KINDS_TENSORS: Final = ("asked", "asked_bias", "told", "told_bias")
"""asked, told [hidden, kinds]; both biases [kinds]."""
PAIR_TENSORS: Final = (
    "mean",
    "spread",
    "question",
    "line",
    "joint",
    "hidden",
    "hidden_bias",
    "out",
    "direct",
)
"""mean, spread, direct [columns]; question, line [hidden, rank]; joint [rank]; hidden [columns, width]; hidden_bias and
out [width]."""
TENSORS: Final = KINDS_TENSORS + PAIR_TENSORS
_OTHER: Final = -30.0
"""The score of a line that is about something else."""


@dataclass(frozen=True, slots=True)
class Head:
    """Scores of lines; `tensors` are those that TENSORS names. The score of none of them is 0."""

    tensors: Mapping[str, Floats]

    def asked_kinds(self, questions: Floats) -> Floats:
        """[n, hidden] to [n, kinds]: how likely each kind of information is what is asked for."""
        return _softmax(questions @ self.tensors["asked"] + self.tensors["asked_bias"])

    def told_kinds(self, lines: Floats) -> Floats:
        """[n, hidden] to [n, kinds]: how likely a line tells each."""
        return _softmax(lines @ self.tensors["told"] + self.tensors["told_bias"])

    def probabilities(self, features: Features) -> Floats:
        """[lines]; what they lack to 1 is the probability that none answers."""
        t = self.tensors
        columns = with_kinds(
            features, self.asked_kinds(features.question[None])[0], self.told_kinds(features.lines)
        )
        rows = np.clip((columns - t["mean"]) / t["spread"], -4, 4)
        width = np.maximum(rows @ t["hidden"] + t["hidden_bias"], 0)
        met = (features.lines @ t["line"]) * (features.question @ t["question"])
        scores = width @ t["out"] + rows @ t["direct"] + met @ t["joint"]
        scores = np.where(features.others, _OTHER, scores)
        found: Floats = _softmax(np.append(scores, 0.0)[None])[0, :-1]
        return found


def with_kinds(features: Features, asked: Floats, told: Floats) -> Floats:
    """The columns of `features`, and how well the kinds `asked` [kinds] and `told` [lines, kinds] meet."""
    both = np.sqrt(told * asked)
    likeliest = int(asked.argmax())
    met = np.column_stack(
        [
            both.sum(axis=1) * 3,
            np.log(told @ asked + 1e-3),
            told[:, likeliest] * 3,
            asked[told.argmax(axis=1)] * 3,
            np.log(told[:, likeliest] + 1e-3),
        ]
    ).astype(np.float32)
    # A line of another subject is no rival.
    rivals = np.where(features.others[:, None], met.min(axis=0), met)
    sure = np.full((len(told), 1), asked[likeliest])
    spread = np.full((len(told), 1), float((asked * np.log(asked + 1e-9)).sum()))
    parts = [features.columns, met, met - best_other(rivals), sure, spread, told.max(axis=1)[:, None], both]
    columns: Floats = np.concatenate(parts, axis=1).astype(np.float32)
    return columns


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def save_head(folder: Path, head: Head, card: Mapping[str, Any]) -> dict[str, Any]:
    """Writes both files; the card with what is added to it."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: np.ascontiguousarray(tensor.astype(np.float16)) for name, tensor in head.tensors.items()}
    save_file(halves, folder / TENSORS_FILE)
    (folder / TENSORS_FILE).chmod(0o644)  # the library leaves it to its owner alone
    whole = {
        **card,
        "kind": "selection",
        "format": CARD_FORMAT,
        "tensors_sha256": _sha256(folder / TENSORS_FILE),
    }
    (folder / CARD_FILE).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return whole


def load_head(folder: Path) -> tuple[Head, dict[str, Any]]:
    """The head and its card, both checked. Raises SelectorDamaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        if card["format"] != CARD_FORMAT:
            raise SelectorDamaged(
                str(folder), f"its card has format {card['format']}, expected {CARD_FORMAT}"
            )
        if _sha256(folder / TENSORS_FILE) != card["tensors_sha256"]:
            raise SelectorDamaged(str(folder), f"{TENSORS_FILE} is not the file that its card describes")
        read = load_file(folder / TENSORS_FILE)
        tensors = {name: read[name].astype(np.float32) for name in TENSORS}
        card["thresholds"]["zh"], card["thresholds"]["en"], card["embedder"]["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as broken:
        raise SelectorDamaged(str(folder), f"{type(broken).__name__}: {broken}") from broken
    _check_shapes(folder, tensors)
    return Head(tensors), card


def _check_shapes(folder: Path, tensors: Mapping[str, Floats]) -> None:
    count, width = tensors["hidden"].shape if tensors["hidden"].ndim == 2 else (0, 0)
    vector, rank = tensors["line"].shape if tensors["line"].ndim == 2 else (0, 0)
    kinds = len(tensors["asked_bias"])
    expected = {
        **dict.fromkeys(("mean", "spread", "direct"), (count,)),
        **dict.fromkeys(("hidden_bias", "out"), (width,)),
        **dict.fromkeys(("asked", "told"), (vector, kinds)),
        "told_bias": (kinds,),
        "question": (vector, rank),
        "joint": (rank,),
    }
    for name, shape in expected.items():
        if not all(shape) or tensors[name].shape != shape:
            raise SelectorDamaged(str(folder), f"{name} has shape {tensors[name].shape}, expected {shape}")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
