"""The processes that a test started."""

import multiprocessing
import os
import signal


def kill_child(name: str) -> None:
    """kill -9 for the one process of that name that this one started with multiprocessing, and for no other."""
    [pid] = [child.pid for child in multiprocessing.active_children() if child.name == name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
