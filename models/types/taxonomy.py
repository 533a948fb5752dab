"""The intent taxonomy: 30 names used alike in code, YAML, metrics and reports."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Final


@dataclass(frozen=True, slots=True)
class Intent:
    """One class of the taxonomy.

    `queue` is the human queue an unresolved conversation goes to; `value` is the business value class, 0 served
    first; `action` says that the flow may change data and so needs confirmation; `boundary` is where it ends.
    """

    name: str
    zh: str
    queue: str
    value: int
    action: bool
    boundary: str


def _load() -> dict[str, Intent]:
    document = json.loads(files(__package__).joinpath("intents.json").read_text(encoding="utf-8"))
    return {entry["name"]: Intent(**entry) for entry in document["intents"]}


INTENTS: Final[dict[str, Intent]] = _load()
OUT_OF_SCOPE: Final = "out_of_scope"


def intent(name: str) -> Intent:
    """The intent called `name`. KeyError names the unknown intent."""
    return INTENTS[name]
