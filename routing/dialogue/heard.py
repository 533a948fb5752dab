"""One message as the dialogue hears it: what understanding read, what a short reply does, in which language to answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from models.types import Entity, Understood
from models.types.understanding import Language
from routing.dialogue.acts import Acts, read_acts
from routing.dialogue.state import DialogueState

# Without them a message has no language of its own: "OK", an order number, "L".
_WORDS: Final = re.compile(r"[\u4e00-\u9fff]|\b[a-z]{2,}\b.*\b[a-z]{2,}\b", re.I | re.S)

_FEW_SIGNS: Final = 4
_FEW_HAN: Final = 8
_FEW_WORDS: Final = 6
_ASKS: Final = re.compile(
    r"[?？]|吗|呢$|多久|几天|什么|怎么|哪|为啥|为何|多少|能不能|可不可以|是不是|有没有"
    r"|^\W*(?:how|when|what|which|why|where|who|is|are|do|does|did|can|could|will|would|should)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """`masked` is the message without personal data, for what is kept; `now` is timezone-aware."""

    message: str
    masked: str
    understood: Understood
    acts: Acts
    now: datetime

    @property
    def is_bare(self) -> bool:
        """Whether it is hardly more than its entities: a number, an address, a colour."""
        spans = {at for entity in self.understood.entities for at in range(entity.start, entity.end)}
        rest = "".join(c for at, c in enumerate(self.message) if at not in spans and c.isalnum())
        return bool(spans) and len(rest) <= _FEW_SIGNS

    @property
    def is_short(self) -> bool:
        """Whether it has room for one thing alone."""
        han = sum("\u4e00" <= c <= "\u9fff" for c in self.message)
        return han <= _FEW_HAN and len(self.message.split()) <= _FEW_WORDS

    @property
    def is_question(self) -> bool:
        """Whether it asks for something to be told."""
        return _ASKS.search(self.message.strip()) is not None

    @property
    def language(self) -> Language:
        return self.understood.language

    @property
    def is_routed(self) -> bool:
        return self.understood.decision == "route"

    def said(self, *types: str) -> tuple[Entity, ...]:
        """The entities of these types, in the order of the message."""
        return tuple(entity for entity in self.understood.entities if entity.type in types)


def hear(message: str, masked: str, understood: Understood, state: DialogueState, now: datetime) -> Heard:
    """A reply without words of its own is in the conversation's language."""
    language = understood.language
    if state.language is not None and not _WORDS.search(message):
        language = state.language
    return Heard(message, masked, replace(understood, language=language), read_acts(message), now)
