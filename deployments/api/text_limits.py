"""`max_tokens` and `stop` for the pipeline, whose answers no tokenizer made.

Its unit, for limits and for usage alike: a Chinese character is one token, other text is one for every four characters.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_CHARACTERS_A_TOKEN = 4


def text_tokens(text: str) -> int:
    """The pipeline's token count of a text."""
    han = len(_HAN.findall(text))
    return han - (han - len(text)) // _CHARACTERS_A_TOKEN


@dataclass(frozen=True, slots=True)
class TextLimit:
    """What of an answer may be sent. `push` text as it comes, `flush` at its end; `ended` says what cut it, if anything did.

    A piece that could be the beginning of a stop text is held until the next piece tells.
    """

    max_tokens: int | None
    stops: tuple[str, ...]
    sent: str = ""
    held: str = ""
    ended: Literal["stop", "length"] | None = None

    def push(self, piece: str) -> "tuple[TextLimit, str]":
        """The state after the piece, and the text to send now."""
        if self.ended:
            return self, ""
        text = self.held + piece
        place = min((p for stop in self.stops if (p := text.find(stop)) >= 0), default=None)
        if place is not None:
            return replace(self, held="", ended="stop")._send(text[:place])
        keep = self._beginning_of_a_stop(text)
        return replace(self, held=text[len(text) - keep :])._send(text[: len(text) - keep])

    def flush(self) -> "tuple[TextLimit, str]":
        """The end: what was held was no stop text."""
        return replace(self, held="")._send(self.held) if not self.ended else (self, "")

    def _beginning_of_a_stop(self, text: str) -> int:
        longest = max((len(stop) for stop in self.stops), default=0)
        for length in range(min(longest - 1, len(text)), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self.stops):
                return length
        return 0

    def _send(self, text: str) -> "tuple[TextLimit, str]":
        if self.max_tokens is None or text_tokens(self.sent + text) <= self.max_tokens:
            return replace(self, sent=self.sent + text), text
        kept = len(text)
        while kept and text_tokens(self.sent + text[:kept]) > self.max_tokens:
            kept -= 1
        return replace(self, sent=self.sent + text[:kept], held="", ended="length"), text[:kept]
