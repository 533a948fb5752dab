"""The generator's data tables, read from YAML beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_DATA = Path(__file__).parent / "data"


@cache
def load_table(name: str) -> Any:
    """`data/<name>.yaml`. Parsed once: do not change what comes back."""
    return yaml.safe_load((_DATA / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def load_catalogue() -> list[dict[str, Any]]:
    """Every category with its product types, in the order of the files. Parsed once: do not change what comes back."""
    paths = sorted((_DATA / "catalogue").glob("*.yaml"))
    return [category for path in paths for category in yaml.safe_load(path.read_text(encoding="utf-8"))]
