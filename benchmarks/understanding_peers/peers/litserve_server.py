"""LitServe, as its own BERT classification benchmark is set up: batches of 10 at most, gathered for 10 ms at most.

https://lightning.ai/docs/litserve/features/batching has `max_batch_size` and `batch_timeout`; the values are of LitServe's
tests/perf_test/bert/server.py, whose fast queue is here too. https://lightning.ai/docs/litserve/how-tos/parallelism-types has
`workers_per_device`.
"""

import argparse
from typing import Any, Final

import litserve
import litserve.server

from benchmarks.understanding_peers.peers.engine import load, read

_MAX_BATCH_SIZE: Final = 10
_BATCH_TIMEOUT_S: Final = 0.01

# LitServe's optional part would load another `mcp` than the project's environment has; no MCP is served here.
litserve.server._MCP_AVAILABLE = False


class Understanding(litserve.LitAPI):  # type: ignore[misc]  # litserve is untyped here
    """One text a request; LitServe hands `predict` the texts of a batch."""

    def setup(self, device: str) -> None:
        """In each worker, once."""
        self.engine = load()

    def decode_request(self, request: dict[str, Any]) -> str:
        """The text."""
        (text,) = request["texts"]
        return str(text)

    def batch(self, inputs: list[str]) -> list[str]:
        """As they are: the engine's tokenizer pads."""
        return inputs

    def predict(self, inputs: list[str]) -> list[dict[str, Any]]:
        """A reading of each."""
        return read(self.engine, inputs)

    def unbatch(self, output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One for each request."""
        return output

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """The answer."""
        return {"results": [output]}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    arguments = parser.parse_args()
    api = Understanding(max_batch_size=_MAX_BATCH_SIZE, batch_timeout=_BATCH_TIMEOUT_S)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=arguments.workers, fast_queue=True)
    server.run(host="127.0.0.1", port=arguments.port, log_level="warning", generate_client_file=False)


if __name__ == "__main__":
    main()
