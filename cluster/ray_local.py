"""Ray and Serve: starting a local cluster or joining one, handing Serve a configuration, and its answer.

Written for Ray 2.60 alone. The settings that Ray reads from the environment are in `ray_settings`, what is asked of a running
cluster in `ray_nodes`.
"""

import itertools
import logging
import os
import random
import secrets
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cluster.config import ClusterConfig, has_environment, resolve_secret, set_environment
from cluster.errors import UpError
from cluster.placement import Node, accelerator_resource, demand, group_resource
from cluster.ray_settings import loopback_environment, node_environment
from cluster.render import APPLICATION, IDENTITY_VARIABLE

RAY_VERSION: Final = "2.60.0"
_LOOPBACK: Final = "127.0.0.1"
_MIB: Final = 1 << 20
# Below the range from which Linux takes ports for outgoing connections, above the one that Ray's workers use: a port that
# is free here stays free until it is bound.
_PORTS: Final = range(20_000, 32_000)
# Serve gives each ingress replica a port of its own out of a range this wide.
_INGRESS_PORTS: Final = 200
_JOINING: Final = {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}
# Where Ray itself looks for a token when no variable names one.
_RAYS_TOKEN: Final = Path.home() / ".ray" / "auth_token"
_CONNECT_S: Final = 5.0
_POLLS_PER_CHECK: Final = 10
_LAST_LINES: Final = 5


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
    variables = node_environment(config, run.path / "haproxy", _wrapper(run))
    variables["RAY_AUTH_TOKEN_PATH"] = str(run.token)
    if config.identity.http.proxy == "haproxy":
        variables |= _own_ports()
    set_environment(variables)


def _own_ports() -> dict[str, str]:
    # Each run has a range of its own, so that two runs on one machine do not meet.
    first_port = free_port()
    return {
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
        num_gpus=config.identity.nodes.gpus,
        # One GPU of this machine can be shared, where a profile asks for it.
        resources=dict.fromkeys(_group_resources(config), 1.0),
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
    set_environment(_JOINING | loopback_environment() | {"RAY_AUTH_TOKEN_PATH": str(token)})
    import ray

    ray.init(address=address, _node_ip_address=_LOOPBACK, log_to_driver=False, configure_logging=False)


def join_cluster(config: ClusterConfig) -> None:
    """Join the cluster at `nodes.address`, as a process of one of its nodes. Call before `import ray`. UpError says why not.

    It waits for no node; an address where nothing listens is told at once.
    """
    nodes = config.identity.nodes
    # A wrong token is no reason to try for 20 s.
    variables = _JOINING | {"RAY_NUM_REDIS_GET_RETRIES": "3"}
    if nodes.token is not None:
        variables["RAY_AUTH_TOKEN"] = resolve_secret(nodes.token)
    elif not has_environment("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH") and not _RAYS_TOKEN.exists():
        raise UpError(
            "the cluster's token is unknown: set RAY_AUTH_TOKEN_PATH to its file, or write identity.nodes.token: env:NAME"
        )
    address = nodes.address or "auto"
    _require_listener(address)
    if nodes.is_one_machine:
        variables |= loopback_environment()
    set_environment(variables)
    import ray
    from ray.exceptions import AuthenticationError

    node_address = {"_node_ip_address": _LOOPBACK} if nodes.is_one_machine else {}
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False, **node_address)
    except AuthenticationError:
        raise UpError(
            f"the cluster at {address} refuses the token; give the one that its nodes were started with"
        ) from None
    except (ConnectionError, RuntimeError, ValueError) as error:
        # Among them: no cluster on this machine, another Ray or Python version, no node of the cluster here.
        raise UpError(
            f"the cluster at {address} can't be joined: {error}; look first whether the token is the one that its nodes were "
            "started with, and whether this machine is one of them"
        ) from None


def _require_listener(address: str) -> None:
    """Ray itself tries for a minute to reach an address where nothing listens."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except OSError as error:
        raise UpError(
            f"no Ray cluster answers at {address} ({error.strerror or error}); start it with ray start --head, or correct "
            "identity.nodes.address"
        ) from None


def expected_node(config: ClusterConfig) -> Node:
    """The one node that `start` will make, told before it is there: nothing need be built for a start that can't succeed."""
    from ray._private.accelerators import get_accelerator_manager_for_resource

    manager = get_accelerator_manager_for_resource("GPU")
    nodes = config.identity.nodes
    gpus = manager.get_current_node_num_accelerators() if nodes.gpus is None else nodes.gpus
    total = {"CPU": float(nodes.cpus or logical_cpus(config)), "GPU": float(gpus)}
    if gpus and (kind := manager.get_current_node_accelerator_type()):
        total[accelerator_resource(kind)] = 1.0
    total |= dict.fromkeys(_group_resources(config), 1.0)
    return Node("", _LOOPBACK, total, total)


def _group_resources(config: ClusterConfig) -> set[str]:
    return {group_resource(group) for stage in config.stages() if (group := stage.placement.gpu_group)}


def logical_cpus(config: ClusterConfig) -> int:
    """Ray counts CPUs logically. Twice the graph's sum leaves room for a live scale-up and for replacing a replica."""
    most = sum(demand(stage).sum("CPU") * stage.scale.most_replicas for stage in config.stages())
    return max(os.cpu_count() or 1, round(2 * most + 0.5))


def deploy(document: dict[str, Any]) -> None:
    """Hand Serve a whole declarative configuration: the first one starts it, a later one is applied live."""
    from ray.exceptions import RayError
    from ray.serve._private.api import serve_start
    from ray.serve.schema import ServeDeploySchema

    # The command reports progress itself; Serve's own lines would stand in between.
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    schema = ServeDeploySchema.model_validate(document)
    try:
        client = serve_start(
            http_options=schema.http_options.model_dump(),
            proxy_location=schema.proxy_location,
            grpc_options=schema.grpc_options.model_dump(),
            global_logging_config=schema.logging_config,
        )
        client.deploy_apps(schema)
    except RayError as error:
        # A traceback of another process; its last words say what happened.
        told = "\n".join(f"  {line}" for line in str(error).strip().splitlines()[-_LAST_LINES:])
        raise UpError(f"Serve could not be started:\n{told}") from None


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """One deployment as Serve sees it: replicas by their state, and the hash of the identity that they have."""

    name: str
    status: str
    message: str
    replicas: dict[str, int]
    version: str


@dataclass(frozen=True, slots=True)
class ApplicationState:
    """The application as Serve sees it."""

    status: str
    message: str
    deployments: tuple[DeploymentState, ...]


def other_applications() -> tuple[str, ...]:
    """What else Serve runs here."""
    details = _details()
    return tuple(sorted(set(details["applications"]) - {APPLICATION})) if details else ()


def state() -> ApplicationState | None:
    """The application's state; None before Serve knows it."""
    details = _details()
    application = details["applications"].get(APPLICATION) if details else None
    if application is None:
        return None
    found = tuple(_deployment_state(name, d) for name, d in application["deployments"].items())
    return ApplicationState(_text(application["status"]), application["message"], found)


def _deployment_state(name: str, details: dict[str, Any]) -> DeploymentState:
    options = details["deployment_config"].get("ray_actor_options") or {}
    variables = (options.get("runtime_env") or {}).get("env_vars") or {}
    replicas = Counter(_text(replica["state"]) for replica in details["replicas"])
    version = variables.get(IDENTITY_VARIABLE, "")
    return DeploymentState(name, _text(details["status"]), details["message"], dict(replicas), version)


def _text(value: Any) -> str:
    # Serve mixes text and enumerations of text, whose str() is another.
    return str(getattr(value, "value", value))


def proxy_address() -> str:
    """The address of a node whose HTTP proxy is healthy; loopback when there is none."""
    details = _details() or {"proxies": {}}
    healthy = (p.get("node_ip") for p in details["proxies"].values() if _text(p["status"]) == "HEALTHY")
    return next((address for address in healthy if address), _LOOPBACK)


def _details() -> dict[str, Any] | None:
    """Everything that Serve says of itself; None where it does not run."""
    from ray.serve._private.api import _get_global_client

    client = _get_global_client(raise_if_no_controller_running=False)
    found: dict[str, Any] | None = client.get_serve_details() if client else None
    return found


def wait_until_serving(
    wait: Callable[[float], bool], report: Callable[[ApplicationState], None], check: Callable[[], None]
) -> ApplicationState:
    """Poll until the application runs or its deployment has failed. `wait(s)` returns True when it was interrupted.

    `check` is called now and then, and raises what would keep the rest from ever starting.
    """
    from ray.serve._private.api import _get_global_client

    for polled in itertools.count(1):
        current = state()
        if polled % _POLLS_PER_CHECK == 0:
            check()
        if current is not None:
            report(current)
            if current.status == "RUNNING":
                _get_global_client().wait_for_proxies_serving(wait_for_applications_running=True)
                return current
            if current.status in {"DEPLOY_FAILED", "UNHEALTHY"}:
                return current
        if wait(1.0):
            break
    return current or ApplicationState("INTERRUPTED", "", ())


def delete() -> bool:
    """Take the application out of the cluster, and nothing else. False when it is not there."""
    from ray import serve

    if state() is None:
        return False
    serve.delete(APPLICATION)
    return True


def stop() -> None:
    """End this process's Ray; a local cluster's processes end with it."""
    import ray

    ray.shutdown()
