"""How long `kefu up` takes to say that a request can't be placed, and what it says.

    python -m benchmarks.impossible_request --out docs/results

Asks this machine for eight GPUs in one engine, and for an accelerator that nobody has. Nothing is built or started by it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import describe

_ROOT: Final = Path(__file__).parent.parent
_LIMIT_S: Final = 120
_RUNS: Final = 5
_REQUESTS: Final = {
    "eight GPUs for one engine": (
        "identity.generation.small.engine=fake",
        "identity.generation.small.tensor_parallel=8",
        "identity.generation.small.placement={cpus: 1, gpus: 8}",
    ),
    "an accelerator that no node has": (
        "identity.nodes.gpus=1",
        "identity.generation.small.placement={cpus: 1, gpus: 1, accelerator: H100}",
    ),
}


def measure(settings: tuple[str, ...]) -> dict[str, Any]:
    """Several runs of one request: seconds from the command's start to its end, its status, and its words."""
    seconds: list[float] = []
    with tempfile.TemporaryDirectory(prefix="kefu-impossible-") as home:
        line = [sys.executable, "-m", "cluster.cli", "up", "--profile", "fake"]
        line += [word for s in (f"identity.home={home}", *settings) for word in ("--set", s)]
        for _ in range(_RUNS):
            started = time.monotonic()
            ended = subprocess.run(line, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
            seconds.append(round(time.monotonic() - started, 2))
    return {"seconds": seconds, "status": ended.returncode, "says": ended.stderr.strip().splitlines()}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder for impossible-request.json")
    arguments = parser.parse_args()
    head = describe(_ROOT) | {"command": "python -m benchmarks.impossible_request --out docs/results"}
    result = head | {name: measure(settings) for name, settings in _REQUESTS.items()}
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (arguments.out / "impossible-request.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
