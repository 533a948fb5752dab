"""Only what a run started is ended, whatever its pid means by then."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cluster.processes import ProcessMark, end, recorded


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    yield process
    process.kill()
    process.wait()


def test_a_recorded_process_is_found_and_ended(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    mark = ProcessMark.of(psutil.Process(child.pid))
    (tmp_path / "p.json").write_text(json.dumps([[mark.pid, mark.started_at]]))
    found = recorded(tmp_path / "p.json")
    assert [p.pid for p in found] == [child.pid]
    end(found)
    assert not psutil.pid_exists(child.pid) or child.poll() is not None


def test_a_reused_pid_is_left_alone(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    mark = ProcessMark.of(psutil.Process(child.pid))
    (tmp_path / "p.json").write_text(json.dumps([[mark.pid, mark.started_at - 100]]))
    assert recorded(tmp_path / "p.json") == []
    assert child.poll() is None


def test_nothing_recorded_is_nothing_running(tmp_path: Path) -> None:
    assert recorded(tmp_path / "missing.json") == []
