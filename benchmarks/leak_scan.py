"""Whether anything of persons who are told to a busy cluster is found in its logs, metrics or store.

    python -m benchmarks.leak_scan --identities 1000 --out docs/results

Starts a cluster of its own with fake engines, and removes it afterwards.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.leaks.planting import Doors
from benchmarks.leaks.run import Run, measure
from benchmarks.machine import describe

_ROOT: Final = Path(__file__).parent.parent
_START_S: Final = 300.0


@contextmanager
def running(home: Path) -> Iterator[Run]:
    """A cluster of the `fake` profile on a free port."""
    from cluster.ray_local import free_port

    arguments = [
        "--profile",
        "fake",
        "--set",
        f"identity.home={home}",
        "--set",
        f"identity.http.port={free_port()}",
    ]
    line = [sys.executable, "-m", "cluster.cli"]
    log = home.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*line, "up", *arguments],
            cwd=_ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        served = _served(home / "serve.json", process, log)

        def mint(customer_id: str) -> str:
            words = [*line, "token", "customer", "--tenant", "demo", "--customer", customer_id, *arguments]
            return subprocess.run(words, cwd=_ROOT, capture_output=True, text=True, check=True).stdout.strip()

        folder = Path(yaml.safe_load((home / "run" / "run.json").read_text())["folder"])
        yield Run(doors(served), home, folder, lambda: log.read_text(errors="replace"), mint)
    finally:
        process.terminate()
        process.wait(timeout=120)


def doors(served: dict[str, Any]) -> Doors:
    """What serve.json holds, as far as it is needed."""
    return Doors(
        served["base_url"],
        served["api_key"],
        served["operator_key"],
        served["customer_token"],
        tuple(served["customer_order_ids"]),
    )


def _served(path: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    pause, deadline = threading.Event(), time.monotonic() + _START_S
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("kefu up did not come up:\n" + log.read_text(errors="replace")[-4000:])
        pause.wait(0.2)
    served: dict[str, Any] = json.loads(path.read_text())
    return served


def main() -> None:
    """The command. Exits with 1 where something was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--identities", type=int, default=1000, help="how many persons")
    parser.add_argument("--seed", type=int, default=20261129)
    parser.add_argument("--out", type=Path, required=True, help="the folder for leak-scan.json")
    arguments = parser.parse_args()
    head = describe(_ROOT) | {
        "command": f"python -m benchmarks.leak_scan --identities {arguments.identities} --seed {arguments.seed}"
    }
    with tempfile.TemporaryDirectory(prefix="kefu-leaks-") as folder, running(Path(folder) / "home") as run:
        found = measure(run, arguments.identities, arguments.seed)
    result = head | found
    arguments.out.mkdir(parents=True, exist_ok=True)
    written = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    (arguments.out / "leak-scan.json").write_text(written, encoding="utf-8")
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    sys.exit(1 if found["found"] or found["erasure"]["found_after"] else 0)


if __name__ == "__main__":
    main()
