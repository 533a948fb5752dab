"""Starting and stopping: all that was started, and nothing else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.polling import eventually
from tests.serving import Kefu, start, stop

pytestmark = [pytest.mark.cluster, pytest.mark.thorough]


def test_ctrl_c_stops_everything_and_nothing_else_and_down_what_a_kill_left(tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()", "raylet"])
    kefu = start("fake", tmp_path / "home")
    try:
        tree, served, folder = kefu.tree(), kefu.served, kefu.run_folder()
        assert len(tree) > 8
        assert kefu.interrupt() == 0
        assert_gone(tree)
        assert bystander.poll() is None
        assert not folder.exists() and not (tmp_path / "home" / "serve.json").exists()
        with pytest.raises(httpx.ConnectError):
            httpx.get(served["base_url"] + "/healthz")
    finally:
        stop(kefu)
        bystander.kill()
        bystander.wait()

    again = start("fake", tmp_path / "home")
    try:
        headers = {"Authorization": f"Bearer {served['api_key']}"}
        old = httpx.post(again.served["base_url"] + "/v1/chat", json={"message": "hi"}, headers=headers)
        assert old.status_code == 401, "the last run's key still works"
        assert again.chat("Hello")["rung"] == "small"
        assert again.served["customer_order_ids"] == served["customer_order_ids"]
        assert_down_cleans_up_after_a_kill(again)
    finally:
        stop(again)


def assert_down_cleans_up_after_a_kill(kefu: Kefu) -> None:
    """What a killed run leaves, `kefu down` ends."""
    tree = kefu.tree()
    os.kill(kefu.process.pid, signal.SIGKILL)
    kefu.process.wait(timeout=10)
    assert "stopped" in kefu.command("down").stdout
    assert_gone(tree)
    assert not (kefu.home / "serve.json").exists()
    assert "nothing was running" in kefu.command("down").stdout


def assert_gone(tree: list[psutil.Process]) -> None:
    """No process of it is left."""
    eventually(
        lambda: not [p for p in tree if p.is_running() and p.status() != psutil.STATUS_ZOMBIE], within_s=30
    )


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = [sys.executable, "-m", "cluster.cli", "up", "-p", "fake", "--set", f"identity.http.port={port}",
                "--set", f"identity.home={tmp_path}"]  # fmt: skip
        ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "--set identity.http.port" in ended.stderr and "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []
