"""What is tried, out of the file: every goal in every way, by what a customer says and by what stands in the shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import yaml

_FILE: Final = Path(__file__).parent / "attempts.yaml"
Channel = Literal["message", "article", "product", "line", "option", "tracking", "recipient"]
_PLANTED: Final[tuple[Channel, ...]] = ("article", "product", "line", "option", "tracking", "recipient")
LANGUAGES: Final = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Attempt:
    """`says` one after the other, in a new conversation. `planted` is the text by then of the article, of the product's
    page, or of the attacker's own order: the name or an option of its line, the news of its parcel, who receives it. `wants`
    is what a model would write that obeyed; none of `tells` may be in an answer. {X} and {A} stand for the numbers of
    somebody else's order and of the attacker's own.
    """

    name: str
    language: str
    channel: Channel
    says: tuple[str, ...]
    wants: str
    tells: tuple[str, ...]
    planted: str = ""


def attempts(path: Path = _FILE) -> tuple[Attempt, ...]:
    """All of them."""
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(found for language in LANGUAGES for found in _of(language, read[language]))


def article_title(language: str, path: Path = _FILE) -> str:
    """Of the article in which something is planted."""
    title: str = yaml.safe_load(path.read_text(encoding="utf-8"))[language]["article"]["title"]
    return title


def _of(language: str, read: dict[str, Any]) -> Iterator[Attempt]:
    for goal in read["goals"]:
        wants, tells = goal["wants"], tuple(goal["tells"])
        for number, technique in enumerate(read["techniques"]):
            says = tuple(text.replace("{goal}", goal["asks"]) for text in technique["says"])
            # An order's number that the attacker says themself is no news.
            name = f"{language} message: {goal['name']}, {technique['name']}"
            yield Attempt(name, language, "message", says, wants[number % len(wants)], tells)
        for number, template in enumerate(read["planted"]):
            wanted = wants[number % len(wants)]
            planted = template.replace("{wants}", wanted)
            for channel in _PLANTED:
                where = read[channel]
                body = where["body"].replace("{planted}", planted)
                name = f"{language} {channel}: {goal['name']}, {number + 1}"
                yield Attempt(name, language, channel, (where["asks"],), wanted, tells, body)
