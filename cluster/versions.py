"""Do all nodes run the same code? What one node says of itself, and the comparison."""

import hashlib
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

ABSENT: Final = "not installed"
_PACKAGES: Final = ("models", "commerce", "routing", "deployments", "cluster")
_SOURCES: Final = frozenset({".py", ".yaml", ".json"})
_ADVICE: Final = {
    "kefu": "install one version of Kefu on every node",
    "sources": "the files of Kefu differ: install the same build on every node",
    "ray": "install one version of Ray on every node",
    "python": "use one version of Python on every node",
}


@dataclass(frozen=True, slots=True)
class Versions:
    """What runs on one node. `sources` is a digest of the source files of Kefu's packages."""

    kefu: str
    sources: str
    ray: str
    python: str


def own_versions() -> Versions:
    """Those of this process."""
    sources = digest(Path(__file__).parent.parent)
    return Versions(_installed("kefu"), sources, _installed("ray"), platform.python_version())


def digest(root: Path) -> str:
    """A short digest of the source files of Kefu's packages under `root`: names and contents."""
    whole = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(p for p in (root / package).rglob("*") if p.suffix in _SOURCES and p.is_file()):
            whole.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


def disagreements(found: Sequence[tuple[str, Versions]]) -> tuple[str, ...]:
    """Lines that name nodes and versions where the nodes (address, versions) do not agree. The first is the command's own."""
    lines = []
    for name, advice in _ADVICE.items():
        values = [(address, asdict(versions)[name]) for address, versions in found]
        if len({value for _, value in values}) > 1:
            lines.append(f"{name} differs: {_told(values)}; {advice}")
    return tuple(lines)


def _told(values: Iterable[tuple[str, str]]) -> str:
    nodes: dict[str, Counter[str]] = {}
    for address, value in values:
        nodes.setdefault(value, Counter())[address] += 1
    return "; ".join(
        f"{value} on " + ", ".join(a if n == 1 else f"{a} ({n} nodes)" for a, n in where.items())
        for value, where in nodes.items()
    )


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ABSENT
