"""Messages in which entities are marked, as `[surface](type)`: what the tagger learns from and is tested on."""

import re
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import yaml

from models.types import Entity
from models.understanding.errors import CorpusInvalid
from models.understanding.examples import Example, Split, split
from models.understanding.language import language

_MARK: Final = re.compile(r"\[([^\[\]]+)\]\(([a-z_]+)\)")
_FILES: Final = {"train": "names.yaml", "test": "names_test.yaml"}


@dataclass(frozen=True, slots=True)
class Marked:
    """A message and its entities, by where they start; an entity's value is its text."""

    text: str
    entities: tuple[Entity, ...]
    split: Split


@dataclass(frozen=True, slots=True)
class MarkedSet:
    """Such messages."""

    name: str
    lines: tuple[Marked, ...]

    def of(self, split: Split) -> list[Marked]:
        """The messages of a split."""
        return [line for line in self.lines if line.split == split]

    def counts(self) -> dict[str, int]:
        """Lines by split and language."""
        return dict(sorted(Counter(f"{line.split}/{language(line.text)}" for line in self.lines).items()))


def parse_marked(text: str) -> tuple[str, tuple[Entity, ...]]:
    """The message without its marks, and what they marked."""
    plain, entities, done = "", [], 0
    for match in _MARK.finditer(text):
        plain += text[done : match.start()]
        surface, type = match.groups()
        entities.append(Entity(type, surface, surface, len(plain), len(plain) + len(surface)))
        plain, done = plain + surface, match.end()
    return plain + text[done:], tuple(entities)


def load_marked() -> MarkedSet:
    """The shipped messages: nine tenths of `names.yaml` to train on and the rest for validation; the test by other hands."""
    texts = _lines("train")
    plain = [parse_marked(text)[0] for text in texts]
    examples = split([Example(text, "marked", language(text), "train", "names", "general") for text in plain])
    lines = [
        Marked(*parse_marked(text), e.split)
        for text, e in zip(texts, examples, strict=True)
        if e.split is not None
    ]
    lines += [Marked(*parse_marked(text), "test") for text in _lines("test")]
    return MarkedSet("kefu-names", tuple(lines))


def _lines(name: str) -> list[str]:
    return marked_lines(files(__package__).joinpath("names").joinpath(_FILES[name]))


def marked_lines(file: Traversable) -> list[str]:
    """The messages of a file, with their marks. Raises CorpusInvalid."""
    document: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    lines = document.get("lines") if isinstance(document, dict) else None
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise CorpusInvalid(file.name, "has no list of lines")
    return lines
