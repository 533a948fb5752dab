"""The judge's wordings, out of their file."""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_FILE: Final = Path(__file__).with_name("wordings.yaml")


@cache
def _all() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return document


def section(name: str) -> Any:
    """One section as it is written."""
    return _all()[name]


def expression(*path: str) -> str:
    """One expression: the alternatives that lie at `path`."""
    found: Any = _all()
    for name in path:
        found = found[name]
    return "|".join(found)


@cache
def pattern(*path: str) -> re.Pattern[str]:
    """The same, compiled."""
    return re.compile(expression(*path))
