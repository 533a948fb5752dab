"""Which of the options that were offered a message takes."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from routing.dialogue.heard import Heard
from routing.dialogue.state import Option, Question

_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
# Said around what is chosen.
_AROUND: Final = re.compile(
    r"谢谢|我想|就|我?要|选择?|换成?|用|那[个件款单]|这[个件款单]|的|吧|了|[^\w\u4e00-\u9fff]+"
)
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9.\-]*")
_NO_NAMES: Final = frozenset(
    "a an the this that one it its is was my me i like want would choose pick take use using pay by with to for of on "
    "please thanks thank you yes no ok and or in at be prefer go have has".split()
)
_SHORT: Final = re.compile(r"'(?:s|d|m|ll|ve|re)\b")
_LEAST_SIGNS: Final = 2


def picked_option(question: Question, heard: Heard) -> Option | None:
    """The one that the message takes: by its number, its id, or what it is called. A lone yes takes the only one."""
    options, acts = question.options, heard.acts
    if acts.choice is not None and options and -1 <= acts.choice <= len(options):
        return options[acts.choice - 1 if acts.choice > 0 else -1]
    if acts.agrees and len(options) == 1:
        return options[0]
    message = _plain(heard.message)
    by_id = [option for option in options if _is_id(option.value) and option.value.lower() in message]
    named = by_id or [option for option in options if _is_named(option, message)]
    return named[0] if len(named) == 1 else None


def _is_id(value: str) -> bool:
    return any(c.isdigit() for c in value)


def _is_named(option: Option, message: str) -> bool:
    """The message has its whole text, or is hardly more than a part of it."""
    if _HAN.search(message):
        core, text = _AROUND.sub("", message), _AROUND.sub("", _plain(option.zh))
        return text in core or (len(core) >= _LEAST_SIGNS and core in text)
    said, words = _words(message), _words(_plain(option.en))
    return bool(said and words) and (said <= words or words <= said)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.rstrip(".") for word in _WORD.findall(text)) - _NO_NAMES


def _plain(text: str) -> str:
    return _SHORT.sub("", unicodedata.normalize("NFKC", text).replace("’", "'").lower())
