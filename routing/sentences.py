"""Cuts a growing text into whole sentences, Chinese and English."""

import re
from dataclasses import dataclass
from typing import Final

_MARKS: Final = "。！？；!?"
_CLOSES: Final = "”’」』）)\"'"
# A full stop ends a sentence only before white space: 3.5, example.com and SF1.2 stay whole.
_END: Final = re.compile(rf"[{_MARKS}]+[{_CLOSES}]*|\.(?=\s|$)|\n+")
_ABBREVIATION: Final = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|No|St|vs|e\.g|i\.e|approx|[ap]\.m)|\b[A-Z])\.$")
# What stands before a full stop that is no decimal point and no part of a link or an address: a word, what closes, a sum, a
# time, a date.
_SURE_STOP: Final = re.compile(
    r"(?<![^\s(（“\"'])(?!www\.)[^\s@/:.]*[^\W\d_]['’]?[^\W\d_]\.$|[)）\]%”]\.$|\d[.:]\d\d\.$|\d-\d\d\.$"
    r"|[A-Za-z]{3} \d{4}\.$"
)
_PAIRS: Final = ("“”", "‘’", "「」", "『』", "（）", "()")
# A sign after a digit opens none: it is inches, or closes what was opened before.
_QUOTATION: Final = re.compile(r'(?<!\d)"[^"]*"')
_OPEN_QUOTATION: Final = re.compile(r'(?<!\d)"')
_OPEN_QUOTE: Final = re.compile(r"(?<!\w)'\w[^']*$")
_MORE_MARKS: Final = re.compile(rf"^[{_MARKS}.]+")


@dataclass(frozen=True, slots=True)
class Buffer:
    """Text received and not yet cut into sentences, after what was `cut` before."""

    text: str = ""
    cut: str = ""

    def push(self, piece: str) -> "tuple[Buffer, tuple[str, ...]]":
        """Add a piece; the sentences that are now whole come out, in order."""
        if not self.text and self.cut.endswith((*_MARKS, ".")):
            # The rest of a "?!", whose sentence is gone.
            piece = _MORE_MARKS.sub("", piece)
        return _cut(self.cut, self.text + piece, is_all=False)

    def flush(self) -> str:
        """What is left when the stream has ended, stripped."""
        return self.text.strip()

    @property
    def is_open(self) -> bool:
        """Whether what is left is a sentence that has not come to its end, or may not have."""
        rest = self.text.strip()
        return bool(rest) and not (rest.endswith((*_MARKS, ".")) and _is_over(self.cut + rest))


def split(text: str) -> tuple[str, ...]:
    """All sentences of a whole text."""
    buffer, sentences = _cut("", text, is_all=True)
    rest = buffer.flush()
    return (*sentences, rest) if rest else sentences


def _cut(before: str, text: str, *, is_all: bool) -> tuple[Buffer, tuple[str, ...]]:
    sentences: list[str] = []
    start = 0
    for match in _END.finditer(text):
        candidate = text[start : match.end()]
        if _ABBREVIATION.search(candidate):
            continue
        if match.end() == len(text) and not (is_all or _is_over(before + text)):
            break
        if candidate.strip():
            sentences.append(candidate.strip())
        start = match.end()
    return Buffer(text[start:], before + text[:start]), tuple(sentences)


def _is_over(text: str) -> bool:
    """Whether its last sentence ends whatever follows: by a mark that ends every sentence, with no quotation or bracket open
    that may be closed yet.
    """
    if text.endswith("\n"):
        return True
    if text.endswith(".") and not _SURE_STOP.search(text):
        return False
    is_closed = all(text.count(opens) <= text.count(closes) for opens, closes in _PAIRS)
    is_quoting = _OPEN_QUOTATION.search(_QUOTATION.sub("", text)) or _OPEN_QUOTE.search(text)
    return is_closed and not is_quoting
