"""An answer as the judge reads it: one form of letters and digits, cut into sentences and clauses."""

import re
import unicodedata
from typing import Final

from benchmarks.answers.judging.wordings import pattern

_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−~～〜", "-"))
_QUOTES: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "「": '"', "」": '"'})
_GROUPED: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SENTENCE_ENDS: Final = re.compile(r"[。！？!?;；\n]|(?<!\d)\.(?=\s|$)|(?<=\d)\.(?=\s+[a-z]|$)")
# A sentence with what ends it.
_WHOLE: Final = re.compile(r"(?:[^。!?;\n.]|\.(?!\s|$))+(?:[。!?;\n]+|\.\s*|$)|[。!?;\n.]+")
_ASKED: Final = re.compile(r"\?\s*$|[吗呢][。!\s]*$")
_CLAUSE_ENDS: Final = re.compile(
    r"[,，()（）]|[:：](?!\d)|、(?=不|但|可)|\bbut\b|\bhowever\b|\bthough\b|但是?|不过|然而"
)


def folded(text: str) -> str:
    """Lower case, half width, one kind of dash and quote, no thousands separators, single spaces."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).translate(_QUOTES).lower()
    plain = _GROUPED.sub("", plain)
    return re.sub(r"[ \t\u00a0]+", " ", plain)


def assertions(text: str) -> str:
    """A folded text without its questions, and without what it only points to."""
    return "".join(part for part in _WHOLE.findall(text) if not is_asked(part))


def is_asked(sentence: str) -> bool:
    """Whether a sentence, with what ends it, asserts nothing: a question, or the title of something else to read."""
    return _ASKED.search(sentence) is not None or pattern("pointer").search(sentence) is not None


def wholes(text: str) -> list[str]:
    """The sentences of a folded text with what ends them."""
    return [part for part in _WHOLE.findall(text) if part.strip()]


def sentences(text: str) -> list[str]:
    """The sentences of a folded text."""
    return [part.strip() for part in _SENTENCE_ENDS.split(text) if part.strip()]


def clauses(text: str) -> list[str]:
    """The clauses of a folded text: no more than one statement in each, as a rule."""
    return [part.strip() for one in sentences(text) for part in _CLAUSE_ENDS.split(one) if part.strip()]


def squeezed(text: str) -> str:
    """A folded text without spaces and punctuation: for names and codes."""
    return re.sub(r"[\W_]+", "", text)
