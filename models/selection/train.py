"""Trains the selector's head on its corpus and writes the artifact.

    python -m models.selection.train --models-dir .kefu/models

The encoder stays as it is. The head is trained on the lessons of train; dev, which has other sheets and facts, chooses the
threshold of each language: the lowest by which no more than 2 % of the questions are told a wrong line.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models.encoder.bert import BertEncoder
from models.selection.corpus import corpus_sha256
from models.selection.features import Asked, Features, Reads, features
from models.selection.head import Head, save_head
from models.selection.lessons import MOST, Lesson, dev_lessons, train_lessons
from models.selection.selector import ENCODER_SOURCE, load_encoder

WRONG: Final = 0.02
EPOCHS: Final = 8
_BATCH: Final = 64
_RATE: Final = 3e-3
_DECAY: Final = 0.02
_DROPPED: Final = 0.2
_RANK: Final = 48
_WIDTH: Final = 32
_SEED: Final = 0
_ARTIFACT: Final = Path(__file__).parent / "artifact"
_PADDED: Final = -30.0

Floats = npt.NDArray[np.float32]


def read_lessons(encoder: Reads, lessons: Sequence[Lesson]) -> list[Features]:
    """Of each lesson, in their order."""
    asked = [Asked(lesson.question, lesson.lines, lesson.language) for lesson in lessons]
    return features(encoder, asked)


def fit(lessons: Sequence[Lesson], read: Sequence[Features], epochs: int = EPOCHS) -> Head:
    """Listwise: the right line, or none, against all the others of its sheet. The same for the same lessons."""
    torch.manual_seed(_SEED)
    columns, questions, lines, shown, truth = _packed(lessons, read)
    mean, spread = columns[shown].mean(0), columns[shown].std(0) + 1e-2
    columns = ((columns - mean) / spread).clamp(-4, 4) * shown[..., None]
    weights = _weights(columns.shape[-1], questions.shape[-1])
    optimiser = torch.optim.AdamW(weights.values(), lr=_RATE, weight_decay=_DECAY)
    steps = epochs * -(-len(truth) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(truth)).split(_BATCH):
            scores = _scores(weights, columns[rows], questions[rows], lines[rows])
            scores = scores.masked_fill(~shown[rows], _PADDED)
            loss = nn.functional.cross_entropy(nn.functional.pad(scores, (0, 1)), truth[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    tensors = {name: weight.detach().numpy() for name, weight in weights.items()}
    return Head({**tensors, "mean": mean.numpy(), "spread": spread.numpy()})


def _weights(columns: int, hidden: int) -> dict[str, nn.Parameter]:
    sizes: dict[str, tuple[tuple[int, ...], float]] = {
        "question": ((hidden, _RANK), 0.05),
        "line": ((hidden, _RANK), 0.05),
        "hidden": ((columns, _WIDTH), 0.1),
        "out": ((_WIDTH,), 0.1),
        "hidden_bias": ((_WIDTH,), 0.0),
        "direct": ((columns,), 0.0),
    }
    made = {name: nn.Parameter(torch.randn(size) * spread) for name, (size, spread) in sizes.items()}
    return made | {"joint": nn.Parameter(torch.ones(_RANK))}


def _scores(weights: dict[str, nn.Parameter], columns: Any, questions: Any, lines: Any) -> Any:
    """[n, lines]; as Head.probabilities has it, but with some of its inputs dropped."""
    kept = nn.functional.dropout(columns, _DROPPED)
    width = torch.relu(nn.functional.dropout(columns, _DROPPED) @ weights["hidden"] + weights["hidden_bias"])
    met = (lines @ weights["line"]) * (questions @ weights["question"])[:, None]
    joint = nn.functional.dropout(met, _DROPPED) @ weights["joint"]
    return width @ weights["out"] + kept @ weights["direct"] + joint


def _packed(lessons: Sequence[Lesson], read: Sequence[Features]) -> tuple[Any, Any, Any, Any, Any]:
    """Padded to MOST lines: columns, questions, lines, which are shown, and the place of the right one (MOST: none)."""
    count, width, hidden = len(read), read[0].columns.shape[1], len(read[0].question)
    columns = np.zeros((count, MOST, width), np.float32)
    lines = np.zeros((count, MOST, hidden), np.float32)
    shown = np.zeros((count, MOST), bool)
    for row, each in enumerate(read):
        columns[row, : len(each.columns)] = each.columns
        lines[row, : len(each.lines)] = each.lines
        shown[row, : len(each.lines)] = True
    questions = np.stack([each.question for each in read])
    truth = np.array([MOST if lesson.right is None else lesson.right for lesson in lessons])
    return tuple(map(torch.from_numpy, (columns, questions, lines, shown, truth)))


def threshold(lessons: Sequence[Lesson], likeliest: Sequence[tuple[int, float]]) -> float:
    """The lowest by which at most WRONG of them are told a wrong line."""
    wrong = sorted(
        probability
        for lesson, (place, probability) in zip(lessons, likeliest, strict=True)
        if place != lesson.right
    )
    allowed = int(len(lessons) * WRONG)
    if len(wrong) <= allowed:
        return 0.0
    # Just above the surest that must not be told.
    return round(wrong[len(wrong) - allowed - 1] + 1e-4, 4)


def figures(
    lessons: Sequence[Lesson], likeliest: Sequence[tuple[int, float]], told_from: float
) -> dict[str, Any]:
    """Shares of all: right, and told a wrong line."""
    chosen = [place if probability >= told_from else None for place, probability in likeliest]
    pairs = [(place, lesson.right) for place, lesson in zip(chosen, lessons, strict=True)]
    return {
        "asked": len(pairs),
        "right": round(sum(place == right for place, right in pairs) / len(pairs), 4),
        "wrong_line": round(sum(place not in (None, right) for place, right in pairs) / len(pairs), 4),
    }


def train(encoder: BertEncoder, fingerprint: str, folder: Path) -> dict[str, Any]:
    """Writes the artifact into `folder`; its card."""
    lessons, kept = train_lessons(), dev_lessons()
    head = fit(lessons, read_lessons(encoder, lessons))
    likeliest = [
        (int(found.argmax()), float(found.max()))
        for found in map(head.probabilities, read_lessons(encoder, kept))
    ]
    thresholds, dev = {}, {}
    for language in ("zh", "en"):
        rows = [row for row, lesson in enumerate(kept) if lesson.language == language]
        asked, found = [kept[row] for row in rows], [likeliest[row] for row in rows]
        thresholds[language] = threshold(asked, found)
        dev[language] = figures(asked, found, thresholds[language])
    card = {
        "encoder": {"name": ENCODER_SOURCE, "fingerprint": fingerprint},
        "corpus_sha256": corpus_sha256(),
        "lessons": len(lessons),
        "thresholds": thresholds,
        "dev": dev,
    }
    return save_head(folder, head, card)


def main() -> None:
    """The command."""
    from models.sources import resolve
    from models.understanding.bert import fingerprint

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models-dir", type=Path, default=Path(".kefu/models"))
    parser.add_argument("--out", type=Path, default=_ARTIFACT)
    asked = parser.parse_args()
    plain = BertEncoder.load(resolve(ENCODER_SOURCE, asked.models_dir, verify=True))
    encoder = load_encoder(ENCODER_SOURCE, asked.models_dir, threads=1, runtime="openvino")
    card = train(encoder, fingerprint(plain), asked.out)
    print(json.dumps(card, ensure_ascii=False))  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
