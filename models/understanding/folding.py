"""A copy of a message that patterns can read: full-width forms as plain ones, at the same offsets."""

import unicodedata
from typing import Final

# Blocks whose characters are other ways of writing plain ones. Circled and superscript numbers are not among them.
_BLOCKS: Final = (
    (0x00A0, 0x00A0),  # no-break space
    (0x2000, 0x200A),  # spaces of a set width
    (0x202F, 0x202F),
    (0x2E80, 0x2FDF),  # radicals that look like Chinese characters
    (0x3000, 0x3000),
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0xFF01, 0xFFEF),  # full-width and half-width forms
    (0x1D400, 0x1D7FF),  # mathematical letters and digits
)
# Patterns that ignore case take these for the plain letters, whose case Python does not change them into.
_LETTERS: Final = {0x0130: "I", 0x0131: "i", 0x017F: "s", 0x212A: "K"}
# Where the digits of other scripts are, which \d matches.
_SCRIPTS: Final = (0x0600, 0x20000)
# NFKC leaves these as they are.
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—−﹣"), "-")
# A Chinese comma ends a clause; a plain one may stand inside a number: 两件299，300减50.
_KEPT: Final = frozenset("，")


def fold(text: str) -> str:
    """`text` in plain forms, one code point for one: ＫＦ１２ → KF12. Never longer or shorter."""
    return text if text.isascii() else text.translate(_TABLE)


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for first, last in _BLOCKS:
        for code in range(first, last + 1):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain != chr(code) and chr(code) not in _KEPT:
                table[code] = plain
    for code in range(*_SCRIPTS):
        if (digit := unicodedata.decimal(chr(code), None)) is not None:
            table[code] = str(digit)
    return table | _DASHES | _LETTERS


_TABLE: Final = _table()
