"""Ray and Serve on this machine: every private or unusual setting of theirs, in one place.

Written for Ray 2.60 alone; `tests/contract/test_ray_knobs.py` holds each setting against the installed version. What was
found out about them stands in docs/decisions/0003-loopback-and-haproxy.md.
"""

import logging
import os
import random
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cluster.config import ClusterConfig, set_environment
from cluster.render import APPLICATION

RAY_VERSION: Final = "2.60.0"
_LOOPBACK: Final = "127.0.0.1"
_MIB: Final = 1 << 20
# Below the range from which Linux takes ports for outgoing connections, above the one that Ray's workers use: a port that
# is free here stays free until it is bound.
_PORTS: Final = range(20_000, 32_000)
# Serve gives each ingress replica a port of its own out of a range this wide.
_INGRESS_PORTS: Final = 200


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The private folder of one run: sockets, logs, token. Short, since a socket's path has 107 bytes at most."""

    path: Path

    @classmethod
    def create(cls) -> "RunFolder":
        """A new folder, mode 0700."""
        return cls(Path(tempfile.mkdtemp(prefix="kefu-")))

    @property
    def token(self) -> Path:
        """Ray's cluster token."""
        return self.path / "ray_token"

    @property
    def logs(self) -> Path:
        """Where Ray and Serve write."""
        return self.path / "ray" / "session_latest" / "logs"


def prepare_environment(config: ClusterConfig, run: RunFolder) -> None:
    """Everything that Ray and Serve read from the environment. Call before `import ray`.

    Sockets on loopback, token authentication on, no usage reports, health checked every second.
    """
    if "ray" in sys.modules:
        raise RuntimeError("ray is imported already: its settings must be set before")
    # The log, the sockets and the token are this user's alone.
    os.umask(0o077)
    run.token.write_text(secrets.token_hex(32))
    variables = {
        # Ray turns a loopback address into the machine's own unless this is off; set, everything of Ray binds loopback.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(run.token),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
        "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "2",
        # The default of 30 s delays every replacement of a gateway by as much.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
        "RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S": "1",
        "RAY_SERVE_PORT_QUARANTINE_S": "5",
        "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
        "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
        "__RAY_WORKER_PROCESS_SETUP_HOOK_ENV_VAR": "cluster.loopback_hook.bind_grpc_to_loopback",
        # Idle threads of one stage must not spin on the cores of another.
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if config.identity.http.proxy == "haproxy":
        variables |= _haproxy_environment(run)
    set_environment(variables)


def _haproxy_environment(run: RunFolder) -> dict[str, str]:
    folder = run.path / "haproxy"
    folder.mkdir(mode=0o700)
    # Each run has a range of its own, so that two runs on one machine do not meet.
    first_port = free_port()
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(_wrapper(run)),
        "RAY_SERVE_HAPROXY_NBTHREAD": "2",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "metrics.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "state"),
        "RAY_SERVE_HAPROXY_HEALTH_CHECK_INTER": "1s",
        "RAY_SERVE_HAPROXY_HEALTH_CHECK_RISE": "1",
        "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "60",
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(free_port()),
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(first_port),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(first_port + _INGRESS_PORTS),
    }


def _wrapper(run: RunFolder) -> Path:
    """The program that Serve starts as HAProxy: a shell line, since a shebang takes neither long paths nor spaces."""
    path = run.path / "haproxy.sh"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -m cluster.haproxy "$@"\n')
    path.chmod(0o700)
    return path


def free_port() -> int:
    """A TCP port that is free on loopback now, and that no outgoing connection will take."""
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind((_LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no port of {_PORTS.start}–{_PORTS.stop - 1} is free on {_LOOPBACK}")


def start(config: ClusterConfig, run: RunFolder) -> str:
    """Start the head node; returns its address, which another process of this user can join with the token."""
    import ray

    context = ray.init(
        address="local",
        _node_ip_address=_LOOPBACK,
        include_dashboard=False,
        num_cpus=config.identity.nodes.cpus or logical_cpus(config),
        object_store_memory=config.identity.nodes.object_store_mib * _MIB,
        _temp_dir=str(run.path / "ray"),
        _system_config={"metrics_report_interval_ms": 1000},
        log_to_driver=False,
        configure_logging=False,
    )
    address: str = context.address_info["gcs_address"]
    return address


def join(address: str, token: Path) -> None:
    """Join the running local cluster from another process of this user. Call before `import ray`."""
    set_environment(
        {
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_USAGE_STATS_ENABLED": "0",
        }
    )
    import ray

    ray.init(address=address, _node_ip_address=_LOOPBACK, log_to_driver=False, configure_logging=False)


def logical_cpus(config: ClusterConfig) -> int:
    """Ray counts CPUs logically. Twice the graph's sum leaves room for a live scale-up and for replacing a replica."""
    most = sum(
        max(stage.placement.cpus, sum(bundle.get("CPU", 0.0) for bundle in stage.bundles))
        * stage.scale.most_replicas
        for stage in config.stages()
    )
    return max(os.cpu_count() or 1, round(2 * most + 0.5))


def deploy(document: dict[str, Any]) -> None:
    """Hand Serve a whole declarative configuration: the first one starts it, a later one is applied live."""
    from ray.serve._private.api import serve_start
    from ray.serve.schema import ServeDeploySchema

    # The command reports progress itself; Serve's own lines would stand in between.
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    schema = ServeDeploySchema.model_validate(document)
    client = serve_start(
        http_options=schema.http_options.model_dump(),
        proxy_location=schema.proxy_location,
        grpc_options=schema.grpc_options.model_dump(),
        global_logging_config=schema.logging_config,
    )
    client.deploy_apps(schema)


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """One deployment as Serve sees it: replicas by their state."""

    name: str
    status: str
    message: str
    replicas: dict[str, int]


@dataclass(frozen=True, slots=True)
class ApplicationState:
    """The application as Serve sees it."""

    status: str
    message: str
    deployments: tuple[DeploymentState, ...]


def state() -> ApplicationState | None:
    """The application's state; None before Serve knows it."""
    from ray import serve

    application = serve.status().applications.get(APPLICATION)
    if application is None:
        return None
    found = tuple(
        DeploymentState(
            name,
            str(d.status.value),
            d.message,
            {str(getattr(k, "value", k)): n for k, n in d.replica_states.items()},
        )
        for name, d in application.deployments.items()
    )
    return ApplicationState(str(application.status.value), application.message, found)


def wait_until_serving(
    wait: Callable[[float], bool], report: Callable[[ApplicationState], None]
) -> ApplicationState:
    """Poll until the application runs or its deployment has failed. `wait(s)` returns True when it was interrupted."""
    from ray.serve._private.api import _get_global_client

    while True:
        current = state()
        if current is not None:
            report(current)
            if current.status == "RUNNING":
                _get_global_client().wait_for_proxies_serving(wait_for_applications_running=True)
                return current
            if current.status in {"DEPLOY_FAILED", "UNHEALTHY"}:
                return current
        if wait(1.0):
            return current or ApplicationState("INTERRUPTED", "", ())


def replica_pids() -> dict[str, list[int]]:
    """Each deployment's replicas by process id."""
    from ray.serve._private.api import _get_global_client

    details = _get_global_client().get_serve_details()
    deployments = details["applications"].get(APPLICATION, {}).get("deployments", {})
    return {
        name: sorted(r["pid"] for r in d["replicas"] if r["pid"] is not None and r["state"] == "RUNNING")
        for name, d in deployments.items()
    }


def stop() -> None:
    """End this process's Ray; a local cluster's processes end with it."""
    import ray

    ray.shutdown()
