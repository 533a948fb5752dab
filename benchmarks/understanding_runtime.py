"""The understanding encoder on the CPU, by runtime: PyTorch and OpenVINO, each in float32 and bfloat16.

    python -m benchmarks.understanding_runtime --models-dir .kefu/models --out docs/results

One process, one thread. The runtimes take turns, many times over, so that what else the machine does falls on all alike; the
quickest call and the CPU time say more than the median where it does much. Times are of whole calls: tokens, encoder, mean.
The encoder has the shipped adapter merged. What OpenVINO costs is told in points, each with its own thresholds.
Memory is of a process that holds one runtime alone.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.machine import describe
from models.encoder import openvino
from models.encoder.bert import BertEncoder, Runtime
from models.sources import resolve
from models.understanding.bert import SHIPPED, BertUnderstanding, apply_adapter, find_adapter
from models.understanding.corpus import load_blind, load_corpus
from models.understanding.evaluate import evaluate_intents

_ROOT: Final = Path(__file__).parent.parent
_ENCODER: Final = "packaged:e5-small-zh-en"
_COMMAND: Final = "python -m benchmarks.understanding_runtime --models-dir .kefu/models --out docs/results"
_TOKENS: Final = 16
_BATCH: Final = 32
_ROUNDS: Final = 12
_CALLS: Final = {"single": 12, "batch": 3}
"""Timed calls of a runtime in one round, after one that isn't."""

_COMPARED: Final = 512
_ALONE: Final = 128
_RUNTIMES: Final = ("torch float32", "torch bfloat16", "openvino float32", "openvino bfloat16")
_INSTRUCTIONS: Final = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")

_HINTS: Final[dict[str, openvino.Precision]] = {"float32": "f32", "bfloat16": "bf16"}
_SERVING: Final[dict[str, Runtime]] = {"torch float32": "torch", "openvino bfloat16": "openvino"}
_FIGURES: Final = ("accuracy", "accuracy_unrejected", "out_of_scope_recall")

Floats = npt.NDArray[np.float32]


def load(runtime: str, source: Path, exported: Path) -> BertEncoder:
    """The encoder on one runtime, one thread."""
    kind, precision = runtime.split()
    if kind == "openvino":
        import torch

        torch.set_num_threads(1)  # it tells the mean
        return openvino.load(exported, precision=_HINTS[precision])
    encoder = adapted(source)
    if precision == "bfloat16":
        encoder.model.bfloat16()
    return encoder


def adapted(source: Path) -> BertEncoder:
    """The encoder as it serves, in PyTorch."""
    encoder = BertEncoder.load(source, threads=1, batch_size=_BATCH)
    apply_adapter(encoder, find_adapter(SHIPPED, source))
    return encoder


def export(source: Path, folder: Path) -> dict[str, Any]:
    """The graph: seconds of the whole export, bytes of the graph, and what the process then held at most."""
    import resource

    encoder = adapted(source)
    started = time.monotonic()
    openvino.export(encoder, folder)
    return {
        "seconds": round(time.monotonic() - started, 1),
        "graph_mb": round((folder / openvino.WEIGHTS).stat().st_size / 1e6, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def hold(runtime: str, source: Path, exported: Path, texts: list[str]) -> dict[str, Any]:
    """What a process with this runtime alone holds after a batch, and how long it took to load (imports included)."""
    started = time.monotonic()
    encoder = load(runtime, source, exported)
    seconds = time.monotonic() - started
    encoder.encode(texts)
    return {
        "load_s": round(seconds, 1),
        "resident_mib": round(psutil.Process().memory_info().rss / 1024**2),
    }


def read_by_both(encoders: dict[str, BertEncoder]) -> dict[str, Any]:
    """Figures on the corpus's test split and the blind messages, by both runtimes that serve; the points OpenVINO costs."""
    adapter, told = find_adapter(SHIPPED, Path()), {}
    tested = load_corpus().intents.of("test")
    sets = {"kefu-corpus test": {e.text: e.label for e in tested}, "kefu-blind": load_blind()}
    for name, labelled in sets.items():
        figures = {}
        for runtime, calibration in _SERVING.items():
            engine = BertUnderstanding(encoders[runtime], adapter.heads(calibration))
            found = evaluate_intents(engine, list(labelled), list(labelled.values()), name, "test")[0]
            figures[runtime] = {figure: getattr(found, figure) for figure in _FIGURES}
        full, small = figures.values()
        told[name] = figures | {
            "points_lost": {figure: round(100 * (full[figure] - small[figure]), 2) for figure in _FIGURES}
        }
    return told


def take_turns(encoders: dict[str, BertEncoder], texts: list[str]) -> dict[str, Any]:
    """Wall and CPU milliseconds of a call, each runtime's in every round."""
    inputs = {"single": texts[:1], "batch": texts}
    taken: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(_ROUNDS):
        for runtime, encoder in encoders.items():
            for size, calls in _CALLS.items():
                encoder.encode(inputs[size])
                taken.setdefault((runtime, size), []).extend(_timed(encoder, inputs[size], calls))
    return {runtime: {size: _summary(taken[runtime, size]) for size in _CALLS} for runtime in encoders}


def _timed(encoder: BertEncoder, texts: list[str], calls: int) -> list[tuple[float, float]]:
    found = []
    for _ in range(calls):
        wall, cpu = time.perf_counter(), time.process_time()
        encoder.encode(texts)
        found.append(((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3))
    return found


def _summary(taken: list[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = np.array(taken).T
    return {
        "median_ms": round(float(np.median(wall)), 2),
        "least_ms": round(float(wall.min()), 2),
        "cpu_median_ms": round(float(np.median(cpu)), 2),
    }


def compare(encoders: dict[str, BertEncoder], texts: list[str]) -> dict[str, Any]:
    """Cosines: to PyTorch's float32, in batches; and of the same text in a batch and alone."""
    told: dict[str, Any] = {}
    expected = encoders["torch float32"].encode(texts)
    for runtime, encoder in encoders.items():
        found = encoder.encode(texts)
        alone = np.concatenate([encoder.encode([text]) for text in texts[:_ALONE]])
        told[runtime] = {
            "to_float32": _cosines(found, expected),
            "batched_to_alone": _cosines(found[:_ALONE], alone),
        }
    return told


def _cosines(one: Floats, other: Floats) -> dict[str, float]:
    cosines = (one * other).sum(axis=1)
    return {"mean": round(float(cosines.mean()), 5), "least": round(float(cosines.min()), 5)}


def measure(source: Path) -> dict[str, Any]:
    """Everything."""
    load_before = os.getloadavg()[0]
    every = [example.text for example in load_corpus().intents.of("test")]
    with tempfile.TemporaryDirectory(prefix="kefu-runtime-") as folder:
        exported = Path(folder) / "graph"
        exporting = _apart(export, source, exported)
        encoders = {runtime: load(runtime, source, exported) for runtime in _RUNTIMES}
        counted = encoders["torch float32"].token_ids(["query: " + text for text in every])
        texts = [text for text, ids in zip(every, counted, strict=True) if len(ids) == _TOKENS][:_BATCH]
        if len(texts) < _BATCH:
            raise SystemExit(f"the corpus has {len(texts)} texts of {_TOKENS} tokens, {_BATCH} are needed")
        accuracy = read_by_both(encoders)
        step = max(1, len(every) // _COMPARED)
        cosines = compare(encoders, every[::step][:_COMPARED])
        times = take_turns(encoders, texts)
        del encoders
        held = {runtime: _apart(hold, runtime, source, exported, texts) for runtime in _RUNTIMES}
    return {
        "encoder": _ENCODER,
        "instructions": [name for name in _INSTRUCTIONS if name in _cpu_flags()],
        "load_average": {"before": load_before, "after": os.getloadavg()[0]},
        "threads": 1,
        "tokens": _TOKENS,
        "batch": _BATCH,
        "calls": {size: calls * _ROUNDS for size, calls in _CALLS.items()},
        "compared_texts": {"to_float32": len(every[::step][:_COMPARED]), "batched_to_alone": _ALONE},
        "export": exporting,
        "accuracy": accuracy,
        "runtimes": {
            runtime: times[runtime]
            | {"texts_per_s_in_batches": round(_BATCH * 1e3 / times[runtime]["batch"]["median_ms"])}
            | {"cosine": cosines[runtime]}
            | held[runtime]
            for runtime in _RUNTIMES
        },
    }


def _apart(function: Any, *arguments: Any) -> Any:
    """The function's answer from a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _cpu_flags() -> set[str]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return set(next((line for line in lines if line.startswith("flags")), "").split())


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--models-dir", type=Path, required=True, help="where `kefu models build` put the encoder"
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder for understanding-runtime.json")
    arguments = parser.parse_args()
    source = resolve(_ENCODER, arguments.models_dir)
    if not isinstance(source, Path):
        raise SystemExit(f"{_ENCODER} is no folder")
    result = describe(_ROOT) | {"command": _COMMAND} | measure(source)
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (arguments.out / "understanding-runtime.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
