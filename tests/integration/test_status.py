"""`kefu status` while requests wait: queues, shares of the rungs, and the live view."""

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.polling import eventually
from tests.serving import Kefu, reconfigured

pytestmark = [pytest.mark.cluster, pytest.mark.thorough]


@pytest.fixture(scope="module")
def slow(kefu: Kefu) -> Iterator[Kefu]:
    """A chat model that takes 2 s for an answer, two at a time."""
    settings = (
        "identity.generation.small.fake.delay_ms=2000",
        "identity.limits.first_token_s=15",
        "scale.generation.small.max_ongoing_requests=2",
    )
    with reconfigured(kefu, *settings) as running:
        yield running


def deployment(kefu: Kefu, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(d for d in kefu.status()["deployments"] if d["name"] == name)
    return found


def test_ongoing_and_queued_requests_move_with_the_load(slow: Kefu) -> None:
    is_enough = threading.Event()

    def talk(_: int) -> None:
        while not is_enough.is_set():
            with slow.client() as client:
                client.post("/v1/chat", json={"message": "Hello"})

    def is_seen() -> bool:
        small = deployment(slow, "Generation-small")
        return bool(small["ongoing"] == 2 and small["queued"] >= 2)

    idle = deployment(slow, "Generation-small")
    assert (idle["ongoing"], idle["queued"]) == (0, 0)
    with ThreadPoolExecutor(6) as pool:
        turns = pool.map(talk, range(6))
        try:
            eventually(is_seen, within_s=40)
        finally:
            is_enough.set()
        list(turns)
    eventually(lambda: deployment(slow, "Generation-small")["ongoing"] == 0, within_s=30)
    status = slow.status()
    assert status["turns_by_rung"]["small"] >= 4
    assert all(d["queued"] == 0 for d in status["deployments"])


def test_the_live_view_refreshes_until_ctrl_c(slow: Kefu) -> None:
    controller, terminal = pty.openpty()
    line = [sys.executable, "-m", "cluster.cli", "status", "--watch", *slow.arguments]
    with subprocess.Popen(
        line,
        stdout=terminal,
        stderr=subprocess.PIPE,
        env=os.environ | {"COLUMNS": "160"},
    ) as watch:
        try:
            os.close(terminal)
            shown = b""
            while shown.count(b"Generation-small") < 3:
                shown += os.read(controller, 65_536)
            watch.send_signal(signal.SIGINT)
            # Whatever is still on its way, or the end of the terminal would hold the command up.
            threading.Thread(target=_drain, args=(controller,), daemon=True).start()
            assert watch.wait(timeout=20) == 0
            assert watch.stderr is not None and b"Traceback" not in watch.stderr.read()
        finally:
            watch.kill()
    os.close(controller)


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 65_536):
            pass
    except OSError:
        return
