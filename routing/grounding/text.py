"""A text in one spelling, and the pieces of it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from routing.grounding.kept import kept

_SAME: Final = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "–": "-",
        "—": "-",
        "−": "-",
        "‑": "-",
        "～": "-",
        "~": "-",
        "﹣": "-",
        "\u00a0": " ",
    }
)
_MARKDOWN: Final = re.compile(r"\*\*|__|`|^#+ ", re.M)
# 10 月 15 日, 199 元: spaces that some put around figures.
_SPACED: Final = re.compile(r"(?<=\d) (?=[年月日号点时分天个元块折期次件小周])|(?<=[年月]) (?=\d)")
_CLAUSE: Final = re.compile(
    r"[;!?。\n()\[\]【】|]|:(?!\d)|,(?!\d)|(?<!\d),|\.(?!\d)|、(?=[^、]{14})| - |--|(?<![a-z])(?:but|however|although"
    r"|though|while|whereas|so|because|since)(?![a-z-])"
    r"|但是?|不过(?![去来])|而且|然而|因此|所以|因为",
    re.I,
)
CJK: Final = re.compile(r"[\u4e00-\u9fff]+")


def folded(text: str) -> str:
    """Full-width forms, quotes and dashes in one form, without the marks of markdown; upper case is kept."""
    return _SPACED.sub("", _MARKDOWN.sub("", unicodedata.normalize("NFKC", text).translate(_SAME))).strip()


def lowered(text: str) -> str:
    """In lower case and of the same length."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


@kept
def clauses_of(text: str) -> tuple[tuple[int, int], ...]:
    """The spans between marks and the words that begin another thought."""
    cuts = [0]
    for match in _CLAUSE.finditer(text):
        cuts += [match.start(), match.end()]
    cuts.append(len(text))
    return tuple((a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True) if b > a)


def is_word_at(text: str, start: int, end: int) -> bool:
    """Whether a Latin word stands alone there; Chinese has no such edge."""
    before = start > 0 and text[start].isascii() and text[start].isalnum() and _is_latin(text[start - 1])
    after = end < len(text) and text[end - 1].isascii() and text[end - 1].isalnum() and _is_latin(text[end])
    return not (before or after)


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
