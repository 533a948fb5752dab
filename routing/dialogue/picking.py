"""Which of the options that were offered a message takes."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from routing.dialogue.heard import Heard
from routing.dialogue.state import Option, Question

_AROUND: Final = re.compile(
    r"please|thanks?|thank you|谢谢|就|我?要|选|那个|这个|的|吧|i(?:'d like| want| choose)|the|one|[^\w\u4e00-\u9fff]+",
    re.I,
)
_LEAST_SIGNS: Final = 2


def picked_option(question: Question, heard: Heard) -> Option | None:
    """The one that the message takes: by its number, its id, or what it is called. A lone yes takes the only one."""
    options, acts = question.options, heard.acts
    if acts.choice is not None and options and -1 <= acts.choice <= len(options):
        return options[acts.choice - 1 if acts.choice > 0 else -1]
    if acts.agrees and len(options) == 1:
        return options[0]
    message = _plain(heard.message)
    named = [option for option in options if _is_named(option, message)]
    return named[0] if len(named) == 1 else None


def _is_named(option: Option, message: str) -> bool:
    """By its id or its whole text; or the message is hardly more than a part of its text."""
    if option.value.lower() in message:
        return True
    core = _AROUND.sub("", message)
    texts = [_AROUND.sub("", _plain(text)) for text in (option.zh, option.en)]
    return any(text in core or (len(core) >= _LEAST_SIGNS and core in text) for text in texts if text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
