"""Low-rank adaptation of a BERT's upper layers: trained beside the frozen weights, merged into them for serving.

A linear layer's weight W [out, in] becomes W + scale · B A, with A [rank, in] and B [out, rank]. The tensors are named
after the layer: `encoder.layer.7.attention.self.query.a`.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models.understanding.errors import AdapterDamaged

SCALE: Final = 2.0
_TUNED: Final = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)

Tensors = dict[str, npt.NDArray[np.float16]]


class LoraLinear(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """A frozen linear layer with its trainable low-rank part, which starts at zero."""

    def __init__(self, frozen: nn.Linear, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        self.frozen = frozen
        spread = 1 / math.sqrt(frozen.in_features)
        self.a = nn.Parameter(torch.randn(rank, frozen.in_features, generator=generator) * spread)
        self.b = nn.Parameter(torch.zeros(frozen.out_features, rank))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """[…, in] → […, out]."""
        # The sum of the weights costs less than a second pass of the inputs, unless there are few.
        weight = self.frozen.weight + (self.b * SCALE) @ self.a
        return nn.functional.linear(inputs, weight, self.frozen.bias)


def attach(
    model: Any,
    lowest_layer: int,
    rank: int,
    seed: int,
    start: Mapping[str, npt.NDArray[np.float16]] | None = None,
) -> list[nn.Parameter]:
    """Puts a LoraLinear round every linear layer from `lowest_layer` on and freezes all else; the new parameters.

    `start` are the values that an earlier training of the same layers and rank ended with. Raises AdapterDamaged.
    """
    generator = torch.Generator().manual_seed(seed)
    model.requires_grad_(False)
    parameters: list[nn.Parameter] = []
    for name in _names(model, lowest_layer):
        parent, _, child = name.rpartition(".")
        frozen = model.get_submodule(name)
        adapted = LoraLinear(frozen, rank, generator).to(frozen.weight.device)
        if start is not None:
            _fill(name, adapted, start)
        setattr(model.get_submodule(parent), child, adapted)
        parameters += [adapted.a, adapted.b]
    return parameters


def _fill(name: str, adapted: LoraLinear, start: Mapping[str, npt.NDArray[np.float16]]) -> None:
    try:
        with torch.no_grad():
            for part, parameter in (("a", adapted.a), ("b", adapted.b)):
                parameter.copy_(torch.from_numpy(start[f"{name}.{part}"].astype(np.float32)))
    except (KeyError, RuntimeError) as unfit:
        raise AdapterDamaged(name, f"it was trained with other layers or rank ({unfit})") from unfit


def detach(model: Any) -> Tensors:
    """Takes every LoraLinear out again, which leaves the model as it was; what was trained, in half precision."""
    tensors: Tensors = {}
    for name, module in [(n, m) for n, m in model.named_modules() if isinstance(m, LoraLinear)]:
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, module.frozen)
        for part in ("a", "b"):
            tensors[f"{name}.{part}"] = getattr(module, part).detach().cpu().numpy().astype(np.float16)
    return tensors


def merge(model: Any, tensors: Mapping[str, npt.NDArray[np.float16]]) -> None:
    """Adds the trained parts to the model's weights, in place. Raises AdapterDamaged where they do not fit."""
    for name in sorted({key.rpartition(".")[0] for key in tensors}):
        try:
            weight = model.get_submodule(name).weight
            a, b = (torch.from_numpy(tensors[f"{name}.{part}"].astype(np.float32)) for part in ("a", "b"))
            with torch.no_grad():
                weight += (b @ a).to(weight.device, weight.dtype) * SCALE
        except (AttributeError, KeyError, RuntimeError) as unfit:
            raise AdapterDamaged(name, f"its low-rank part does not fit the encoder ({unfit})") from unfit


def _names(model: Any, lowest_layer: int) -> Iterator[str]:
    for layer in range(lowest_layer, len(model.encoder.layer)):
        yield from (f"encoder.layer.{layer}.{tuned}" for tuned in _TUNED)
