"""Tunes an encoder's upper layers on intents, sentiments and names at once, so that all heads can read one pass."""

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models.encoder.bert import QUERY_PREFIX, BertEncoder
from models.encoder.openvino import best_precision
from models.understanding import lora
from models.understanding.bert import fingerprint
from models.understanding.rejection import Floats
from models.understanding.tagger import NO_TAG

_TENSORS: Final = "state.safetensors"
_RUN: Final = "run.json"

Report = Callable[[str, float], None]
"""`(what is being done, share done 0…1)`."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to tune. `layers` is how many upper layers; 0 leaves the encoder as it is.

    `smoothing` is label smoothing; `sentiment_weight` and `tag_weight` are those tasks' shares of the loss. `bf16` computes
    in bfloat16 where the processor has it, which halves the time there and costs no accuracy that could be measured. `noisy`
    is the share of messages of which a noisy copy is trained on too. A task that has fewer batches than `small` of the first
    is repeated, and few messages are read in more epochs, until there have been `least_steps`.
    """

    layers: int = 12
    rank: int = 32
    epochs: int = 6
    least_steps: int = 600
    batch: int = 64
    rate: float = 6e-4
    head_rate: float = 5e-3
    warm_up: float = 0.1
    smoothing: float = 0.05
    sentiment_weight: float = 0.3
    tag_weight: float = 1.0
    noisy: float = 0.3
    small: float = 0.25
    weight_decay: float = 0.01
    bf16: bool = True

    def onward(self) -> "Recipe":
        """For going on from an adapter: once over the messages, in smaller steps."""
        return replace(self, epochs=1, least_steps=0, rate=0.3 * self.rate, head_rate=0.1 * self.head_rate)


@dataclass(frozen=True, slots=True)
class Task:
    """Texts with their class numbers, of `classes` classes: one for each text, or one for each of its tokens."""

    texts: Sequence[str]
    labels: Sequence[int] | Sequence[Sequence[int]]
    classes: int
    weight: float = 1.0

    @property
    def is_tagging(self) -> bool:
        """Whether each token has a class."""
        return bool(self.labels) and not isinstance(self.labels[0], int)


@dataclass(frozen=True, slots=True)
class Tuned:
    """The low-rank parts, and the linear layers that were trained with them, one a task: (weight [in, out], bias)."""

    lora: lora.Tensors
    heads: tuple[tuple[Floats, Floats], ...]


def tune(
    encoder: BertEncoder,
    tasks: Sequence[Task],
    recipe: Recipe,
    seed: int,
    report: Report,
    unfinished: Path | None = None,
    start: Tuned | None = None,
) -> Tuned:
    """What fits `tasks` best; the encoder is left as it was. Deterministic for a seed and machine.

    Each task has a head, and its loss its weight. Without layers to tune there are no heads either. Each epoch is kept in the
    folder `unfinished`, which the caller removes; a run of the same encoder, tasks, recipe and seed goes on from there.
    `start` is an earlier training's end to begin with.
    """
    if recipe.layers == 0:
        return Tuned({}, ())
    torch.manual_seed(seed)
    model = encoder.model
    attention = model.config._attn_implementation
    if encoder.device == "cpu":
        model.set_attn_implementation("eager")  # of short texts its gradient takes a third less
    lowest = max(0, len(model.encoder.layer) - recipe.layers)
    texts = [text for task in tasks for text in task.texts]
    below = _Below(encoder, texts, lowest, report)
    parameters = lora.attach(model, lowest, recipe.rank, seed, None if start is None else start.lora)
    kept = _Kept(unfinished, _run_id(fingerprint(encoder), tasks, recipe, seed, start))
    try:
        heads = _train(encoder, below, tasks, parameters, recipe, seed, report, kept, start)
    finally:
        model.set_attn_implementation(attention)
        tensors = lora.detach(model)
    return Tuned(tensors, heads)


def _run_id(trained_on: str, tasks: Sequence[Task], recipe: Recipe, seed: int, start: Tuned | None) -> str:
    """What a run must share with another to go on from where that one was."""
    told = [trained_on, asdict(recipe), seed, [asdict(task) for task in tasks]]
    digest = hashlib.sha256(json.dumps(told).encode())
    for _, tensor in sorted(start.lora.items()) if start is not None else ():
        digest.update(tensor.tobytes())
    return digest.hexdigest()


class _Kept:
    """An unfinished run on disk: tensors and JSON alone, written whole or not at all."""

    def __init__(self, folder: Path | None, run: str) -> None:
        self._folder, self._run = folder, run

    def save(self, step: int, parameters: Sequence[nn.Parameter], optimizer: torch.optim.Optimizer) -> None:
        """Keep the state after `step` steps."""
        from safetensors.torch import save_file

        if self._folder is None:
            return
        tensors = {"rng": torch.get_rng_state()}
        for place, parameter in enumerate(parameters):
            tensors[f"{place}.value"] = parameter.detach().contiguous()
            for name, tensor in optimizer.state[parameter].items():
                tensors[f"{place}.{name}"] = tensor.contiguous()
        fresh = self._folder.with_name(self._folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        save_file(tensors, fresh / _TENSORS)
        (fresh / _RUN).write_text(json.dumps({"run": self._run, "step": step}))
        shutil.rmtree(self._folder, ignore_errors=True)
        fresh.rename(self._folder)

    def load(self, parameters: Sequence[nn.Parameter], optimizer: torch.optim.Optimizer) -> int:
        """Restore the same run's state; the steps that are done, 0 where there is none."""
        from safetensors.torch import load_file

        if self._folder is None or not (self._folder / _RUN).is_file():
            return 0
        said = json.loads((self._folder / _RUN).read_text())
        if said["run"] != self._run:
            return 0
        tensors = load_file(self._folder / _TENSORS)
        torch.set_rng_state(tensors.pop("rng"))
        for place, parameter in enumerate(parameters):
            mine = {
                name.partition(".")[2]: tensor
                for name, tensor in tensors.items()
                if name.partition(".")[0] == str(place)
            }
            with torch.no_grad():
                parameter.copy_(mine.pop("value"))
            optimizer.state[parameter] = {
                name: tensor if name == "step" else tensor.to(parameter.device)
                for name, tensor in mine.items()
            }
        return int(said["step"])


class _Below:
    """The output of the frozen lower layers for each text, computed once."""

    def __init__(self, encoder: BertEncoder, texts: Sequence[str], lowest: int, report: Report) -> None:
        self._ids = encoder.token_ids([QUERY_PREFIX + text for text in texts])
        self._states: list[torch.Tensor] = [torch.empty(0)] * len(texts)
        self._device = encoder.device
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
        embedded = encoder.model.embeddings(input_ids=padded.to(self._device))
        states = _upper(encoder.model, embedded, mask, 0, lowest)
        for place, row in enumerate(rows):
            self._states[row] = states[place, : len(self._ids[row])].to("cpu", torch.bfloat16)

    def _mask(self, rows: Sequence[int], width: int) -> torch.Tensor:
        lengths = torch.tensor([len(self._ids[row]) for row in rows])
        return (torch.arange(width)[None] < lengths[:, None]).to(self._device)

    @property
    def lengths(self) -> list[int]:
        """Each text's tokens."""
        return [len(ids) for ids in self._ids]

    def states(
        self, model: Any, rows: Sequence[int], lowest: int, *, bf16: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The last layer of these texts [rows, width, hidden], and what is no padding [rows, width]."""
        states = nn.utils.rnn.pad_sequence([self._states[row] for row in rows], batch_first=True)
        states = states.to(self._device).float()
        mask = self._mask(rows, states.shape[1])
        with torch.autocast(self._device, dtype=torch.bfloat16, enabled=bf16):
            states = _upper(model, states, mask, lowest, len(model.encoder.layer))
        return states.float(), mask


def _upper(model: Any, states: torch.Tensor, mask: torch.Tensor, first: int, last: int) -> torch.Tensor:
    """Runs layers `first` … `last` − 1 of the encoder."""
    bias = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, torch.finfo(torch.float32).min)[
        :, None, None, :
    ]
    for layer in model.encoder.layer[first:last]:
        states = layer(states, attention_mask=bias)
    return states


def _train(
    encoder: BertEncoder,
    below: _Below,
    tasks: Sequence[Task],
    parameters: list[nn.Parameter],
    recipe: Recipe,
    seed: int,
    report: Report,
    kept: _Kept,
    start: Tuned | None,
) -> tuple[tuple[Floats, Floats], ...]:
    generator = np.random.default_rng(seed)
    model, device = encoder.model, encoder.device
    lowest = len(model.encoder.layer) - recipe.layers
    # A processor without it computes bfloat16 by detours, at a fraction of float32's speed.
    bf16 = recipe.bf16 and (device == "cuda" or best_precision() == "bf16")
    heads = [nn.Linear(model.config.hidden_size, task.classes).to(device) for task in tasks]
    if start is not None:
        _begin_with(heads, start.heads)
    head_parameters = [parameter for head in heads for parameter in head.parameters()]
    groups = [{"params": parameters, "lr": recipe.rate}, {"params": head_parameters, "lr": recipe.head_rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
    counts, lengths = [len(task.texts) for task in tasks], below.lengths
    epochs = [batches(counts, lengths, recipe.batch, recipe.small, generator)]
    while len(epochs) < max(recipe.epochs, math.ceil(recipe.least_steps / len(epochs[0]))):
        epochs.append(batches(counts, lengths, recipe.batch, recipe.small, generator))
    plan = [batch for epoch in epochs for batch in epoch]
    factor = _warm_then_down(len(plan), recipe.warm_up)
    offsets = np.cumsum([0, *(len(task.texts) for task in tasks)])
    # The model stays in evaluation mode: with noisy copies and smoothed labels, dropout took a third of the time for nothing.
    done = kept.load([*parameters, *head_parameters], optimizer)
    for step, (task, rows) in enumerate(plan[done:], start=done):
        for group, rate in zip(optimizer.param_groups, (recipe.rate, recipe.head_rate), strict=True):
            group["lr"] = rate * factor(step)
        states, mask = below.states(model, [int(row + offsets[task]) for row in rows], lowest, bf16=bf16)
        loss = _loss(tasks[task], heads[task], states, mask, rows, recipe.smoothing) * tasks[task].weight
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        report(f"tuning, loss {loss.item():.2f}", (step + 1) / len(plan))
        if (step + 1) % len(epochs[0]) == 0:
            kept.save(step + 1, [*parameters, *head_parameters], optimizer)
    return tuple((_array(head.weight.T), _array(head.bias)) for head in heads)


def _begin_with(heads: Sequence[nn.Linear], values: Sequence[tuple[Floats, Floats]]) -> None:
    with torch.no_grad():
        for head, (weight, bias) in zip(heads, values, strict=True):
            head.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight.T)))
            head.bias.copy_(torch.from_numpy(bias))


def _loss(
    task: Task,
    head: nn.Linear,
    states: torch.Tensor,
    mask: torch.Tensor,
    rows: npt.NDArray[np.int64],
    smoothing: float,
) -> torch.Tensor:
    """Cross-entropy of a batch's texts by the mean over their tokens, or of its tokens."""
    chosen = [task.labels[row] for row in rows]
    if task.is_tagging:
        labels = nn.utils.rnn.pad_sequence([torch.tensor(c) for c in chosen], True, NO_TAG).to(states.device)
        logits = head(states).flatten(0, 1)
        return nn.functional.cross_entropy(logits, labels.flatten(), ignore_index=NO_TAG)
    weights = mask.unsqueeze(-1).float()
    pooled = (states * weights).sum(dim=1) / weights.sum(dim=1)
    labels = torch.tensor(chosen, device=states.device)
    return nn.functional.cross_entropy(head(pooled), labels, label_smoothing=smoothing)


def _array(tensor: torch.Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype=np.float32)


def _warm_then_down(steps: int, warm_up: float) -> Callable[[int], float]:
    """The learning rate's factor: up linearly over the first `warm_up` of the steps, then down to 0."""
    rising = max(1.0, warm_up * steps)
    return lambda step: min((step + 1) / rising, max(0.0, (steps - step) / max(1.0, steps - rising)))


def batches(
    counts: Sequence[int], lengths: Sequence[int], size: int, small: float, generator: np.random.Generator
) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """One epoch's batches: (task, rows of its texts), shuffled. `counts` are the tasks' texts, `lengths` those of all texts.

    A small task is read again until it has its share of the first's batches.
    """
    found: list[tuple[int, npt.NDArray[np.int64]]] = []
    offset, least = 0, 0.0
    for number, count in enumerate(counts):
        mine: list[npt.NDArray[np.int64]] = []
        while not mine or len(mine) < least:
            mine += _pass(lengths[offset : offset + count], size, generator)
        found += [(number, rows) for rows in mine]
        least = least or small * len(mine)
        offset += count
    return [found[place] for place in generator.permutation(len(found))]


def _pass(lengths: Sequence[int], size: int, generator: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """A task's texts once; those of like length share a batch, to save padding."""
    shuffled = generator.permutation(len(lengths))
    found = []
    for start in range(0, len(lengths), size * 8):
        pool = shuffled[start : start + size * 8]
        pool = pool[np.argsort([lengths[row] for row in pool], kind="stable")]
        found += [pool[at : at + size] for at in range(0, len(pool), size)]
    return found
