"""BentoML with the model: `bentoml serve` imports it, and its `--arg`s are the settings.

Batching as in https://docs.bentoml.com/en/latest/get-started/adaptive-batching.html, whose example is an encoder of sentences
too: batches of 32 and 1,000 ms. The arguments are those of
https://docs.bentoml.com/en/latest/build-with-bentoml/template-arguments.html.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import bentoml

from benchmarks.understanding_peers.engine import BATCH, load_engine
from models.encoder.bert import Runtime

arguments: Any = bentoml.use_arguments()


@bentoml.service(name="reader", resources={"cpu": "1"}, workers=1)  # type: ignore[untyped-decorator]
class Reader:
    """Texts in, a reading of each out; the texts of all requests share batches."""

    def __init__(self) -> None:
        self._engine = load_engine(cast(Runtime, arguments.runtime), Path(arguments.models_dir))

    @bentoml.api(batchable=True, max_batch_size=BATCH, max_latency_ms=1000)  # type: ignore[untyped-decorator]
    def understand(self, texts: list[str]) -> list[dict[str, Any]]:
        return [asdict(reading) for reading in self._engine.predict(texts)]
