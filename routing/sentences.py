"""Cuts a growing text into whole sentences, Chinese and English."""

import re
from dataclasses import dataclass

# A full stop ends a sentence only before white space: 3.5, example.com and SF1.2 stay whole.
_END = re.compile(r"[。！？；!?]+[”’」』）)\"']*|\.(?=\s)[”’\"']*|\n+")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|No|St|vs|e\.g|i\.e|approx)|\b[A-Z])\.$")


@dataclass(frozen=True, slots=True)
class Buffer:
    """Text received and not yet cut into sentences."""

    text: str = ""

    def push(self, piece: str) -> "tuple[Buffer, tuple[str, ...]]":
        """Add a piece; the sentences that are now whole come out, in order."""
        text = self.text + piece
        sentences: list[str] = []
        start = 0
        for match in _END.finditer(text):
            candidate = text[start : match.end()]
            # The mark may go on in the next piece ("?!" or a closing quote): wait until something follows it.
            if match.end() == len(text) and not match.group().endswith("\n"):
                break
            if _ABBREVIATION.search(candidate):
                continue
            if candidate.strip():
                sentences.append(candidate.strip())
            start = match.end()
        return Buffer(text[start:]), tuple(sentences)

    def flush(self) -> str:
        """What is left when the stream has ended, stripped."""
        return self.text.strip()


def split(text: str) -> tuple[str, ...]:
    """All sentences of a whole text."""
    buffer, sentences = Buffer().push(text)
    rest = buffer.flush()
    return (*sentences, rest) if rest else sentences
