"""Whether a response is an answer: each text's intent, sentiment and entities, in the one shape that all servers share."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from models.types import INTENTS, OUT_OF_SCOPE
from models.types.understanding import SENTIMENT_LABELS

_INTENTS: Final = frozenset({*INTENTS, OUT_OF_SCOPE})
_READING: Final = {
    "intent": str,
    "probability": float,
    "decision": str,
    "top": list,
    "language": str,
    "sentiment": dict,
    "entities": list,
}
_ENTITY: Final = {"type": str, "text": str, "value": str, "start": int, "end": int}


def fault(status: int, body: bytes, texts: int) -> str | None:
    """Why this is no answer to so many texts; None where it is one."""
    if status != 200:
        return f"status {status}"
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "not JSON"
    # BentoML answers a batchable call with the list itself.
    readings = payload.get("results") if isinstance(payload, dict) else payload
    if not isinstance(readings, list) or len(readings) != texts:
        return "not one reading a text"
    return next((found for reading in readings if (found := _reading_fault(reading))), None)


def _reading_fault(reading: Any) -> str | None:
    if not _has(reading, _READING):
        return "a reading of another shape"
    if reading["intent"] not in _INTENTS or not 0 <= reading["probability"] <= 1:
        return "an unknown intent or no probability"
    sentiment = reading["sentiment"]
    if sentiment.get("label") not in SENTIMENT_LABELS or not isinstance(sentiment.get("score"), float):
        return "a sentiment of another shape"
    return (
        None if all(_has(entity, _ENTITY) for entity in reading["entities"]) else "an entity of another shape"
    )


def _has(value: Any, fields: Mapping[str, type]) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in fields.items())
