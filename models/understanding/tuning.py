"""Tunes an encoder's upper layers on the corpus: intents and sentiments at once, so that both heads can read one pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models.encoder.bert import BertEncoder
from models.understanding import lora
from models.understanding.heads import Floats

Report = Callable[[str, float], None]
"""`(what is being done, share done 0…1)`."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to tune. `layers` is how many upper layers; 0 leaves the encoder as it is.

    `smoothing` is label smoothing; `sentiment_weight` is that task's share of the loss. `bf16` computes in bfloat16,
    which halves the time on CPUs that have it and costs no accuracy that could be measured.
    """

    layers: int = 9
    rank: int = 32
    epochs: int = 10
    batch: int = 32
    rate: float = 1e-3
    head_rate: float = 5e-3
    warm_up: float = 0.1
    smoothing: float = 0.05
    sentiment_weight: float = 0.3
    weight_decay: float = 0.01
    bf16: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """Texts with their class numbers, of `classes` classes."""

    texts: Sequence[str]
    labels: Sequence[int]
    classes: int


@dataclass(frozen=True, slots=True)
class Tuned:
    """The low-rank parts, and the linear layers that were trained with them, one a task: (weight [in, out], bias)."""

    lora: lora.Tensors
    heads: tuple[tuple[Floats, Floats], ...]


def tune(encoder: BertEncoder, tasks: Sequence[Task], recipe: Recipe, seed: int, report: Report) -> Tuned:
    """What fits `tasks` best; the encoder is left as it was. Deterministic for a seed and machine.

    The first task is the main one; the others' losses are weighted by `sentiment_weight`. Without layers to tune there
    are no heads either.
    """
    if recipe.layers == 0:
        return Tuned({}, ())
    torch.manual_seed(seed)
    model = encoder.model
    lowest = len(model.encoder.layer) - recipe.layers
    texts = [text for task in tasks for text in task.texts]
    below = _Below(encoder, texts, lowest, report)
    parameters = lora.attach(model, lowest, recipe.rank, seed)
    try:
        heads = _train(model, below, tasks, parameters, recipe, seed, report)
    finally:
        model.eval()
        tensors = lora.detach(model)
    return Tuned(tensors, heads)


class _Below:
    """The output of the frozen lower layers for each text, computed once."""

    def __init__(self, encoder: BertEncoder, texts: Sequence[str], lowest: int, report: Report) -> None:
        self._ids = encoder.token_ids(["query: " + text for text in texts])
        self._states: list[torch.Tensor] = [torch.empty(0)] * len(texts)
        order = sorted(range(len(texts)), key=lambda i: len(self._ids[i]))
        with torch.inference_mode():
            for start in range(0, len(order), 64):
                self._fill(encoder, order[start : start + 64], lowest)
                report("reading the corpus", min(1.0, (start + 64) / len(order)))

    def _fill(self, encoder: BertEncoder, rows: Sequence[int], lowest: int) -> None:
        width = max(len(self._ids[row]) for row in rows)
        padded = torch.full((len(rows), width), encoder.tokenizer.pad_token_id or 0, dtype=torch.long)
        for place, row in enumerate(rows):
            padded[place, : len(self._ids[row])] = torch.tensor(self._ids[row])
        mask = self._mask(rows, width)
        states = _upper(encoder.model, encoder.model.embeddings(input_ids=padded), mask, 0, lowest)
        for place, row in enumerate(rows):
            self._states[row] = states[place, : len(self._ids[row])].to(torch.bfloat16)

    def _mask(self, rows: Sequence[int], width: int) -> torch.Tensor:
        lengths = torch.tensor([len(self._ids[row]) for row in rows])
        return torch.arange(width)[None] < lengths[:, None]

    def length(self, row: int) -> int:
        """A text's tokens."""
        return len(self._ids[row])

    def pooled(self, model: Any, rows: Sequence[int], lowest: int, *, bf16: bool) -> torch.Tensor:
        """The mean-pooled last layer of these texts, [len(rows), hidden]."""
        states = nn.utils.rnn.pad_sequence([self._states[row].float() for row in rows], batch_first=True)
        mask = self._mask(rows, states.shape[1])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            states = _upper(model, states, mask, lowest, len(model.encoder.layer))
        weights = mask.unsqueeze(-1).float()
        pooled: torch.Tensor = (states.float() * weights).sum(dim=1) / weights.sum(dim=1)
        return pooled


def _upper(model: Any, states: torch.Tensor, mask: torch.Tensor, first: int, last: int) -> torch.Tensor:
    """Runs layers `first` … `last` − 1 of the encoder."""
    bias = torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min)[:, None, None, :]
    for layer in model.encoder.layer[first:last]:
        states = layer(states, attention_mask=bias)
    return states


def _train(
    model: Any,
    below: _Below,
    tasks: Sequence[Task],
    parameters: list[nn.Parameter],
    recipe: Recipe,
    seed: int,
    report: Report,
) -> tuple[tuple[Floats, Floats], ...]:
    generator = np.random.default_rng(seed)
    lowest = len(model.encoder.layer) - recipe.layers
    heads = [nn.Linear(model.config.hidden_size, task.classes) for task in tasks]
    head_parameters = [parameter for head in heads for parameter in head.parameters()]
    groups = [{"params": parameters, "lr": recipe.rate}, {"params": head_parameters, "lr": recipe.head_rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
    plan = [batch for _ in range(recipe.epochs) for batch in _batches(below, tasks, recipe.batch, generator)]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _warm_then_down(len(plan), recipe.warm_up))
    labels = [torch.tensor(task.labels) for task in tasks]
    offsets = np.cumsum([0, *(len(task.texts) for task in tasks)])
    model.train()
    for step, (task, rows) in enumerate(plan):
        pooled = below.pooled(model, [int(row + offsets[task]) for row in rows], lowest, bf16=recipe.bf16)
        loss = nn.functional.cross_entropy(
            heads[task](pooled), labels[task][rows.tolist()], label_smoothing=recipe.smoothing
        )
        optimizer.zero_grad()
        (loss * (1.0 if task == 0 else recipe.sentiment_weight)).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        report(f"tuning, loss {loss.item():.2f}", (step + 1) / len(plan))
    return tuple((_array(head.weight.T), _array(head.bias)) for head in heads)


def _array(tensor: torch.Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().numpy(), dtype=np.float32)


def _warm_then_down(steps: int, warm_up: float) -> Callable[[int], float]:
    """The learning rate's factor: up linearly over the first `warm_up` of the steps, then down to 0."""
    rising = max(1.0, warm_up * steps)
    return lambda step: min((step + 1) / rising, max(0.0, (steps - step) / max(1.0, steps - rising)))


def _batches(
    below: _Below, tasks: Sequence[Task], size: int, generator: np.random.Generator
) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """One epoch's batches of one task each, shuffled; texts of like length share a batch, to save padding."""
    batches: list[tuple[int, npt.NDArray[np.int64]]] = []
    offset = 0
    for number, task in enumerate(tasks):
        shuffled = generator.permutation(len(task.texts))
        for start in range(0, len(shuffled), size * 8):
            pool = shuffled[start : start + size * 8]
            pool = pool[np.argsort([below.length(int(row) + offset) for row in pool], kind="stable")]
            batches += [(number, pool[at : at + size]) for at in range(0, len(pool), size)]
        offset += len(task.texts)
    return [batches[place] for place in generator.permutation(len(batches))]
