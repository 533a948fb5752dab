"""What customers ask each kind of fact as."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import yaml

_FILE: Final = Path(__file__).with_name("questions.yaml")


@cache
def questions() -> dict[str, tuple[str, ...]]:
    """By kind, in both languages."""
    document = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {kind: tuple(texts) for kind, texts in document.items()}
