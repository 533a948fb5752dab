"""A real `kefu up` in a process of its own, on a free port, in a home of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import psutil

from cluster.ray_local import free_port
from tests.polling import eventually

READY = "Ctrl-C stops everything"
START_S = 300.0


@dataclass
class Kefu:
    """A running cluster."""

    process: subprocess.Popen[str]
    home: Path
    arguments: tuple[str, ...]
    output: list[str] = field(default_factory=list)
    reader: threading.Thread | None = None

    @property
    def served(self) -> dict[str, Any]:
        """What serve.json holds."""
        found: dict[str, Any] = json.loads((self.home / "serve.json").read_text())
        return found

    def client(self, **headers: str) -> httpx.Client:
        """A client with the shop's key and the demonstration customer's token."""
        served = self.served
        all_headers = {
            "Authorization": f"Bearer {served['api_key']}",
            "X-Customer-Token": served["customer_token"],
        }
        return httpx.Client(base_url=served["base_url"], headers=all_headers | headers, timeout=60)

    def chat(self, message: str, **body: Any) -> dict[str, Any]:
        """One JSON turn that must succeed."""
        with self.client() as client:
            response = client.post("/v1/chat", json={"message": message, **body})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`kefu WORDS` with this cluster's configuration."""
        line = [sys.executable, "-m", "cluster.cli", *words, *self.arguments]
        return subprocess.run(line, capture_output=True, text=True, timeout=START_S, check=check)

    def status(self) -> dict[str, Any]:
        """`kefu status --json`."""
        done = self.command("status", "--json", check=False)
        # 1 is "not ready", which is told as well.
        assert done.stdout, f"kefu status ended with {done.returncode}:\n{done.stderr}"
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def pids(self, deployment: str) -> list[int]:
        """The replicas of a deployment."""
        found: list[int] = self.status()["replica_pids"][deployment]
        return found

    def tree(self) -> list[psutil.Process]:
        """The cluster's processes."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def run_folder(self) -> Path:
        """The private folder of this run."""
        import yaml

        return Path(yaml.safe_load((self.home / "run" / "run.json").read_text())["folder"])

    def interrupt(self) -> int:
        """Ctrl-C, and the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with those labels."""
        with self.client(Authorization=f"Bearer {self.served['operator_key']}") as client:
            text = client.get("/metrics").text
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        lines = (
            line for line in text.splitlines() if line.startswith(name) and all(w in line for w in wanted)
        )
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def start(profile: str, home: Path, *overrides: str, environment: dict[str, str] | None = None) -> Kefu:
    """Start `kefu up` and return once it says that it serves. Its output is in the error when it does not."""
    settings = (f"identity.home={home}", f"identity.http.port={free_port()}", *overrides)
    arguments = ("--profile", profile, *(word for s in settings for word in ("--set", s)))
    process = subprocess.Popen(
        [sys.executable, "-m", "cluster.cli", "up", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
    kefu = Kefu(process, home, arguments)
    is_ready = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            kefu.output.append(line)
            if READY in line:
                is_ready.set()
        is_ready.set()

    kefu.reader = threading.Thread(target=read, daemon=True)
    kefu.reader.start()
    is_ready.wait(START_S)
    if not any(READY in line for line in kefu.output):
        stop(kefu)
        raise AssertionError("kefu up did not come up:\n" + "".join(kefu.output)[-6000:])
    return kefu


def stop(kefu: Kefu) -> None:
    """End it, however it stands."""
    if kefu.process.poll() is None:
        kefu.process.terminate()
        try:
            kefu.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            kefu.process.kill()
            kefu.process.wait(timeout=10)
    if kefu.reader is not None and kefu.process.stdout is not None:
        kefu.reader.join(timeout=10)
        kefu.process.stdout.close()


@contextmanager
def serving(
    profile: str, home: Path, *overrides: str, environment: dict[str, str] | None = None
) -> Iterator[Kefu]:
    """A cluster for the time of a `with`."""
    kefu = start(profile, home, *overrides, environment=environment)
    try:
        yield kefu
    finally:
        stop(kefu)


@contextmanager
def reconfigured(kefu: Kefu, *overrides: str) -> Iterator[Kefu]:
    """The same cluster with another chat stage for the time of a `with`; whoever comes next finds it as it was."""
    settings = tuple(word for setting in overrides for word in ("--set", setting))
    before = kefu.pids("Generation-small")
    kefu.command("up", *settings)
    try:
        _until_restarted(kefu, before)
        yield replace(kefu, arguments=(*kefu.arguments, *settings))
    finally:
        before = kefu.pids("Generation-small")
        kefu.command("up")
        _until_restarted(kefu, before)


def _until_restarted(kefu: Kefu, before: list[int]) -> None:
    eventually(lambda: kefu.pids("Generation-small") not in ([], before), within_s=90)
    eventually(lambda: kefu.chat("Hello")["rung"] == "small", within_s=90, every_s=0.5)
