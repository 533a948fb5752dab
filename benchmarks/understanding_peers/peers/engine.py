"""The engine that every peer calls, as its environment says: BentoML and uvicorn start their workers themselves."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.understanding_peers.setups import ENCODER, Setup
from models.understanding.bert import SHIPPED, BertUnderstanding, load_bert_understanding

_MODELS_DIR: Final = "PEER_MODELS_DIR"
_RUNTIME: Final = "PEER_RUNTIME"
_THREADS: Final = "PEER_THREADS"


def environment(setup: Setup, models_dir: Path) -> dict[str, str]:
    """What `load` reads, for a peer's process."""
    variables = {_MODELS_DIR: str(models_dir), _RUNTIME: setup.runtime}
    return variables | ({_THREADS: str(setup.threads)} if setup.threads else {})


def load() -> BertUnderstanding:
    """The engine, in PyTorch's float32 or Kefu's runtime, with PyTorch's own number of threads unless another is told."""
    import torch

    return load_bert_understanding(
        ENCODER,
        SHIPPED,
        Path(os.environ[_MODELS_DIR]),
        int(os.environ.get(_THREADS, torch.get_num_threads())),
        runtime="openvino" if os.environ[_RUNTIME] == "openvino" else "torch",
    )


def read(engine: BertUnderstanding, texts: Sequence[str]) -> list[dict[str, Any]]:
    """The readings as plain data, with the fields of Kefu's own answers."""
    return [asdict(reading) for reading in engine.predict(texts)]
