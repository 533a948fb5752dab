"""Words that ask for a fact."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """Words that ask for facts of these kinds. `unless`: other words say that something else is meant."""

    kinds: tuple[str, ...]
    words: re.Pattern[str]
    unless: re.Pattern[str] | None = None


def ask(kinds: str, *patterns: str, unless: str | None = None) -> Ask:
    """`kinds` are set apart by spaces; `patterns` are of either language."""
    return Ask(
        tuple(kinds.split()),
        re.compile("|".join(patterns), re.I),
        re.compile(unless, re.I) if unless else None,
    )
