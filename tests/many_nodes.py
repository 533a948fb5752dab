"""Several Ray nodes on this machine's loopback, as machines of a cluster: a process of their own, with logical GPUs.

`python -m tests.many_nodes FOLDER '[{"num_cpus": 4}, {"num_gpus": 1, "resources": {…}}, …]'` starts them, the first as head,
prints the cluster's address, and ends them when its standard input closes. The environment is the caller's.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
_MIB = 1 << 20
_START_S = 120.0


@dataclass(frozen=True, slots=True)
class Nodes:
    """A running cluster and the environment that a command needs to join it."""

    address: str
    environment: dict[str, str]
    process: subprocess.Popen[str]


@contextmanager
def many_nodes(folder: Path, nodes: list[dict[str, Any]], environment: Mapping[str, str]) -> Iterator[Nodes]:
    """The nodes for the time of a `with`."""
    variables = {**os.environ, **environment}
    line = [sys.executable, "-m", "tests.many_nodes", str(folder), json.dumps(nodes)]
    with (folder / "nodes.log").open("w") as log:
        process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=variables
        )
    assert process.stdout is not None and process.stdin is not None
    try:
        address = process.stdout.readline().strip()
        assert address, (folder / "nodes.log").read_text()
        yield Nodes(address, variables, process)
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(timeout=_START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def main(folder: str, nodes: list[dict[str, Any]]) -> None:
    """Start the nodes, print the address, and wait for the end of standard input."""
    from ray._private.node import Node
    from ray._private.parameter import RayParams

    def start(is_head: bool, settings: dict[str, Any]) -> Any:
        parameters = RayParams(
            **{"node_ip_address": LOOPBACK, "num_cpus": 1, "num_gpus": 0, "object_store_memory": 80 * _MIB,
               "min_worker_port": 0, "max_worker_port": 0, "node_manager_port": 0, "include_dashboard": False,
               "temp_dir": folder, "include_log_monitor": False} | settings
        )  # fmt: skip
        return Node(parameters, head=is_head, shutdown_at_exit=True, spawn_reaper=True)

    head = start(True, nodes[0])
    # One after the other: at the same time, one of them is not found by the head.
    started = [head, *(start(False, {"gcs_address": head.gcs_address} | settings) for settings in nodes[1:])]
    print(head.gcs_address, flush=True)  # noqa: T201
    sys.stdin.read()
    for node in reversed(started):
        node.kill_all_processes(check_alive=False, allow_graceful=True, wait=True)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
