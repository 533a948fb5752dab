"""What cluster.ray_*, cluster.haproxy and cluster.loopback_hook rely on, held against the installed Ray."""

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest
import ray

from cluster.config import load, profile_path
from cluster.haproxy import UnexpectedConfigError, harden
from cluster.placement import demand, problems
from cluster.ray_local import RAY_VERSION, expected_node

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
        ("serve/_private/constants.py", "RAY_SERVE_CONTROL_LOOP_INTERVAL_S"),
        ("serve/_private/replica.py", "serve_replica_processing_queries"),
        ("serve/_private/router.py", "serve_deployment_queued_queries"),
        ("_private/ray_constants.py", "RAY_NUM_REDIS_GET_RETRIES"),
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


def test_serve_places_one_replica_of_a_stage_on_a_node_where_told() -> None:
    """Stages of a gpu_group rely on it: by how Serve counts a node's replicas, and since a bundle's stage can't use it."""
    from ray.serve._private.config import ReplicaConfig

    def entry(**options: object) -> ReplicaConfig:
        return ReplicaConfig.create(lambda: None, ray_actor_options={"num_cpus": 0}, **options)

    assert entry(max_replicas_per_node=1).max_replicas_per_node == 1
    with pytest.raises(ValueError, match="max_replicas_per_node"):
        entry(max_replicas_per_node=1, placement_group_bundles=[{"CPU": 1}])


def test_rays_table_of_actors_tells_gpus_and_placement_groups() -> None:
    from ray.core.generated import gcs_pb2

    fields = set(gcs_pb2.ActorTableData.DESCRIPTOR.fields_by_name)
    assert {"name", "node_id", "resource_mapping", "required_resources", "placement_group_id"} <= fields


def test_a_local_start_knows_its_node_before_it_is_there() -> None:
    config = load(profile_path("gpu"), ("identity.nodes.gpus=1",))
    node = expected_node(config)
    assert node.total["GPU"] == 1 and node.total["gpu_group_first"] == 1
    wanted = [demand(stage) for stage in config.stages()]
    assert problems([node], wanted) == ()
    without = expected_node(load(profile_path("gpu"), ("identity.nodes.gpus=0",)))
    assert "the largest node has 0 GPUs" in problems([without], wanted)[0]
