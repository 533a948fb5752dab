"""Can it be bought now? Of a list of goods only the lines that name what was asked about say it."""

import re
from collections.abc import Iterator
from typing import Final

from benchmarks.answers.judging.scene import Scene
from benchmarks.answers.judging.text import assertions, clauses
from benchmarks.answers.judging.wordings import pattern

_ITEM: Final = re.compile(r"^\s*[·•*\-]")
_HEADING: Final = re.compile(r":\s*$")


def states_stock(text: str, scene: Scene, *, holds: bool) -> bool:
    """Whether a folded text says that it is in stock, or that it is not."""
    wanted, out = pattern("stock", "in" if holds else "out"), pattern("stock", "out")
    # Out of stock is no stock, and in stock is never found within it.
    return any(
        wanted.search(clause) and not (holds and out.search(clause))
        for line in _told(text, scene)
        for clause in clauses(assertions(line))
    )


def _told(text: str, scene: Scene) -> Iterator[str]:
    """The lines that may speak of the goods that were asked about."""
    named = [line for line in text.split("\n") if _ITEM.match(line) and scene.names_subject(line)]
    for line in text.split("\n"):
        if _HEADING.search(line):
            # A list's heading says it of the list's goods.
            if not scene.subject or named:
                yield line.rstrip().rstrip(":")
        elif not _ITEM.match(line) or not scene.subject or line in named:
            yield line
