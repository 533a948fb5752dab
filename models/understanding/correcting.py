"""A shop's corrections, learned by the intent head alone: the encoder, the other heads and every threshold stay.

The head keeps saying of the corpus what it said (Li and Hoiem, Learning without Forgetting, 2016). An epoch over all weights
takes twenty minutes, and moved so much that nobody had corrected that the gates refused it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.encoder.bert import BertEncoder, Runtime
from models.understanding.bert import encode
from models.understanding.examples import write_examples
from models.understanding.feedback import Corrected
from models.understanding.heads import Adapter, LinearHead, save_adapter, softmax
from models.understanding.rejection import Floats
from models.understanding.train import Card, Lessons, measure
from models.understanding.tuning import Report

WEIGHT: Final = 5.0
"""Of a correction: what a customer wrote counts for more than what was written to train on."""

SURE: Final = 0.9
"""How probable a corrected message's intent is to become; 1 would ask for weights without bound."""

_STEPS: Final = 100


def correct(
    encoder: BertEncoder,
    adapter: Adapter,
    runtime: Runtime,
    corrected: Corrected,
    lessons: Lessons,
    out_dir: Path,
    report: Report,
    *,
    command: str,
) -> Card:
    """Writes the adapter with an intent head that has learned the corrections, measured on the test splits of `lessons`.

    `encoder` has the adapter's low-rank parts, and is as `runtime` computes it. Raises NotCalibrated.
    """
    train = corrected.data.of("train")
    heads = adapter.heads(runtime)
    report("reading the corpus", 0.0)
    features = encode(encoder, [example.text for example in train])
    report("learning corrections", 0.0)
    labels = [example.label if example.source == corrected.source else None for example in train]
    head = taught(heads.intent, features, labels)
    report("measuring", 0.0)
    card = {
        **adapter.card,
        "start": adapter.card["tensors_sha256"],
        "command": command,
        "corrections": corrected.learned,
        "figures": measure(encoder, replace(heads, intent=head), lessons),
    }
    calibrated = {name: replace(fitted, intent=head) for name, fitted in adapter.calibrated.items()}
    document: dict[str, Any] = save_adapter(out_dir, calibrated, adapter.lora, card)
    write_examples(out_dir, corrected.data)
    report("measuring", 1.0)
    return Card(out_dir, document)


def taught(head: LinearHead, features: Floats, labels: Sequence[str | None]) -> LinearHead:
    """The head for which rows of `features` [n, hidden] with a label are of it, and the others what they were."""
    import torch

    targets = softmax(head.logits(features))
    weights = np.ones(len(labels), dtype=np.float32)
    for row, label in enumerate(labels):
        if label is not None:
            targets[row] *= 1 - SURE
            targets[row, head.labels.index(label)] += SURE
            weights[row] = WEIGHT
    rows, wanted, counts = (torch.from_numpy(np.ascontiguousarray(a)) for a in (features, targets, weights))
    weight, bias = (torch.tensor(values, requires_grad=True) for values in (head.weight, head.bias))
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        entropies = torch.nn.functional.cross_entropy(rows @ weight + bias, wanted, reduction="none")
        mean = (counts * entropies).mean()
        mean.backward()
        return mean

    optimizer.step(loss)
    return LinearHead(weight.detach().numpy(), bias.detach().numpy(), head.labels)
