"""The PostgreSQL of the tests ends with whoever started it, however that one ends."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sqlalchemy import make_url

from tests.polling import eventually

ROOT = Path(__file__).parents[2]
_STARTED = """
import signal
from benchmarks.postgres import postgres_server

with postgres_server() as url:
    print(url, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_script_that_is_ended_leaves_no_server(end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _STARTED],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as script:
        assert script.stdout is not None
        folder = Path(str(make_url(script.stdout.readline().strip()).query["host"]))
        server = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().splitlines()[0]))
        assert server.uids().effective != 0
        script.send_signal(end)
    eventually(lambda: not server.is_running(), within_s=30)
    if end is signal.SIGKILL:
        # Nobody was left to remove its data.
        shutil.rmtree(folder)
    assert not folder.exists()
