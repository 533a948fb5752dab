"""Trains the selector's head on its corpus and writes the artifact.

    python -m models.selection.train --models-dir .kefu/models

The embedder stays as it is. First the kinds of information are learned from single wordings, then how a question and a line
that are read that way belong together. What the second sees of the kinds is told by a model that has not seen the wording, as
it will be of a customer's. The sheets of another hand choose the threshold of each language, each sheet asked of a head that
has learned from the others: the lowest by which no more than 2 % of the questions are told a wrong line. What is shipped has
learned from all.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models.selection.corpus import corpus_sha256
from models.selection.features import Asked, Embeds, Features, features, masked
from models.selection.head import Head, save_head, with_kinds
from models.selection.lessons import MOST, Lesson, Wording, all_lessons, all_wordings, other_lessons
from models.selection.selector import EMBEDDER_SOURCE, Loaded, load_embedder

WRONG: Final = 0.02
EPOCHS: Final = 8
KIND_EPOCHS: Final = 15
FOLDS: Final = 4
_BATCH: Final = 128
_RATE: Final = 3e-3
_DECAY: Final = 0.02
_DROPPED: Final = 0.2
_RANK: Final = 32
_WIDTH: Final = 32
_SEED: Final = 0
_ARTIFACT: Final = Path(__file__).parent / "artifact"
_PADDED: Final = -30.0
_SCALE: Final = 22.0
"""Vectors of length 1 have values of about a twentieth."""

Floats = npt.NDArray[np.float32]


def read_lessons(embedder: Embeds, lessons: Sequence[Lesson]) -> list[Features]:
    """Of each lesson, in their order."""
    asked = [Asked(lesson.question, lesson.lines, lesson.language) for lesson in lessons]
    return features(embedder, asked)


def fit_kinds(wordings: Sequence[Wording], vectors: Floats, epochs: int = KIND_EPOCHS) -> dict[str, Floats]:
    """The tensors that tell the kind that a question asks for and that a line tells; vectors are those of the wordings."""
    names = sorted({wording.kind for wording in wordings})
    kinds = np.array([names.index(wording.kind) for wording in wordings])
    asks = np.array([wording.asks for wording in wordings])
    found: dict[str, Floats] = {}
    for name, rows in (("asked", asks), ("told", ~asks)):
        weight, bias = _softmax_regression(vectors[rows], kinds[rows], len(names), epochs)
        found |= {name: weight, f"{name}_bias": bias}
    return found


def _softmax_regression(vectors: Floats, kinds: Any, count: int, epochs: int) -> tuple[Floats, Floats]:
    torch.manual_seed(_SEED)
    read, truth = torch.from_numpy(vectors) * _SCALE, torch.from_numpy(kinds)
    layer = nn.Linear(read.shape[1], count)
    optimiser = torch.optim.AdamW(layer.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, _RATE, total_steps=epochs * -(-len(truth) // _BATCH)
    )
    for _ in range(epochs):
        for rows in torch.randperm(len(truth)).split(_BATCH):
            scores = layer(nn.functional.dropout(read[rows], _DROPPED))
            loss = nn.functional.cross_entropy(scores, truth[rows], label_smoothing=0.1)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return layer.weight.detach().numpy().T * _SCALE, layer.bias.detach().numpy()


def unseen_kinds(
    lessons: Sequence[Lesson], read: Sequence[Features], wordings: Sequence[Wording], vectors: Floats
) -> list[Floats]:
    """Of each lesson its columns, the kinds told by heads that learned from neither its question's wording nor its lines'."""
    heads = []
    for fold in range(FOLDS):
        rows = [row for row, wording in enumerate(wordings) if _fold(wording.wording) != fold]
        heads.append(Head(fit_kinds([wordings[row] for row in rows], vectors[rows])))
    columns = []
    for lesson, each in zip(lessons, read, strict=True):
        asked = heads[_fold(lesson.wording)].asked_kinds(each.question[None])[0]
        told = np.stack(
            [
                heads[_fold(said)].told_kinds(line[None])[0]
                for said, line in zip(lesson.said, each.lines, strict=True)
            ]
        )
        columns.append(with_kinds(each, asked, told))
    return columns


def _fold(wording: str) -> int:
    return zlib.crc32(wording.encode()) % FOLDS


def fit_pairs(
    lessons: Sequence[Lesson], read: Sequence[Features], columns: Sequence[Floats], epochs: int
) -> dict[str, Floats]:
    """Listwise: the right line, or none, against all the others of its sheet."""
    torch.manual_seed(_SEED)
    rows_of, questions, lines, shown, truth = _packed(lessons, read, columns)
    mean, spread = rows_of[shown].mean(0), rows_of[shown].std(0) + 1e-2
    rows_of = ((rows_of - mean) / spread).clamp(-4, 4) * shown[..., None]
    weights = _weights(rows_of.shape[-1], questions.shape[-1])
    optimiser = torch.optim.AdamW(weights.values(), lr=_RATE, weight_decay=_DECAY)
    steps = epochs * -(-len(truth) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(truth)).split(_BATCH):
            scores = _scores(weights, rows_of[rows], questions[rows], lines[rows])
            scores = scores.masked_fill(~shown[rows], _PADDED)
            loss = nn.functional.cross_entropy(nn.functional.pad(scores, (0, 1)), truth[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    tensors = {name: weight.detach().numpy() for name, weight in weights.items()}
    return {**tensors, "mean": mean.numpy(), "spread": spread.numpy()}


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


def _packed(
    lessons: Sequence[Lesson], read: Sequence[Features], columns: Sequence[Floats]
) -> tuple[Any, Any, Any, Any, Any]:
    """Padded to MOST lines: columns, questions, lines, which are shown and may answer, and the right place (MOST: none)."""
    count, width, hidden = len(read), columns[0].shape[1], len(read[0].question)
    packed = np.zeros((count, MOST, width), np.float32)
    lines = np.zeros((count, MOST, hidden), np.float32)
    shown = np.zeros((count, MOST), bool)
    for row, (each, its) in enumerate(zip(read, columns, strict=True)):
        packed[row, : len(its)] = its
        lines[row, : len(its)] = each.lines
        shown[row, : len(its)] = ~each.others
    questions = np.stack([each.question for each in read])
    truth = np.array([MOST if lesson.right is None else lesson.right for lesson in lessons])
    return tuple(map(torch.from_numpy, (packed, questions, lines, shown, truth)))


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


def unseen_sheets(
    asked: Sequence[Lesson], asked_read: Sequence[Features], lessons: Sequence[Lesson], read: Sequence[Features],
    columns: Sequence[Floats], kinds: dict[str, Floats],
) -> list[tuple[int, float]]:  # fmt: skip
    """Of each that is asked the likeliest line and its probability, by a head that has learned nothing of its sheet."""
    found = [(0, 0.0)] * len(asked)
    for fold in range(FOLDS):
        kept_out = {lesson.source for lesson in asked if _fold(lesson.source) == fold}
        rows = [row for row, lesson in enumerate(lessons) if lesson.source not in kept_out]
        learned = [lessons[row] for row in rows]
        pairs = fit_pairs(learned, [read[row] for row in rows], [columns[row] for row in rows], EPOCHS)
        head = Head(kinds | pairs)
        for place, (lesson, each) in enumerate(zip(asked, asked_read, strict=True)):
            if lesson.source in kept_out:
                told = head.probabilities(each)
                found[place] = (int(told.argmax()), float(told.max()))
    return found


def train(loaded: Loaded, folder: Path) -> dict[str, Any]:
    """Writes the artifact into `folder`; its card."""
    torch.set_num_threads(1)  # batches this small are slower on more
    lessons, wordings, kept = all_lessons(), all_wordings(), other_lessons()
    read, kept_read = read_lessons(loaded, lessons), read_lessons(loaded, kept)
    vectors = loaded.embed([masked(wording.text) for wording in wordings])
    columns = unseen_kinds(lessons, read, wordings, vectors)
    kinds = fit_kinds(wordings, vectors)
    likeliest = unseen_sheets(kept, kept_read, lessons, read, columns, kinds)
    thresholds, dev = {}, {}
    for language in ("zh", "en"):
        rows = [row for row, lesson in enumerate(kept) if lesson.language == language]
        asked, found = [kept[row] for row in rows], [likeliest[row] for row in rows]
        thresholds[language] = threshold(asked, found)
        dev[language] = figures(asked, found, thresholds[language])
    card = {
        "embedder": {"name": EMBEDDER_SOURCE, "fingerprint": loaded.fingerprint},
        "corpus_sha256": corpus_sha256(),
        "lessons": len(lessons),
        "wordings": len(wordings),
        "thresholds": thresholds,
        "dev": dev,
    }
    return save_head(folder, Head(kinds | fit_pairs(lessons, read, columns, EPOCHS)), card)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models-dir", type=Path, default=Path(".kefu/models"))
    parser.add_argument("--out", type=Path, default=_ARTIFACT)
    asked = parser.parse_args()
    card = train(load_embedder(EMBEDDER_SOURCE, asked.models_dir, threads=1), asked.out)
    print(json.dumps(card, ensure_ascii=False))  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
