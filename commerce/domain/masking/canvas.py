"""A text being masked: the rules read a folded copy of it, and what one has found is out of the others' sight."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from commerce.domain.masking.folding import fold


class Mark(StrEnum):
    """What stands in the place of a finding."""

    EMAIL = "[email]"
    PHONE = "[phone]"
    ID_NUMBER = "[id number]"
    CARD_NUMBER = "[card number]"
    NUMBER = "[number]"
    NAME = "[name]"
    ADDRESS = "[address]"


# Characters for private use, which no rule matches but by intent: what stands beside a phone number may be a name.
BLANKS: Final = {mark: chr(0xE000 + place) for place, mark in enumerate(Mark)}
CONTACT_BLANKS: Final = "".join(BLANKS[mark] for mark in Mark if mark is not Mark.NAME)


class Canvas:
    """`text` has one character for each of the original's, so that places are the original's."""

    def __init__(self, original: str) -> None:
        self._original = original
        self.text = fold(original)
        self._found: list[tuple[int, int, Mark]] = []

    def claim(self, start: int, end: int, mark: Mark) -> None:
        """Mask `[start, end)`; what an earlier rule has found within it goes into this one."""
        self._found = [found for found in self._found if not (start <= found[0] and found[1] <= end)]
        self._found.append((start, end, mark))
        self.text = self.text[:start] + BLANKS[mark] * (end - start) + self.text[end:]

    def masked(self, start: int = 0, end: int | None = None) -> str:
        """The original's `[start, end)` with its findings replaced; one that goes over an edge is cut there."""
        stop = len(self._original) if end is None else end
        parts: list[str] = []
        at = start
        for first, last, mark in sorted(self._found):
            if last <= at or first >= stop:
                continue
            parts += [self._original[at:first], mark.value]
            at = min(last, stop)
        return "".join(parts) + self._original[at:stop]
