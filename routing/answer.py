"""The parts of an answer, before they become JSON or events."""

from dataclasses import dataclass, field
from typing import Any, Literal

from models.types import Basis

Outcome = Literal["answered", "degraded", "shed", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Citation:
    """The article that a sentence of the answer stands on; `quote` is in the answer word for word."""

    id: str
    title: str
    quote: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A product offered, with why. `price_minor` is in the smallest unit of `currency`.

    `basis` is the ranker's, or `match` where a search for what was named found it.
    """

    product_id: str
    name: str
    price_minor: int
    currency: str
    reason: str
    basis: Basis | Literal["match"] = "match"


@dataclass(frozen=True, slots=True)
class Composed:
    """A composed answer: sentences to say, and what they stand on. `hands_off` asks for a person."""

    sentences: tuple[str, ...]
    citations: tuple[Citation, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    cards: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    hands_off: bool = False

    def text(self, language: str) -> str:
        """The sentences as one text, spaced as the language does."""
        return join(self.sentences, language)


def join(sentences: tuple[str, ...], language: str) -> str:
    """Sentences as one text: Chinese sets no space between them; a line of a list stays on its own line."""
    text = ""
    for sentence in sentences:
        if text and not text.endswith("\n"):
            is_list = sentence.startswith(("· ", "• "))
            if is_list or text.rsplit("\n", 1)[-1].startswith("· "):
                text += "\n"
            elif language != "zh" and not sentence.startswith("\n"):
                text += " "
        text += sentence
    return text
