"""BentoML, as its page on adaptive batching serves a sentence encoder: `batchable`, 32 texts and 1,000 ms at most.

https://docs.bentoml.com/en/latest/get-started/adaptive-batching.html; for work on CPUs
https://docs.bentoml.com/en/latest/build-with-bentoml/parallelize-requests.html recommends `workers="cpu_count"`.
"""

from typing import Any

import bentoml

from benchmarks.understanding_peers.peers.engine import load, read


class _Understanding:
    def __init__(self) -> None:
        self.engine = load()

    @bentoml.api(batchable=True, max_batch_size=32, max_latency_ms=1000)  # type: ignore[untyped-decorator]
    def understand(self, texts: list[str]) -> list[dict[str, Any]]:
        """A reading of each."""
        return read(self.engine, texts)


@bentoml.service(traffic={"timeout": 60})
class Understanding(_Understanding):
    """One worker, which is the default."""


@bentoml.service(traffic={"timeout": 60}, workers="cpu_count")
class UnderstandingByCore(_Understanding):
    """A worker for each core."""
