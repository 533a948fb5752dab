"""The API's requests and responses. Unknown fields of a request are refused: a misspelt one would be lost in silence."""

import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Line breaks and tabs are part of a message; every other control character, and what turns the text's direction, is not.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def clean_text(text: str) -> str:
    """A message that can be read: no control characters, at least one letter or digit. ValueError says what to do."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("holds half of a surrogate pair, which is no character; send valid UTF-8")
    if found := _CONTROL.search(text):
        code = f"U+{ord(found.group()):04X}"
        raise ValueError(
            f"holds the control character {code}; send plain text (line breaks and tabs are fine)"
        )
    if not text.strip():
        raise ValueError("is empty; write what the customer said")
    if not any(unicodedata.category(c)[0] in "LN" for c in text):
        raise ValueError("holds no words, only symbols or emoji; write in words what the customer wants")
    return text.strip()


ConversationId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_\-]+$")]
MessageText = Annotated[str, AfterValidator(clean_text)]


class Request(BaseModel):
    """A strict request body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChatRequest(Request):
    """One message of a customer. Leave `conversation_id` out to begin a conversation."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"message": "我的订单到哪了"},
                {"message": "How can I return a product?", "stream": True},
            ]
        },
    )

    message: MessageText
    conversation_id: ConversationId | None = None
    stream: bool = False


class PlainChatRequest(Request):
    """The plainest chat: a text in, a text out."""

    input: MessageText = Field(examples=["How can I return a product?"])


class PlainChatResponse(BaseModel):
    """The answer's text."""

    answer: str


class UnderstandRequest(Request):
    """Texts to understand, at most 256; with `explain`, at most 8."""

    texts: list[MessageText] = Field(
        min_length=1, max_length=256, examples=[["我想退货", "where is my parcel"]]
    )
    explain: bool = False


class FeedbackRequest(Request):
    """What a text's intent is. `said` is what it had been read as."""

    text: MessageText = Field(examples=["包裹显示签收了可我没拿到"])
    intent: str = Field(examples=["logistics_tracking"])
    said: str | None = None
    conversation_id: ConversationId | None = None


class FeedbackResponse(BaseModel):
    """The correction as it is kept: personal data is masked."""

    feedback_id: str
    text: str
    intent: str


class IntentScoreOut(BaseModel):
    """An in-scope candidate."""

    intent: str
    probability: float


class SentimentOut(BaseModel):
    """`score` is −1 … 1."""

    label: Literal["very_negative", "negative", "neutral", "positive", "very_positive"]
    score: float


class EntityOut(BaseModel):
    """A span in code points; `value` is normalised."""

    type: str
    text: str
    value: str
    start: int
    end: int


class UnderstoodOut(BaseModel):
    """One text's reading."""

    intent: str
    probability: float
    decision: Literal["route", "clarify", "out_of_scope"]
    top: list[IntentScoreOut]
    language: Literal["zh", "en"]
    sentiment: SentimentOut
    entities: list[EntityOut]


class TokenWeightOut(BaseModel):
    """A piece of the text; `weight` is how much less probable the reading is without it."""

    text: str
    start: int
    end: int
    weight: float


class NeighbourOut(BaseModel):
    """A training message; `similarity` is −1 … 1."""

    text: str
    intent: str
    similarity: float


class ExplanationOut(BaseModel):
    """Why a text was read so."""

    intents: list[IntentScoreOut]
    tokens: list[TokenWeightOut]
    nearest: list[NeighbourOut]


class ExplainedOut(UnderstoodOut):
    """One text's reading, and why."""

    explanation: ExplanationOut


class ItemError(BaseModel):
    """Why one text has no reading."""

    type: str
    message: str


class UnreadOut(BaseModel):
    """A text that could not be read, or not explained where that was asked for; the others of its request were."""

    error: ItemError


class UnderstandResponse(BaseModel):
    """One result per text, in order; each with its explanation where that was asked for."""

    results: list[ExplainedOut | UnderstoodOut | UnreadOut]


class CitationOut(BaseModel):
    """The article behind a sentence; `quote` stands in the answer word for word."""

    id: str
    title: str
    quote: str


class RecommendationOut(BaseModel):
    """A product offered; `price_minor` in the currency's smallest unit.

    `basis`: `personal` by what customers with the same history took, `similar` by what the product is, `popular` by sales
    (always so for an unknown customer), `match` by a search for what the message names.
    """

    product_id: str
    name: str
    price_minor: int
    currency: str
    reason: str
    basis: Literal["personal", "similar", "popular", "match"]


class ChatResponse(BaseModel):
    """One answered turn. `move` is what the turn did: `propose` waits for a yes to exactly what the answer says,
    `act` did it. `rule` is the dialogue's rule that decided, `replies` are messages that answer what was asked.
    """

    answer: str
    intent: str
    probability: float
    decision: Literal["route", "clarify", "out_of_scope"]
    move: Literal["answer", "clarify", "refuse", "hand_off", "ask", "propose", "act", "drop"]
    rule: str
    replies: list[str]
    queue: str
    rung: Literal["large", "small", "composed", "acknowledgement"]
    rung_reasons: list[str]
    outcome: Literal["answered", "degraded"]
    handed_off: bool
    language: Literal["zh", "en"]
    sentiment: SentimentOut
    citations: list[CitationOut]
    segment: str | None
    recommendations: list[RecommendationOut]
    cards: list[dict[str, Any]]
    missing: list[str]
    conversation_id: str
    request_id: str
    timings_ms: dict[str, float]


class ErrorResponse(BaseModel):
    """The one shape of every error. `retry_after_s` is set where trying again helps."""

    type: str
    message: str
    request_id: str | None
    retry_after_s: float | None
