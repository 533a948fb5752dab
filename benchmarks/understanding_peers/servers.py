"""Each server as a process of its own: started, waited for, ended. Only what was started here is ever ended."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.process_groups import group
from benchmarks.understanding_peers.answers import fault
from benchmarks.understanding_peers.peers.engine import environment
from benchmarks.understanding_peers.setups import PROFILE, Setup

ROOT: Final = Path(__file__).parent.parent.parent
_PACKAGE: Final = "benchmarks.understanding_peers.peers"
_START_S: Final = 300.0
_STOP_S: Final = 60.0
_LOOK_S: Final = 0.2
_TOLD_CHARACTERS: Final = 4000
_PROBE: Final = json.dumps({"texts": ["where is my parcel"]})

LEFT_OUT: Final = (
    "identity.demo={customers: 60, orders: 300}",
    "identity.retrieval={engine: fake, placement: {cpus: 0.25}}",
    "identity.generation={small: {engine: fake, model: fake-small, placement: {cpus: 0.25}}}",
)
"""What Kefu's laptop profile is served without: chat model, retrieval, most of the shop. No stage can be left out whole."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the servers find what they need."""

    models_dir: Path
    peers_python: Path


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers. `headers` go with every request."""

    setup: Setup
    process: psutil.Process
    port: int
    path: str
    headers: dict[str, str]

    def cpu_ms(self) -> dict[str, float]:
        """CPU milliseconds so far of its processes: Kefu's by group, a peer's together."""
        used: defaultdict[str, float] = defaultdict(float)
        for process in [self.process, *self.process.children(recursive=True)]:
            try:
                times, name = process.cpu_times(), self._group(process)
            except psutil.NoSuchProcess:
                continue
            used[name] += 1000 * (times.user + times.system)
        return dict(used)

    def _group(self, process: psutil.Process) -> str:
        if self.setup.kind != "kefu":
            return "server"
        return "kefu up" if process == self.process else group(" ".join(process.cmdline()))


class NotServing(Exception):
    """A server did not come up; the text is the end of what it said."""


@contextmanager
def serving(setup: Setup, place: Place) -> Iterator[Served]:
    """The server for the time of a `with`. Raises NotServing."""
    from cluster.ray_local import free_port

    start = _kefu if setup.kind == "kefu" else _peer
    with tempfile.TemporaryDirectory(prefix="kefu-peers-") as folder, (Path(folder) / "log").open("w") as log:
        port = free_port()
        line, variables = start(setup, place, Path(folder), port)
        process = psutil.Popen(
            line,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield _wait(setup, process, Path(folder), port)
        finally:
            _end(process)


def _kefu(setup: Setup, place: Place, folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    home = f"identity.home={folder}/home"
    settings = (home, f"identity.http.port={port}", f"identity.models_dir={place.models_dir}", *LEFT_OUT)
    line = [sys.executable, "-m", "cluster.cli", "up", "--profile", PROFILE]
    return line + [word for setting in settings for word in ("--set", setting)], {}


def _peer(setup: Setup, place: Place, folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    python = [str(place.peers_python), "-m"]
    at = ["--host", "127.0.0.1", "--port", str(port)]
    workers = ["--workers", str(setup.workers)]
    service = "Understanding" if setup.workers == 1 else "UnderstandingByCore"
    lines = {
        "litserve": [f"{_PACKAGE}.litserve_server", "--port", str(port), *workers],
        "bentoml": ["bentoml", "serve", f"{_PACKAGE}.bentoml_service:{service}", *at],
        "fastapi": ["uvicorn", f"{_PACKAGE}.fastapi_app:app", *at, *workers],
    }
    quiet = {"BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": f"{folder}/bentoml"}
    return python + lines[setup.kind], environment(setup, place.models_dir) | quiet


def _wait(setup: Setup, process: psutil.Popen, folder: Path, port: int) -> Served:
    pause, deadline = threading.Event(), time.monotonic() + _START_S
    while (served := _served(setup, process, folder, port)) is None or not _answers(served):
        if process.poll() is not None or time.monotonic() > deadline:
            said = (folder / "log").read_text()[-_TOLD_CHARACTERS:]
            raise NotServing(f"{setup.name} did not come up:\n{said}")
        pause.wait(_LOOK_S)
    return served


def _served(setup: Setup, process: psutil.Popen, folder: Path, port: int) -> Served | None:
    """How it is asked; None where Kefu has not yet said so."""
    if setup.kind != "kefu":
        path = "/predict" if setup.kind == "litserve" else "/understand"
        return Served(setup, process, port, path, {})
    try:
        told: dict[str, Any] = json.loads((folder / "home" / "serve.json").read_text())
    except FileNotFoundError:
        return None
    return Served(setup, process, port, "/v1/understand", {"Authorization": f"Bearer {told['api_key']}"})


def _answers(served: Served) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=_START_S)
    try:
        connection.request("POST", served.path, _PROBE, served.headers | {"Content-Type": "application/json"})
        response = connection.getresponse()
        return fault(response.status, response.read(), 1) is None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: psutil.Popen) -> None:
    """Ask the server's own process to end, and kill what is left of its tree and its group."""
    tree: list[psutil.Process] = [process]
    with suppress(psutil.NoSuchProcess):
        tree += process.children(recursive=True)
        process.terminate()
    with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
        process.wait(timeout=_STOP_S)
    for left in tree:
        with suppress(psutil.NoSuchProcess):
            left.kill()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(tree, timeout=_STOP_S)
