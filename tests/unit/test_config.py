from pathlib import Path

import pytest
import yaml

from cluster.config import identity_hash, load, profile_path, resolve_secret
from cluster.config_error import ConfigError
from cluster.render import serve_config

PROFILES = ("fake", "laptop", "gpu", "production")


def problems(profile: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(profile_path(profile), overrides)
    return str(caught.value)


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_loads_and_renders(name: str) -> None:
    document = serve_config(load(profile_path(name)))
    assert document["applications"][0]["args"] == {
        "generations": sorted(load(profile_path(name)).identity.generation)
    }
    yaml.safe_dump(document)


@pytest.mark.parametrize(
    ("override", "path", "advice"),
    [
        ("scale.understanding.replcas=2", "scale.understanding.replcas", "did you mean 'replicas'"),
        ("identity.generation.small.max_tokns=4", "identity.generation.small.max_tokns", "'max_tokens'"),
        ("idntity.home=x", "idntity", "did you mean 'identity'"),
        ("scale.gateway.max_ongoing_requests=0", "scale.gateway.max_ongoing_requests", "greater than or equal to 1"),
        ("scale.gateway.autoscaling={min_replicas: 1, max_replicas: 2, target_ongoing_requests: 3}",
         "scale.gateway", "exactly one of replicas and autoscaling"),
        ("identity.understanding.encoder=packaged:nothing", "identity", "no packaged model is called 'nothing'"),
        ("identity.understanding.encoder=path:/nowhere/at/all", "identity", "there is no folder /nowhere/at/all"),
        ("identity.generation.small.model=smollm", "identity", "packaged:NAME"),
        ("identity.generation.small.bundles=[{CPU: 1, GPUs: 1}]", "bundles", "use CPU, GPU or memory"),
        ("identity.generation.small.placement={gpus: 2}", "identity.generation.small", "placement.gpus is 2; write"),
        ("identity.generation.small.bundles=[{CPU: 1}, {CPU: 1}]", "identity.generation.small", "write placement.cpus: 2"),
        ("identity.generation.small.bundles=[{}]", "identity.generation.small.bundles", "holds nothing"),
        ("identity.nodes.count=3", "identity.nodes", "kind: cluster"),
        ("identity.nodes={kind: local, is_one_machine: true}", "identity.nodes", "are of kind cluster"),
        ("identity.nodes={kind: cluster, address: auto, gpus: 4}", "identity.nodes", "are of kind local"),
        ("identity.nodes={kind: cluster, address: auto, token: abc}", "identity.nodes.token", "env:NAME or file:PATH"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_its_path_with_what_to_write(override: str, path: str, advice: str) -> None:
    text = problems("laptop", override)
    assert path in text
    assert advice in text


def test_sqlite_with_several_nodes_is_refused() -> None:
    text = problems("laptop", "identity.nodes={kind: cluster, address: auto, count: 2}")
    assert "identity.store is SQLite" in text and "KEFU_STORE_URL" in text


def test_nodes_of_one_machine_share_its_files_and_sqlite() -> None:
    nodes = "identity.nodes={kind: cluster, address: '127.0.0.1:6379', is_one_machine: true}"
    config = load(profile_path("fake"), (nodes,))
    assert config.is_sqlite and config.proxy_on == "every_node"
    assert serve_config(config)["proxy_location"] == "EveryNode"
    on_head = load(profile_path("fake"), (nodes, "identity.http.proxy_on=head_node"))
    assert serve_config(on_head)["proxy_location"] == "HeadOnly"


def test_folders_of_one_machine_are_refused_on_many() -> None:
    assert "identity.models_dir is 'models'" in problems("production", "identity.models_dir=models")
    assert "identity.artifacts is 'trained'" in problems("production", "identity.artifacts=trained")


def test_a_target_above_its_limit_is_refused() -> None:
    text = problems("production", "scale.gateway.max_ongoing_requests=100")
    assert "would never be reached" in text


def test_more_engine_workers_than_gpus_are_refused() -> None:
    text = problems("production", "identity.generation.large.tensor_parallel=4")
    assert "tensor_parallel 4 uses 4 GPUs" in text and "write placement.gpus: 4" in text


def test_memory_shares_of_one_gpu_stay_below_the_bound() -> None:
    text = problems("gpu", "identity.understanding.placement.gpu_memory_share=0.2")
    assert "memory shares add up to 1.05" in text


def test_production_refuses_the_demonstration_shop() -> None:
    assert "demonstration" in problems("production", "identity.demo.is_enabled=true")


def test_a_secret_written_by_mistake_is_refused_and_not_repeated() -> None:
    text = problems("laptop", "identity.store=postgresql://kefu:planted-secret@db/kefu")
    assert "env:NAME" in text and "planted-secret" not in text


def test_rendered_configuration_holds_references_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_STORE_URL", "postgresql+asyncpg://kefu:planted-secret@db/kefu")
    config = load(profile_path("production"))
    document = yaml.safe_dump(serve_config(config))
    assert "planted-secret" not in document and "env:KEFU_STORE_URL" in document
    assert "planted-secret" in resolve_secret("env:KEFU_STORE_URL")


def test_a_missing_secret_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEFU_STORE_URL", raising=False)
    with pytest.raises(ConfigError, match="KEFU_STORE_URL is not set"):
        resolve_secret("env:KEFU_STORE_URL")


def entries(*overrides: str) -> dict[str, dict[str, object]]:
    document = serve_config(load(profile_path("fake"), overrides))
    return {entry["name"]: entry for entry in document["applications"][0]["deployments"]}


def environment(entry: dict[str, object]) -> object:
    return entry["ray_actor_options"]["runtime_env"]  # type: ignore[index]


def test_a_changed_model_changes_the_identity_of_its_stage_alone() -> None:
    before, after = entries(), entries("identity.generation.small.model=another")
    changed = {name for name in before if environment(before[name]) != environment(after[name])}
    assert changed == {"Generation-small"}


def test_a_changed_scale_changes_no_identity() -> None:
    before, after = entries(), entries("scale.understanding.replicas=3")
    assert after["Understanding"]["num_replicas"] == 3
    assert all(environment(before[name]) == environment(after[name]) for name in before)
    assert all(before[name]["user_config"] == after[name]["user_config"] for name in before)


def test_an_identitys_hash_is_of_its_content() -> None:
    one, two = (load(profile_path("fake")).gateway_identity() for _ in range(2))
    assert identity_hash(one) == identity_hash(two)


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="fake, gpu, laptop, production"):
        profile_path("desktop")


def test_a_file_that_is_no_yaml_or_not_there_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "x.yaml"
    broken.write_text("a: [")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load(broken)
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "missing.yaml")
