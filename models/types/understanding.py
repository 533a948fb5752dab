"""What understanding says of one message."""

from dataclasses import dataclass
from typing import Literal

Decision = Literal["route", "clarify", "out_of_scope"]
Language = Literal["zh", "en"]
SentimentLabel = Literal["very_negative", "negative", "neutral", "positive", "very_positive"]
SENTIMENT_LABELS: tuple[SentimentLabel, ...] = (
    "very_negative",
    "negative",
    "neutral",
    "positive",
    "very_positive",
)


@dataclass(frozen=True, slots=True)
class IntentScore:
    """An in-scope candidate with its calibrated probability, 0…1."""

    intent: str
    probability: float


@dataclass(frozen=True, slots=True)
class Sentiment:
    """`score` is −1 (very negative) … 1 (very positive): the expectation over the five labels."""

    label: SentimentLabel
    score: float


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of the message. `start` and `end` are in code points; `value` is the normalised form."""

    type: str
    text: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Understood:
    """One message's reading. `decision` is "out_of_scope" exactly when `intent` is."""

    intent: str
    probability: float
    decision: Decision
    top: tuple[IntentScore, ...]
    language: Language
    sentiment: Sentiment
    entities: tuple[Entity, ...]

    def entity(self, type: str) -> Entity | None:
        """The first entity of that type, or None."""
        return next((e for e in self.entities if e.type == type), None)


@dataclass(frozen=True, slots=True)
class TokenWeight:
    """A piece of the message in code points. `weight` is how much less probable the reading is without it; below 0: more."""

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training message and its intent. `similarity` is a cosine, −1 … 1."""

    text: str
    intent: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message was read so: the likeliest intents, the pieces that mattered, the training messages most like it."""

    intents: tuple[IntentScore, ...]
    tokens: tuple[TokenWeight, ...]
    nearest: tuple[Neighbour, ...]
