"""Which servers are measured, and what the documentation of each says of such a setup."""

import os
from dataclasses import dataclass
from typing import Final, Literal

from cluster.config import load, profile_path
from models.encoder.bert import Runtime

ENCODER: Final = "packaged:e5-small-zh-en"
KEFU: Final = "kefu"
PROFILE: Final = "laptop"
Kind = Literal["kefu", "litserve", "bentoml", "fastapi"]
PEERS: Final[tuple[Kind, ...]] = ("litserve", "bentoml", "fastapi")

_CPUS: Final = os.cpu_count() or 1
_DOCUMENTATION: Final[dict[Kind, tuple[str, ...]]] = {
    "kefu": (),
    "litserve": (
        "https://lightning.ai/docs/litserve/features/batching",
        "https://lightning.ai/docs/litserve/how-tos/parallelism-types",
        "https://github.com/Lightning-AI/LitServe/blob/main/tests/perf_test/bert/server.py",
    ),
    "bentoml": (
        "https://docs.bentoml.com/en/latest/get-started/adaptive-batching.html",
        "https://docs.bentoml.com/en/latest/build-with-bentoml/parallelize-requests.html",
    ),
    "fastapi": (
        "https://fastapi.tiangolo.com/advanced/events/",
        "https://fastapi.tiangolo.com/async/",
        "https://fastapi.tiangolo.com/deployment/server-workers/",
    ),
}


@dataclass(frozen=True, slots=True)
class Setup:
    """One server. `workers` hold a model each; `threads` are the runtime's in each of them, None PyTorch's own default."""

    name: str
    kind: Kind
    runtime: Runtime
    workers: int = 1
    threads: int | None = None

    @property
    def documentation(self) -> tuple[str, ...]:
        """The pages that the setup follows."""
        return _DOCUMENTATION[self.kind]


OURS: Final = Setup(
    KEFU, "kefu", "openvino", threads=load(profile_path(PROFILE)).identity.understanding.threads
)

DOCUMENTED: Final = (
    *(Setup(f"{kind}, torch", kind, "torch") for kind in PEERS),
    *(Setup(f"{kind}, torch, a worker a core", kind, "torch", _CPUS, 1) for kind in PEERS),
)
"""Each peer as its first example stands, with PyTorch's default of a thread for each core; and with the worker for each core
that each documents for work like this, of one thread each, so that there are no more threads than cores."""

WITH_OUR_RUNTIME: Final = tuple(
    Setup(f"{kind}, openvino", kind, "openvino", threads=OURS.threads) for kind in PEERS
)
"""The peers with Kefu's runtime and its threads: what is left between them and Kefu is the price of Kefu's processes."""
