"""From a fresh clone to the first answer: seconds with installs, seconds with models cached, peak memory, `make test`.

    python -m benchmarks.first_answer --out docs/results

Clones the repository's HEAD into a temporary folder and does there what a new user does, nothing else.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from benchmarks.machine import describe

_ROOT: Final = Path(__file__).parent.parent
_LIMIT_S: Final = 900.0
_SAMPLE_S: Final = 0.5
_MIB: Final = 1 << 20
_QUESTION: Final = "我的订单到哪了"


class PeakMemory:
    """The highest sum of a process tree's proportional set sizes, sampled twice a second."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self.peak_bytes = 0
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._ended.wait(_SAMPLE_S):
            self.peak_bytes = max(self.peak_bytes, self._now())

    def _now(self) -> int:
        total = 0
        for process in [self._root, *self._root.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return total

    def stop(self) -> int:
        """End sampling; the peak in bytes."""
        self._ended.set()
        self._thread.join()
        return self.peak_bytes


def serve_once(clone: Path, port: int) -> dict[str, Any]:
    """`make serve` until its first answer, then a little load and Ctrl-C."""
    started = time.monotonic()
    log = (clone / "serve.log").open("w")
    line = ["make", "serve", f"PROFILE={_profile(clone, port)}", f"PYTHON={_python()}"]
    process = subprocess.Popen(line, cwd=clone, stdout=log, stderr=log, start_new_session=True)
    memory = PeakMemory(process.pid)
    try:
        served = _wait_for_serve_file(clone / ".kefu" / "serve.json", process, clone)
        first = _ask(served, _QUESTION)
        first_answer_s = time.monotonic() - started
        for _ in range(20):
            _ask(served, _QUESTION)
            _ask(served, "Hello")
        return {
            "first_answer_s": round(first_answer_s, 1),
            "peak_memory_mib": memory.stop() // _MIB,
            "first_answer": {key: first[key] for key in ("answer", "intent", "rung", "timings_ms")},
        }
    finally:
        memory.stop()
        _interrupt(process)
        log.close()


def _python() -> str:
    return shutil.which("python3.11") or sys.executable


def _profile(clone: Path, port: int) -> str:
    """The laptop profile on a free port, so that a cluster of the user's own may go on running."""
    text = (clone / "cluster" / "profiles" / "laptop.yaml").read_text()
    path = clone / "laptop-measured.yaml"
    path.write_text(text.replace("  home: .kefu\n", f"  home: .kefu\n  http: {{port: {port}}}\n"))
    return path.name


def _wait_for_serve_file(path: Path, process: subprocess.Popen[bytes], clone: Path) -> dict[str, Any]:
    pause = threading.Event()
    deadline = time.monotonic() + _LIMIT_S
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("make serve did not come up:\n" + (clone / "serve.log").read_text()[-4000:])
        pause.wait(0.1)
    served: dict[str, Any] = json.loads(path.read_text())
    return served


def _ask(served: dict[str, Any], message: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {served['api_key']}", "X-Customer-Token": served["customer_token"]}
    url = f"{served['base_url']}/v1/chat"
    answer: dict[str, Any] = (
        httpx.post(url, json={"message": message}, headers=headers, timeout=60).raise_for_status().json()
    )
    return answer


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C reaches the whole foreground group, as from a terminal."""
    for child in psutil.Process(process.pid).children(recursive=True):
        if "kefu" in " ".join(child.cmdline()) and " up" in " ".join(child.cmdline()):
            child.send_signal(signal.SIGINT)
            break
    process.wait(timeout=60)


def measure(tests: bool) -> dict[str, Any]:
    """All of it, in a clone that is removed after."""
    from cluster.ray_local import free_port

    with tempfile.TemporaryDirectory(prefix="kefu-clone-") as folder:
        clone = Path(folder) / "kefu"
        subprocess.run(["git", "clone", "--quiet", str(_ROOT), str(clone)], check=True)
        port = free_port()
        result: dict[str, Any] = {
            "with_installs": serve_once(clone, port),
            "models_cached": serve_once(clone, port),
        }
        if tests:
            started = time.monotonic()
            ended = subprocess.run(
                ["make", "test", f"PYTHON={_python()}"],
                cwd=clone,
                capture_output=True,
                text=True,
                check=False,
            )
            lines = ended.stdout.splitlines()
            result["make_test"] = {
                "seconds": round(time.monotonic() - started, 1),
                "status": ended.returncode,
                "summary": next((line for line in reversed(lines) if " passed" in line), ended.stdout[-500:]),
                "failures": [line for line in lines if line.startswith(("FAILED", "ERROR"))],
            }
        return result


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder for first-answer.json")
    parser.add_argument("--no-tests", action="store_true", help="leave make test out")
    arguments = parser.parse_args()
    head = describe(_ROOT) | {"command": "python -m benchmarks.first_answer --out docs/results"}
    result = head | measure(not arguments.no_tests)
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (arguments.out / "first-answer.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
