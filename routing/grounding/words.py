"""The words of claims and names, read from the tables beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

import yaml

# What is claimed, whether it is done, to come or possible, and 1, or -1 where it is denied.
Told = tuple[str, str, int]


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load((files("routing.grounding") / name).read_text(encoding="utf-8"))
    return table


_CLAIMS: Final = _table("claim_words.yaml")
_NAMES: Final = _table("name_words.yaml")
_KINDS: Final = {"done": "done", "deeds": "deed", "properties": "property", "promises": "promise"}


def _listed(row: dict[str, str]) -> Iterator[str]:
    yield from row.get("zh", "").split()
    yield from (word.strip() for word in row.get("en", "").split(",") if word.strip())


def claim_words() -> Iterator[tuple[str, Told]]:
    """Each word with its kind, its concept and its sign."""
    for section, kind in _KINDS.items():
        for concept, row in _CLAIMS[section].items():
            for word in _listed(row):
                yield word.removeprefix("-"), (kind, concept, -1 if word.startswith("-") else 1)
    for word in _listed(_CLAIMS["idle"]):
        yield word, ("idle", "", 1)
    for word in _listed(_CLAIMS["negations"]):
        yield word, ("not", "", -1)


def apart_words() -> tuple[tuple[re.Pattern[str], Told], ...]:
    """Patterns of words that stand apart, each with its kind, its concept and its sign."""
    rows = ((text, told.split()) for told, texts in _CLAIMS["apart"].items() for text in texts)
    return tuple(
        (re.compile(text), (kind, concept, 1 if sign == "+" else -1)) for text, (kind, concept, sign) in rows
    )


def name_words() -> Iterator[tuple[str, Told]]:
    """Each word with its kind and the name that its row stands for."""
    for kind, rows in _NAMES.items():
        if kind == "idle":
            continue
        for row in rows:
            zh, _, en = row.partition("|")
            words = [*zh.split(), *(word.strip() for word in en.split(",") if word.strip())]
            for word in words:
                yield word, (kind, words[0], 1)
    for word in _listed(_NAMES["idle"]):
        yield word, ("idle", "", 1)


def _told(text: str) -> Told:
    concept, mode, sign = text.split()
    return concept, mode, 1 if sign == "+" else -1


IMPLIES: Final[dict[Told, tuple[Told, ...]]] = {
    _told(claim): tuple(_told(each) for each in follows.split(","))
    for claim, follows in _CLAIMS["implies"].items()
}


def offer_words() -> dict[str, str]:
    """The words of what is done for somebody, by kind, each kind as alternatives of a pattern."""
    return {
        kind: "|".join(word.strip() for word in re.split(r",|\s+(?=[^\x00-\x7f])", words) if word.strip())
        for kind, words in _CLAIMS["offers"].items()
    }
