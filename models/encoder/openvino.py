"""The encoder as an OpenVINO graph, on the CPU: converted once from PyTorch.

It computes in bfloat16 where the processor can, which is as quick as 8 bits there and costs nothing that was measured,
and in float32 elsewhere.
"""

import fcntl
import hashlib
import json
import logging
import os
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from models.encoder.bert import BertEncoder
from models.errors import ModelDamaged, ModelInconvertible, ModelNotFound, ModelUnloadable
from models.sources import MANIFEST, MANIFEST_FORMAT, check_folder, content_sha256, list_files, read_manifest

GRAPH: Final = "encoder.xml"
WEIGHTS: Final = "encoder.bin"

RECIPE: Final = 4
"""Of how graphs are made; raised with it, so that folders of an older one are made again."""

Precision = Literal["bf16", "f32"]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What texts are computed in: `batch` of like length, as wide as a multiple of `width_step` tokens. `prepared` widths fit
    nearly every message of a shop; a rarer shape is prepared when it comes, which takes 5 to 20 ms."""

    batch: int
    width_step: int
    prepared: tuple[int, ...]


IN_TILES: Final = Shapes(batch=8, width_step=16, prepared=(16, 32, 48, 64))
"""For a matrix unit: it takes 16 rows at once, and eight texts are twice as quick a text as one; 32 are padded more."""

IN_ROWS: Final[Mapping[Precision, Shapes]] = {
    # Every padded token costs its full time here, and a batch gains the less the longer a token takes: in calls of eight,
    # fours are read by a sixth quicker than all together in tiles, and in float32 pairs by half.
    "bf16": Shapes(batch=4, width_step=4, prepared=tuple(range(4, 65, 4))),
    "f32": Shapes(batch=2, width_step=4, prepared=tuple(range(4, 65, 4))),
}
"""For a processor that computes a precision in its vector registers."""

_SCRATCH_PREFIX: Final = ".exporting-"
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644


def export(encoder: BertEncoder, folder: Path) -> None:
    """Writes the float32 encoder as it now is, a merged adapter included, with its tokenizer; whole or not at all.

    A folder that has this already is left as it is; a damaged or another one is replaced. Takes 4 s for 68 million
    weights; no other thread may use `encoder` meanwhile. Raises ModelInconvertible, and
    ModelUnloadable where it can't be written.
    """
    made = {
        "recipe": RECIPE,
        "source_sha256": source_sha256(encoder),
        "hidden_size": encoder.hidden_size,
    }
    if _has(folder, made):
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH_PREFIX, dir=folder.parent) as scratch:
            fresh = Path(scratch) / "fresh"
            encoder.tokenizer.save_pretrained(fresh)
            with _quietly():
                _write_graph(encoder, fresh)
            _write_manifest(fresh, made)
            with _locked(folder.parent):
                _move_in(fresh, folder, made, Path(scratch))
    except OSError as refused:
        raise ModelUnloadable(
            str(folder), f"the graph for OpenVINO can't be written there: {refused}"
        ) from refused


def load(
    folder: Path,
    *,
    threads: int = 1,
    streams: int = 1,
    max_length: int = 256,
    precision: Precision | None = None,
    shapes: Shapes | None = None,
) -> BertEncoder:
    """The encoder that `export` wrote, every file verified, and warm. `threads` are OpenVINO's, for this encoder alone; each
    of `streams` callers at once has its part of them.

    `precision` is what it computes in; unsaid, the best of this processor. `shapes`, unsaid, are `shapes_for` it.

    Raises ModelNotFound, ModelDamaged, ModelUnloadable.
    """
    from transformers import AutoTokenizer

    made = _verified(folder)
    try:
        hidden_size = int(made["hidden_size"])
        tokenizer = AutoTokenizer.from_pretrained(folder, truncation_side="right")
    except (OSError, ValueError, KeyError, TypeError) as refused:
        raise ModelUnloadable(str(folder), f"{type(refused).__name__}: {refused}") from refused
    computed_in = precision or best_precision()
    model = OpenvinoModel(_compiled(folder, threads, streams, computed_in), Config(hidden_size))
    taken = shapes or shapes_for(computed_in)
    model.warm(taken, streams)
    return BertEncoder(
        model, tokenizer, max_length=max_length, batch_size=taken.batch, width_step=taken.width_step
    )


def folder_name(encoder: BertEncoder) -> str:
    """Another for another recipe, tokenizer or merged adapter, so that a folder that is read is not replaced."""
    return f"{source_sha256(encoder)[:12]}-{RECIPE}"


def source_sha256(encoder: BertEncoder) -> str:
    """Over the tokenizer and every tensor of the encoder, a merged adapter included. 0.3 s for 270 MB."""
    digest = hashlib.sha256(encoder.tokenizer.backend_tokenizer.to_str().encode())
    for name, tensor in sorted(encoder.model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} ".encode())
        digest.update(np.ascontiguousarray(tensor.float().cpu().numpy()).data)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Config:
    """What BertEncoder asks of a model's configuration."""

    hidden_size: int


@dataclass(frozen=True, slots=True)
class Output:
    """`last_hidden_state`: a float32 tensor [n, width, hidden]."""

    last_hidden_state: Any


class OpenvinoModel:
    """Stands where BertEncoder has a PyTorch model. Threads may share it."""

    def __init__(self, compiled: Any, config: Config) -> None:
        self.config = config
        self._compiled = compiled
        self._of_thread = threading.local()

    def __call__(self, *, input_ids: Any, attention_mask: Any) -> Output:
        """Both int64 tensors [n, width]."""
        import torch

        if not hasattr(self._of_thread, "request"):
            self._of_thread.request = self._compiled.create_infer_request()
        inputs = {"input_ids": input_ids.numpy(), "attention_mask": attention_mask.numpy()}
        found = self._of_thread.request.infer(inputs, share_inputs=True)
        # OpenVINO gives a copy of what the request writes its next answer over, unless it is told to share.
        return Output(torch.from_numpy(found[0]))

    def warm(self, shapes: Shapes, streams: int) -> None:
        """Prepares the shapes of messages, so that no customer waits for it: a second for twelve layers and each stream."""
        import torch

        for width in shapes.prepared:
            for texts in range(1, shapes.batch + 1):
                ones = torch.ones((texts, width), dtype=torch.long)
                for _ in range(streams):  # each takes its turn, and prepares for itself
                    self(input_ids=ones, attention_mask=ones)

    def to(self, device: str) -> "OpenvinoModel":
        """Itself: the graph runs on the CPU."""
        if device != "cpu":
            raise ValueError(f"an OpenVINO encoder runs on the cpu, not on {device}")
        return self

    def eval(self) -> "OpenvinoModel":
        """Itself: it was converted so."""
        return self


def best_precision() -> Precision:
    """What OpenVINO computes in on this processor."""
    import openvino

    return "bf16" if "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def shapes_for(precision: Precision) -> Shapes:
    """What is quickest on this processor."""
    import torch

    if precision == "bf16" and torch.cpu.get_capabilities().get("amx_bf16", False):
        return IN_TILES
    return IN_ROWS[precision]


def _compiled(folder: Path, threads: int, streams: int, precision: Precision) -> Any:
    import openvino

    options = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        "INFERENCE_PRECISION_HINT": precision,
        # Stages share the cores: the system, not this one, says where its threads run.
        "ENABLE_CPU_PINNING": False,
    }
    try:
        return openvino.Core().compile_model(folder / GRAPH, "CPU", options)
    except RuntimeError as refused:  # all that OpenVINO raises
        raise ModelUnloadable(str(folder), f"OpenVINO: {refused}") from refused


def _write_graph(encoder: BertEncoder, folder: Path) -> None:
    import openvino
    import torch
    from openvino.frontend import GeneralFailure, OpConversionFailure

    example = {name: torch.ones((2, 8), dtype=torch.long) for name in ("input_ids", "attention_mask")}
    chosen = encoder.model.config._attn_implementation
    # In the others a text without tokens is NaN.
    encoder.model.set_attn_implementation("eager")
    try:
        graph = openvino.convert_model(_last_layer(encoder.model), example_input=example)
    except (RuntimeError, OpConversionFailure, GeneralFailure) as refused:
        raise ModelInconvertible("the encoder", f"OpenVINO can't convert it: {refused}") from refused
    finally:
        encoder.model.set_attn_implementation(chosen)
    openvino.save_model(graph, folder / GRAPH, compress_to_fp16=False)


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


def _write_manifest(folder: Path, made: Mapping[str, Any]) -> None:
    files = list_files(folder)
    manifest = {
        "format": MANIFEST_FORMAT,
        "content_sha256": content_sha256(files),
        "openvino": made,
        "made_by": {name: version(name) for name in ("torch", "transformers", "openvino")},
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _verified(folder: Path) -> dict[str, Any]:
    """How the folder was made; every file in it is what its manifest says."""
    if not folder.is_dir():
        raise ModelNotFound(str(folder), "there is no such folder; export it first")
    check_folder(folder, verify=True)
    made = read_manifest(folder).get("openvino")
    if not isinstance(made, dict):
        raise ModelDamaged(str(folder), MANIFEST, "doesn't say how the graph was made")
    return made


def _has(folder: Path, made: Mapping[str, Any]) -> bool:
    try:
        return _verified(folder) == made
    except (ModelNotFound, ModelDamaged, FileNotFoundError):  # the last: it is just being replaced
        return False


def _move_in(fresh: Path, folder: Path, made: Mapping[str, Any], scratch: Path) -> None:
    """Renames a complete folder to its place, unless another process that was faster put the same there.

    The caller keeps others out: between the look and the renames one would take away what another just made.
    """
    if _has(folder, made):
        return
    fresh.chmod(_FOLDER_MODE)
    for path in fresh.iterdir():
        path.chmod(_FILE_MODE)
    if folder.exists():
        os.replace(folder, scratch / "replaced")
    os.rename(fresh, folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Waits for other processes that have locked this folder; the lock ends with the process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _quietly() -> Iterator[None]:
    """Tracing warns of what nobody here can change."""
    chatty = logging.getLogger("transformers.modeling_utils")
    level = chatty.level
    chatty.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        chatty.setLevel(level)
