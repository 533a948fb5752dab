"""The `kefu` command as its user runs it, without a cluster."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import SHARED_DATA

SMALL = ("--set", "identity.demo.customers=30", "--set", "identity.demo.orders=120")


def kefu(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "cluster.cli", *words, "-p", "fake", "--set", f"identity.home={home}"]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def test_a_shop_is_seeded_once_and_another_seed_needs_reset(tmp_path: Path) -> None:
    first = kefu(tmp_path, "seed", *SMALL)
    assert first.returncode == 0 and "orders: 1" in first.stdout
    assert kefu(tmp_path, "seed", *SMALL).returncode == 0
    other = kefu(tmp_path, "seed", *SMALL, "--set", "identity.demo.seed=5")
    assert other.returncode == 1 and "reset" in other.stderr and "Traceback" not in other.stderr
    assert kefu(tmp_path, "seed", *SMALL, "--reset", "--set", "identity.demo.seed=5").returncode == 0


def test_a_real_shop_is_loaded_as_another_tenant(tmp_path: Path) -> None:
    path = SHARED_DATA / "retail_tau2" / "db.json"
    if not path.is_file():
        pytest.skip(f"the public shop's data is not at {path}")
    loaded = kefu(tmp_path, "seed", "--from", str(path), "--tenant", "tau2")
    assert loaded.returncode == 0, loaded.stderr
    assert "customers: 500" in loaded.stdout and "orders: 1000" in loaded.stdout
    assert kefu(tmp_path, "key", "issue", "--tenant", "tau2", "--role", "shop").stdout.startswith("kf_shop_")
    unknown = kefu(tmp_path, "key", "issue", "--tenant", "nobody", "--role", "shop")
    assert unknown.returncode == 1 and "no tenant 'nobody'" in unknown.stderr
    again = kefu(tmp_path, "seed", "--from", str(path), "--tenant", "tau2")
    assert again.returncode == 1 and "already exists" in again.stderr


def test_a_broken_shop_file_is_refused_with_its_field(tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text(json.dumps({"users": {}, "orders": {}}))
    refused = kefu(tmp_path, "seed", "--from", str(tmp_path / "db.json"))
    assert refused.returncode == 1 and "products" in refused.stderr and "Traceback" not in refused.stderr
    missing = kefu(tmp_path, "seed", "--from", str(tmp_path / "nothing.json"))
    assert missing.returncode == 1 and "nothing.json" in missing.stderr and "Traceback" not in missing.stderr


def test_render_prints_what_serve_takes(tmp_path: Path) -> None:
    from ray.serve.schema import ServeDeploySchema

    rendered = kefu(tmp_path, "render")
    schema = ServeDeploySchema.model_validate(yaml.safe_load(rendered.stdout))
    assert [d.name for d in schema.applications[0].deployments] == [
        "Gateway", "Understanding", "Retrieval", "Segmentation", "Recommendation", "Generation-small",
    ]  # fmt: skip


def test_render_prints_what_each_node_needs_in_its_environment(tmp_path: Path) -> None:
    lines = kefu(tmp_path, "render", "--environment").stdout.splitlines()
    variables = dict(line.split("=", 1) for line in lines)
    assert variables["RAY_AUTH_MODE"] == "token" and variables["RAY_SERVE_THROUGHPUT_OPTIMIZED"] == "1"
    assert variables["RAY_SERVE_HAPROXY_BINARY_PATH"].endswith("/kefu-haproxy")
    assert not [name for name in variables if "TOKEN" in name and name != "TOKENIZERS_PARALLELISM"]


def test_a_token_is_minted_for_a_customer(tmp_path: Path) -> None:
    minted = kefu(tmp_path, "token", "customer", "--tenant", "demo", "--customer", "C1")
    assert minted.returncode == 0 and minted.stdout.count(".") == 2
    assert (tmp_path / "secrets" / "token").stat().st_mode & 0o077 == 0


def test_status_and_down_of_nothing_say_so(tmp_path: Path) -> None:
    nothing = kefu(tmp_path, "status")
    assert nothing.returncode == 3 and "kefu up" in nothing.stdout
    assert "nothing was running" in kefu(tmp_path, "down").stdout


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("render", "--set", "scale.gateway.replcas=1"), "did you mean"),
        (("models", "build", "nothing"), "no packaged model is called 'nothing'"),
        (("up", "--set", "identity.home"), "key.path=value"),
    ],
)
def test_a_mistake_is_explained_without_a_traceback(
    tmp_path: Path, words: tuple[str, ...], advice: str
) -> None:
    ended = kefu(tmp_path, *words)
    assert ended.returncode == 1
    assert advice in ended.stderr and "Traceback" not in ended.stderr
