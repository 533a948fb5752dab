"""What the customer may answer with one touch: the options of what was asked, or yes and no to a proposal."""

from __future__ import annotations

from routing.dialogue.state import Topic
from routing.wording import say


def quick_replies(topic: Topic | None, language: str) -> tuple[str, ...]:
    """Each is a message that the dialogue understands; none where free words are wanted."""
    if topic is None:
        return ()
    if topic.offer is not None:
        return say(language, "确认", "confirm"), say(language, "不用了", "no")
    if topic.question is not None:
        return tuple(option.text(language) for option in topic.question.options)
    return ()
