"""The encoder as an ONNX graph, on the CPU: exported once from PyTorch, in int8 where asked, run by ONNX Runtime.

Int8 is dynamic: a layer's inputs have one scale for the whole batch, so what a text is batched with moves its vector, on the
packaged encoder as far as int8 itself moves it from float32 (a cosine of 0.993 at worst). A `batch_size` of 1 ends that.
"""

import hashlib
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.encoder.bert import BertEncoder
from models.errors import ModelDamaged, ModelNotFound, ModelUnloadable
from models.sources import MANIFEST, MANIFEST_FORMAT, check_folder, content_sha256, list_files, read_manifest

GRAPH: Final = "model.onnx"

RECIPE: Final = 2
"""Of how graphs are made; raised with it, so that folders of an older one are made again."""

OPSET: Final = 20
_INT8: Final = {"per_channel": True, "reduce_range": True}
"""A scale for each column of weights; 7 bits of them, since 8 overflow on x86 without VNNI. That costs 0.0003 of cosine."""

BATCH: Final = 8
"""Texts in a batch: as quick as alone for short ones, quicker for long ones; batches of 32 take half as long again a text."""

_SMOOTHED: Final = ".output.dense"
_SMOOTHING: Final = 0.75
"""How much of the inputs' range moves into the weights, of the layers with outliers (Xiao et al. 2023); by measurement."""

_LARGEST_BYTES: Final = 2_000_000_000
"""A graph is one protobuf message, which ends at 2 GiB."""

_SCRATCH_PREFIX: Final = ".exporting-"
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644


Texts = Callable[[], Sequence[str]]
"""Messages like those that will be read; asked for where a graph is made, not where one is there."""


def export(encoder: BertEncoder, folder: Path, *, quantise: bool, typical: Texts = tuple) -> None:
    """Writes the float32 encoder as it now is, a merged adapter included, with its tokenizer; whole or not at all.

    8 bits have one scale for a whole batch's inputs of a layer, so that a few large ones cost all others their digits:
    `typical` texts show which, and these are scaled down, and the weights up.

    A folder that has this already is left as it is; a damaged or another one is replaced. Takes 15 s and 2 GB for 68 million
    weights; no other thread may use `encoder` meanwhile. Raises ModelUnloadable where it can't be exported.
    """
    made = {
        "recipe": RECIPE,
        "source_sha256": weights_sha256(encoder),
        "opset": OPSET,
        "int8": _INT8 if quantise else None,
        "hidden_size": encoder.hidden_size,
    }
    if _has(folder, made):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH_PREFIX, dir=folder.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        encoder.tokenizer.save_pretrained(fresh)
        with _quietly():
            with _smoothed(encoder, typical() if quantise else ()):
                _write_graph(encoder, fresh / GRAPH)
            if quantise:
                _quantise(fresh / GRAPH, Path(scratch))
        _write_manifest(fresh, made)
        _move_in(fresh, folder, made, Path(scratch))


def load(folder: Path, *, threads: int = 1, max_length: int = 256, batch_size: int = BATCH) -> BertEncoder:
    """The encoder that `export` wrote, every file verified. `threads` are ONNX Runtime's, for this encoder alone.

    Raises ModelNotFound, ModelDamaged, ModelUnloadable.
    """
    from transformers import AutoTokenizer

    made = _verified(folder)
    try:
        hidden_size = int(made["hidden_size"])
        tokenizer = AutoTokenizer.from_pretrained(folder, truncation_side="right")
    except (OSError, ValueError, KeyError, TypeError) as refused:
        raise ModelUnloadable(str(folder), f"{type(refused).__name__}: {refused}") from refused
    model = OnnxModel(_session(folder, threads), OnnxConfig(hidden_size))
    return BertEncoder(model, tokenizer, max_length=max_length, batch_size=batch_size)


def weights_sha256(encoder: BertEncoder) -> str:
    """Over every tensor of the encoder, so that another adapter merged into it is another source. 0.3 s for 270 MB."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} ".encode())
        digest.update(np.ascontiguousarray(tensor.float().cpu().numpy()).data)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class OnnxConfig:
    """What BertEncoder asks of a model's configuration."""

    hidden_size: int


@dataclass(frozen=True, slots=True)
class OnnxOutput:
    """`last_hidden_state`: a float32 tensor [n, width, hidden]."""

    last_hidden_state: Any


class OnnxModel:
    """Stands where BertEncoder has a PyTorch model. Threads may share it."""

    def __init__(self, session: Any, config: OnnxConfig) -> None:
        self.config = config
        self._session = session

    def __call__(self, *, input_ids: Any, attention_mask: Any) -> OnnxOutput:
        """Both int64 tensors [n, width]."""
        import torch

        inputs = {"input_ids": input_ids.numpy(), "attention_mask": attention_mask.numpy()}
        (states,) = self._session.run(None, inputs)
        return OnnxOutput(torch.from_numpy(states))

    def to(self, device: str) -> "OnnxModel":
        """Itself: the graph runs on the CPU."""
        if device != "cpu":
            raise ValueError(f"an ONNX encoder runs on the cpu, not on {device}")
        return self

    def eval(self) -> "OnnxModel":
        """Itself: it was exported so."""
        return self


def _session(folder: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # A thread that waits for work must not keep the core from another stage.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = False  # one plan for each of thousands of shapes would be kept
    try:
        return onnxruntime.InferenceSession(folder / GRAPH, options, providers=["CPUExecutionProvider"])
    except Exception as refused:  # ONNX Runtime's errors have no other class in common
        raise ModelUnloadable(str(folder), f"ONNX Runtime: {refused}") from refused


def _write_graph(encoder: BertEncoder, path: Path) -> None:
    import onnx
    import torch

    axes = {0: "batch", 1: "length"}
    chosen = encoder.model.config._attn_implementation
    # The others guard against texts without tokens, in a dozen operators a layer that cost a tenth of the time.
    encoder.model.set_attn_implementation("eager")
    try:
        program = torch.onnx.export(
            _last_layer(encoder.model),
            tuple(torch.ones((2, 8), dtype=torch.long, device=encoder.device) for _ in range(2)),
            dynamo=True,
            opset_version=OPSET,
            input_names=["input_ids", "attention_mask"],
            output_names=["last_hidden_state"],
            dynamic_shapes=(axes, axes),
            verbose=False,
        )
    except torch.onnx.OnnxExporterError as refused:
        raise ModelUnloadable("the encoder", f"PyTorch can't export it to ONNX: {refused}") from refused
    finally:
        encoder.model.set_attn_implementation(chosen)
    graph = program.model_proto
    if (size := graph.ByteSize()) > _LARGEST_BYTES:
        raise ModelUnloadable("the encoder", f"its ONNX graph has {size} bytes, {_LARGEST_BYTES} at most")
    # The quantiser infers the inner shapes itself, and fails on those that the exporter wrote.
    del graph.graph.value_info[:]
    onnx.save(graph, path)


@contextmanager
def _smoothed(encoder: BertEncoder, texts: Sequence[str]) -> Iterator[None]:
    """The encoder with scaled layers; after it, as it was. Without texts it stays so."""
    kept: dict[str, tuple[Any, Any]] = {}
    for name, largest in _largest_inputs(encoder, texts).items():
        linear = encoder.model.get_submodule(name)
        weights = linear.weight.detach().clone()
        most = weights.abs().amax(dim=0).clamp(min=1e-5)
        scale = (largest.clamp(min=1e-5) ** _SMOOTHING / most ** (1 - _SMOOTHING)).clamp(min=1e-4)
        linear.weight.data.mul_(scale)
        kept[name] = (linear, weights)
        _put(encoder.model, name, _scaled(linear, 1 / scale))
    try:
        yield
    finally:
        for name, (linear, weights) in kept.items():
            linear.weight.data.copy_(weights)
            _put(encoder.model, name, linear)


def _largest_inputs(encoder: BertEncoder, texts: Sequence[str]) -> dict[str, Any]:
    """Of each layer that is smoothed: the largest size of each of its inputs over all tokens of the texts."""
    import torch

    found: dict[str, Any] = {}

    def watch(name: str) -> Callable[[Any, tuple[Any, ...]], None]:
        def note(_: Any, inputs: tuple[Any, ...]) -> None:
            largest = inputs[0].detach().abs().flatten(0, -2).amax(dim=0)
            found[name] = torch.maximum(found[name], largest) if name in found else largest

        return note

    watched = [
        module.register_forward_pre_hook(watch(name))
        for name, module in encoder.model.named_modules()
        if name.endswith(_SMOOTHED)
    ]
    if texts:
        encoder.encode(texts)
    for handle in watched:
        handle.remove()
    return found


def _put(model: Any, name: str, module: Any) -> None:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, module)


def _scaled(linear: Any, factor: Any) -> Any:
    """The layer with its inputs times `factor`."""
    import torch

    class Scaled(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
        def __init__(self) -> None:
            super().__init__()
            self.linear = linear
            self.register_buffer("factor", factor.clone())

        def forward(self, inputs: Any) -> Any:
            return self.linear(inputs * self.factor)

    return Scaled().eval()


def _last_layer(model: Any) -> Any:
    """The model as a module of two inputs and one output."""
    import torch

    class LastLayer(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    return LastLayer().eval()


def _quantise(path: Path, scratch: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    small = scratch / "int8.onnx"
    quantize_dynamic(path, small, weight_type=QuantType.QInt8, **_INT8)
    os.replace(small, path)


def _write_manifest(folder: Path, made: Mapping[str, Any]) -> None:
    files = list_files(folder)
    manifest = {
        "format": MANIFEST_FORMAT,
        "content_sha256": content_sha256(files),
        "onnx": made,
        "made_by": {name: version(name) for name in ("torch", "transformers", "onnxscript", "onnxruntime")},
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _verified(folder: Path) -> dict[str, Any]:
    """How the folder was made; every file in it is what its manifest says."""
    if not folder.is_dir():
        raise ModelNotFound(str(folder), "there is no such folder; export it first")
    check_folder(folder, verify=True)
    made = read_manifest(folder).get("onnx")
    if not isinstance(made, dict):
        raise ModelDamaged(str(folder), MANIFEST, "doesn't say how the graph was made")
    return made


def _has(folder: Path, made: Mapping[str, Any]) -> bool:
    try:
        return _verified(folder) == made
    except (ModelNotFound, ModelDamaged):
        return False


def _move_in(fresh: Path, folder: Path, made: Mapping[str, Any], scratch: Path) -> None:
    """Renames a complete folder to its place; another process that was faster wrote the same."""
    fresh.chmod(_FOLDER_MODE)
    for path in fresh.iterdir():
        path.chmod(_FILE_MODE)
    if folder.exists() and not _has(folder, made):
        os.replace(folder, scratch / "replaced")
    try:
        os.rename(fresh, folder)
    except OSError:
        if not _has(folder, made):
            raise


@contextmanager
def _quietly() -> Iterator[None]:
    """Exporter and quantiser warn of what nobody here can change, through the root logger, to which they add a handler."""
    chatty = logging.getLogger("torch.onnx._internal.exporter._registration")
    root, none, level = logging.getLogger(), logging.NullHandler(), chatty.level
    chatty.setLevel(logging.ERROR)
    root.addHandler(none)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.removeHandler(none)
        chatty.setLevel(level)
