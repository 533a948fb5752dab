"""What Ray and Serve read from the environment: every private or unusual setting of theirs, in one place.

Written for Ray 2.60 alone; `tests/contract/test_ray_knobs.py` holds each setting against the installed version. What was
found out about them stands in docs/decisions/0003-loopback-and-haproxy.md.
"""

import sys
from pathlib import Path

from cluster.config import ClusterConfig


def node_environment(
    config: ClusterConfig, haproxy_folder: Path | None = None, haproxy: Path | None = None
) -> dict[str, str]:
    """The variables that every node needs when Ray starts there, the token excepted.

    `haproxy_folder` and `haproxy` are where HAProxy keeps its files and which program starts it; unwritten: in
    `nodes.socket_dir`, and the one installed beside this Python.
    """
    variables = {
        "RAY_AUTH_MODE": "token",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_metrics_report_interval_ms": "1000",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        # Throughput mode keeps a thousand lines before it writes one; we write few, and they are wanted when things go wrong.
        "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1",
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
        "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "2",
        # The default of 30 s delays every replacement of a gateway by as much.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
        "RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S": "1",
        "RAY_SERVE_PORT_QUARANTINE_S": "5",
        "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
        "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
        # Ten times a second by default: a third of what the controller takes of a small machine that has nothing to do.
        "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.25",
        # Idle threads of one stage must not spin on the cores of another.
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if config.identity.nodes.is_shared_by_files:
        variables |= loopback_environment()
    if config.identity.http.proxy == "haproxy":
        variables |= _haproxy_environment(
            haproxy_folder or config.identity.nodes.socket_dir,
            haproxy or Path(sys.executable).parent / "kefu-haproxy",
        )
    return variables


def loopback_environment() -> dict[str, str]:
    """What binds everything of Ray and Serve to loopback, on nodes of one machine."""
    return {
        # Ray turns a loopback address into the machine's own unless this is off; set, everything of Ray binds loopback.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "__RAY_WORKER_PROCESS_SETUP_HOOK_ENV_VAR": "cluster.loopback_hook.bind_grpc_to_loopback",
    }


def _haproxy_environment(folder: Path, program: Path) -> dict[str, str]:
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(program),
        "RAY_SERVE_HAPROXY_NBTHREAD": "2",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "metrics.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "state"),
        "RAY_SERVE_HAPROXY_HEALTH_CHECK_INTER": "1s",
        "RAY_SERVE_HAPROXY_HEALTH_CHECK_RISE": "1",
        "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "60",
    }
