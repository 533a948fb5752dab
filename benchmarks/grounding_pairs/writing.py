"""Values into text, by the ways of writing that a family or the shop's system has."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Final

from benchmarks.grounding_pairs.values import Language, Value, form_type, parts

SLOT: Final = re.compile(r"\{([a-z_.]+)\}")
# These slots say a part of a product's name.
_PART_OF_NAME: Final = {
    "line.sort": ("{sort_short}",),
    "product.sort": ("{sort_short}",),
    "product.model": ("{model}",),
}
_ANY_NAME: Final = "name"


@dataclass(frozen=True, slots=True)
class Forms:
    """Ways of writing by type of value, and words for states."""

    ways: Mapping[str, Sequence[str]]
    states: Mapping[str, Sequence[str]]


def slots(template: str) -> tuple[str, ...]:
    """The slots of a template, each once, in their order."""
    return tuple(dict.fromkeys(SLOT.findall(template)))


def written(rng: random.Random, value: Value, language: Language, forms: Forms, slot: str = "") -> str:
    """The value in one of the ways that fit it."""
    if value.type == "state":
        return rng.choice(list(forms.states[value.content]))
    known = parts(value, language)
    ways = _PART_OF_NAME.get(slot) or forms.ways.get(form_type(value)) or forms.ways[_ANY_NAME]
    fitting = [way for way in ways if set(_named(way)) <= known.keys()]
    return rng.choice(fitting).format_map(known)


def _named(way: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(way) if name is not None]


def filled(template: str, texts: Mapping[str, str]) -> str:
    """A sentence; it begins with a capital."""
    text = SLOT.sub(lambda found: texts[found[1]], template)
    # "at 4 p.m." ends with one full stop.
    return text[0].upper() + text[1:].replace("..", ".")
