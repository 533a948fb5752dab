"""The first report of the laptop profile: serve it, load it, stop it; about five minutes.

    python -m benchmarks.load.first_report --out docs/results

Starts `kefu up --profile laptop` on a free port in the profile's home (or `--home`), sends the shipped workload laptop.yaml
and writes load-laptop.json and .html. A cluster that already serves this home is measured as it is, and left running.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.load.command import PARTIAL, console, explained, run_workload
from benchmarks.load.target import DriverError

_START_S: Final = 600.0
_STOP_S: Final = 60.0
_LOOK_S: Final = 0.2
_TOLD_LINES: Final = 30


class NotServing(DriverError):
    """The cluster did not come up; the text is the end of what it said."""


@contextmanager
def served(profile: str, home: Path) -> Iterator[Path]:
    """The serve.json of a cluster in that home, which is started and stopped unless one already serves."""
    from cluster.up import HomePaths, running

    paths = HomePaths(home)
    if running(paths):
        console.print("a cluster serves this home already: it is measured, and left running")
        yield paths.serve_file
        return
    process, said = _start(profile, home)
    try:
        _wait(process, paths.serve_file, said)
        yield paths.serve_file
    finally:
        process.terminate()
        try:
            process.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(profile: str, home: Path) -> tuple[subprocess.Popen[str], list[str]]:
    from cluster.ray_local import free_port

    line = [sys.executable, "-m", "cluster.cli", "up", "--profile", profile]
    line += ["--set", f"identity.home={home}", "--set", f"identity.http.port={free_port()}"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said: list[str] = []

    def read() -> None:
        if process.stdout is not None:
            said.extend(process.stdout)

    threading.Thread(target=read, daemon=True).start()
    return process, said


def _wait(process: subprocess.Popen[str], serve_file: Path, said: list[str]) -> None:
    pause = threading.Event()
    deadline = time.monotonic() + _START_S
    while not serve_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotServing("kefu up did not come up:\n" + "".join(said[-_TOLD_LINES:]))
        pause.wait(_LOOK_S)


def main(
    out: Annotated[Path, typer.Option(help="the folder for load-laptop.json and load-laptop.html")],
    home: Annotated[Path | None, typer.Option(help="the home to serve; default: the profile's")] = None,
    profile: Annotated[str, typer.Option(help="the profile to serve")] = "laptop",
    workload: Annotated[str, typer.Option(help="the workload to send")] = "laptop",
) -> None:
    """Serve the laptop profile, load it with the shipped workload, and write its report."""
    from cluster.config import load, profile_path

    with explained():
        folder = home.absolute() if home is not None else load(profile_path(profile)).home
        started = time.monotonic()
        console.print(f"serving the {profile} profile")
        with served(profile, folder) as serve_file:
            console.print(f"it serves after {time.monotonic() - started:.0f} s")
            status = run_workload(workload, serve_file, out)
        console.print(f"{time.monotonic() - started:.0f} s in all")
    raise typer.Exit(PARTIAL if status else 0)


if __name__ == "__main__":
    typer.run(main)
