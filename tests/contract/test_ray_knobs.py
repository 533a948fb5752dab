"""What cluster.ray_local, cluster.haproxy and cluster.loopback_hook rely on, held against the installed Ray."""

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest
import ray

from cluster.haproxy import UnexpectedConfigError, harden
from cluster.ray_local import RAY_VERSION

RAY = Path(ray.__file__).parent


@pytest.fixture
def rendered(tmp_path: Path) -> str:
    """HAProxy's configuration as the installed Serve renders it for one application."""
    from ray.serve._private.haproxy import BackendConfig, HAProxyApi, HAProxyConfig, ServerConfig
    from ray.serve.config import HTTPOptions

    config = HAProxyConfig(
        http_options=HTTPOptions(host="127.0.0.1", port=8000),
        socket_path=str(tmp_path / "admin.sock"),
        server_state_base=str(tmp_path),
        server_state_file=str(tmp_path / "state"),
        has_received_routes=True,
        has_received_servers=True,
    )
    backend = BackendConfig(
        name="kefu", path_prefix="/", app_name="kefu", servers=[ServerConfig("replica", "127.0.0.1", 30000)]
    )
    path = tmp_path / "haproxy.cfg"
    HAProxyApi(config, {"kefu": backend}, str(path))._generate_config_file_internal()
    return path.read_text()


def test_serves_configuration_is_hardened(rendered: str) -> None:
    assert re.search(r"bind \*:", rendered), (
        "Serve opens no public port any more: cluster.haproxy may be simplified"
    )
    hardened = harden(rendered)
    binds = re.findall(r"^ *bind (\S+)", hardened, re.MULTILINE)
    assert binds and all(bind.startswith("127.0.0.1:") for bind in binds)
    assert "mode 666" not in hardened and "stats uri" not in hardened
    for status in (502, 503, 504):
        assert re.search(rf"http-error status {status} content-type application/json", hardened)


def test_ray_is_the_pinned_version() -> None:
    assert version("ray") == RAY_VERSION
    assert f"ray[serve]=={RAY_VERSION}" in (Path(__file__).parents[2] / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("file", "setting"),
    [
        ("_private/ray_constants.py", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"),
        ("_private/ray_constants.py", "__RAY_WORKER_PROCESS_SETUP_HOOK_ENV_VAR"),
        ("serve/_private/constants.py", "RAY_SERVE_ENABLE_HA_PROXY"),
        ("serve/_private/constants.py", "RAY_SERVE_THROUGHPUT_OPTIMIZED"),
        ("serve/_private/constants.py", "RAY_SERVE_HAPROXY_BINARY_PATH"),
        ("serve/_private/constants.py", "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC"),
        ("serve/_private/constants.py", "RAY_SERVE_HAPROXY_SOCKET_PATH"),
        ("serve/_private/constants.py", "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH"),
        ("serve/_private/constants.py", "RAY_SERVE_HAPROXY_SERVER_STATE_BASE"),
        ("serve/_private/constants.py", "RAY_SERVE_HAPROXY_SERVER_STATE_FILE"),
        ("serve/_private/constants.py", "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT"),
        ("serve/_private/constants.py", "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT"),
        ("serve/_private/constants.py", "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S"),
        ("serve/_private/constants.py", "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S"),
        ("serve/_private/constants.py", "RAY_SERVE_PORT_QUARANTINE_S"),
    ],
)
def test_ray_still_reads_the_setting(file: str, setting: str) -> None:
    assert setting in (RAY / file).read_text()


def test_a_replica_opens_its_port_by_the_function_that_the_hook_replaces() -> None:
    source = (RAY / "serve/_private/replica.py").read_text()
    assert re.search(r"add_port_to_grpc_server\([^)]*\[::\]:", source), (
        "Serve binds its gRPC server in another way now"
    )
    from ray._common import tls_utils

    assert list(inspect.signature(tls_utils.add_port_to_grpc_server).parameters)[:2] == ["server", "address"]


def test_a_configuration_that_serve_did_not_write_is_refused() -> None:
    with pytest.raises(UnexpectedConfigError, match="listen stats"):
        harden("global\n    daemon\n")
