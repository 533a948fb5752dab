"""What a response says: server-sent events as they come in, and the outcome of an exchange. No I/O and no clock."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson

from benchmarks.load.records import Outcome, Planned, Record
from benchmarks.load.watch import NO_DESCRIPTORS, NO_PORTS

RECEIVED: Final = "x-server-received"
ANSWERED: Final = "x-server-answered"
_REASON_CHARACTERS: Final = 160
_DRIVER_LIMITS: Final = {
    errno.EMFILE: NO_DESCRIPTORS,
    errno.ENFILE: NO_DESCRIPTORS,
    errno.EADDRNOTAVAIL: NO_PORTS,
}


class SseParser:
    """Server-sent events out of bytes cut anywhere. Comments and unknown fields are passed over, as the standard says."""

    def __init__(self) -> None:
        self._rest = b""
        self._event = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[tuple[str, bytes]]:
        """The events that end in this chunk: name, `message` where none is given, and data."""
        text = self._rest + chunk
        # A CR at the very end may be half of a CRLF.
        held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = text.split(b"\n")
        self._rest = rest + held
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: bytes) -> tuple[str, bytes] | None:
        if not line:
            name, data = self._event, self._data
            self._event, self._data = b"", []
            return (name.decode() or "message", b"\n".join(data)) if data else None
        key, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"event":
            self._event = value
        elif key == b"data":
            self._data.append(value)
        return None


@dataclass(slots=True)
class Reading:
    """What one exchange told so far. The sender sets the times, `read` and `event` the rest."""

    status: int | None = None
    has_retry_after: bool = False
    has_ended: bool = False
    first_s: float | None = None
    end_s: float | None = None
    error: str | None = None
    outcome: str | None = None
    rung: str | None = None
    pieces: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    request_id: str | None = None
    conversation_id: str | None = None
    stages_ms: dict[str, float] = field(default_factory=dict)
    server: tuple[float, float] | None = None

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the status and the headers."""
        self.status = status
        self.has_retry_after = "Retry-After" in headers
        self.request_id = headers.get("X-Request-Id")
        if RECEIVED in headers and ANSWERED in headers:
            self.server = float(headers[RECEIVED]), float(headers[ANSWERED])

    def body(self, content: bytes) -> None:
        """Take a whole plain answer."""
        self.has_ended = True
        try:
            payload = orjson.loads(content)
        except orjson.JSONDecodeError:
            self.error = "the answer is not JSON"
            return
        if isinstance(payload, dict):
            self._take(payload)

    def event(self, name: str, data: bytes) -> bool:
        """Take an event; whether it is a text."""
        if data == b"[DONE]":
            self.has_ended = True
        elif name == "delta":
            self.pieces += 1
            return True
        elif name != "rung" and name != "card":
            return self._other(name, _loads(data))
        return False

    def _other(self, name: str, payload: dict[str, Any] | None) -> bool:
        if payload is None:
            self.error = f"the event {name} is not a JSON object"
            return False
        if name == "error" or "error" in payload or (name == "message" and "choices" not in payload):
            self.error = f"error event: {_error_text(payload)}"
            return False
        self._take(payload)
        self.has_ended = self.has_ended or name == "done"
        has_text = any(choice.get("delta", {}).get("content") for choice in payload.get("choices", ()))
        self.pieces += has_text
        return has_text

    def _take(self, payload: dict[str, Any]) -> None:
        ours = payload.get("kefu") or payload
        self.outcome = ours.get("outcome", self.outcome)
        self.rung = ours.get("rung", self.rung)
        self.conversation_id = ours.get("conversation_id", self.conversation_id)
        self.stages_ms = ours.get("timings_ms") or self.stages_ms
        if self.request_id is None:
            self.request_id = payload.get("request_id") or payload.get("id")
        if usage := payload.get("usage"):
            self.prompt_tokens = usage.get("prompt_tokens", 0)
            self.completion_tokens = usage.get("completion_tokens", 0)

    def refusal(self, content: bytes) -> None:
        """Take the body of an answer that is not 200."""
        self.error = f"status {self.status}: {_error_text(_loads(content) or {})}".removesuffix(": ")


def classify(reading: Reading) -> tuple[Outcome, str | None]:
    """The outcome of an exchange that the client did not give up, and the reason where it is not an answer."""
    if reading.status == 429 or (reading.status == 503 and reading.has_retry_after):
        return "shed", reading.error
    if reading.error is not None:
        return "failed", reading.error
    if reading.status != 200:
        return "failed", f"status {reading.status}"
    if not reading.has_ended:
        return "failed", "the stream ended without its end"
    return ("degraded" if reading.outcome == "degraded" else "answered"), None


def transport_reason(error: BaseException) -> str:
    """A transport error in a few words; one of the driver's own limits by its fixed text."""
    code = getattr(error, "errno", None)
    if code in _DRIVER_LIMITS:
        return _DRIVER_LIMITS[code]
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection with no answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection broke in the middle of the answer"
    return f"{type(error).__name__}: {error}"[:_REASON_CHARACTERS]


def with_conversation(planned: Planned, conversation_id: str) -> bytes | None:
    """The body of a later turn, which names its conversation where its route has the place for it."""
    if planned.body is None:
        return None
    payload = orjson.loads(planned.body)
    if planned.route.startswith("completions"):
        payload["metadata"] = (payload.get("metadata") or {}) | {"conversation_id": conversation_id}
    else:
        payload["conversation_id"] = conversation_id
    return orjson.dumps(payload)


def unsent(planned: Planned, outcome: Outcome, reason: str) -> Record:
    """The record of what never left."""
    return Record(planned.number, planned.at_s, None, None, None, None, outcome, error=reason)


def _loads(data: bytes) -> dict[str, Any] | None:
    try:
        payload = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return payload if isinstance(payload, dict) else None


def _error_text(payload: dict[str, Any]) -> str:
    """The kind of an error in any of the shapes in use: ours, `{type, message}`, and OpenAI's, `{error: {...}}`."""
    inner = payload.get("error")
    error = inner if isinstance(inner, dict) else payload
    text = error.get("type") or error.get("code") or error.get("message") or (inner or "")
    return str(text)[:_REASON_CHARACTERS]
