"""LitServe with the model: run by the Python that has it.

Batching in LitAPI's own arguments, as https://lightning.ai/docs/litserve/features/batching says. The wait of 10 ms is that of
LitServe's BERT benchmark (benchmarks/bert/server.py in its repository); its batches of 8 are 32 here, as everywhere else.
`fast_queue` is what https://lightning.ai/docs/litserve/api-reference/litserver recommends from 100 requests a second on.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import litserve as ls
import litserve.server

from benchmarks.understanding_peers.engine import BATCH, load_engine
from models.encoder.bert import Runtime
from models.types import Understood

# LitServe 0.2.19 takes the package mcp, which another package may have brought, for fastmcp, and does not start.
litserve.server._MCP_AVAILABLE = False


class Reader(ls.LitAPI):  # type: ignore[misc]  # litserve is untyped here
    """One text a request; a batch is what `predict` gets."""

    def __init__(self, runtime: Runtime, models_dir: Path) -> None:
        super().__init__(max_batch_size=BATCH, batch_timeout=0.01, api_path="/understand")
        self._runtime: Runtime = runtime
        self._models_dir = models_dir

    def setup(self, device: str) -> None:
        self._engine = load_engine(self._runtime, self._models_dir)

    def decode_request(self, request: dict[str, Any]) -> str:
        text: str = request["texts"][0]
        return text

    def batch(self, inputs: Sequence[str]) -> list[str]:
        return list(inputs)

    def predict(self, x: list[str]) -> list[Understood]:
        return self._engine.predict(x)

    def unbatch(self, output: list[Understood]) -> list[Understood]:
        return output

    def encode_response(self, output: Understood) -> dict[str, Any]:
        return {"results": [asdict(output)]}


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runtime", required=True)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    api = Reader(arguments.runtime, arguments.models_dir)
    server = ls.LitServer(api, accelerator="cpu", devices=1, workers_per_device=1, fast_queue=True)
    server.run(host="127.0.0.1", port=arguments.port, log_level="warning", generate_client_file=False)


if __name__ == "__main__":
    main()
