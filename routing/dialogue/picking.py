"""Which of the options that were offered a message takes."""

from __future__ import annotations

from routing.dialogue.heard import Heard
from routing.dialogue.state import Option, Question


def picked_option(question: Question, heard: Heard) -> Option | None:
    """The one that the message takes: by its number, its id, or what it is called. A lone yes takes the only one."""
    options, acts = question.options, heard.acts
    if acts.choice is not None and -1 <= acts.choice <= len(options) and options:
        return options[acts.choice - 1 if acts.choice > 0 else -1]
    if acts.agrees and len(options) == 1:
        return options[0]
    message = heard.message.lower()
    named = [o for o in options if _is_named(o, message)]
    return named[0] if len(named) == 1 else None


def _is_named(option: Option, message: str) -> bool:
    if option.value.lower() in message:
        return True
    return any(
        text.lower() in message or message.strip(" 。.!！") == text.lower() for text in (option.zh, option.en)
    )
