"""The corpus that the selector learns from, all written for this project: kinds of what is told, and sheets as they are."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal, get_args

import yaml

from models.selection.errors import SelectionCorpusInvalid
from models.types.understanding import Language

Hand = Literal["own", "other"]
About = Literal["order", "product", "rules"]
ABOUT: Final[tuple[About, ...]] = get_args(About)
Style = Literal["plain", "loose", "told"]
STYLES: Final[tuple[Style, ...]] = get_args(Style)
ALL: Final = "all"
"""As what a kind is near to: to every other."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be told: ways to say it, and to ask for it by style. `{o}` and the like are places to be filled.

    A line of a `near` kind answers a question for this one in part. Of a `mixed` kind not every line answers every question.
    """

    name: str
    about: About
    near: tuple[str, ...]
    mixed: bool
    say: tuple[str, ...]
    ask: Mapping[Style, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines, the questions that each answers, and questions that none does. `hand` tells by whom they are worded."""

    name: str
    hand: Hand
    lines: Mapping[str, tuple[str, ...]]
    none: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """One language's. `values` are what places are filled with."""

    language: Language
    kinds: tuple[Kind, ...]
    sheets: tuple[Sheet, ...]
    values: Mapping[str, tuple[str, ...]]


def load_corpus(language: Language, folder: Traversable | None = None) -> Corpus:
    """The shipped corpus, or one of the same shape in `folder`. Raises SelectionCorpusInvalid."""
    folder = folder if folder is not None else files(__package__).joinpath("corpus")
    values = _document(folder, "values.yaml").get(language)
    if not isinstance(values, dict):
        raise SelectionCorpusInvalid("values.yaml", f"has nothing for {language}")
    return Corpus(
        language,
        tuple(kind for about in ABOUT for kind in _kinds(folder, about, language)),
        (
            *_sheets(folder, f"sheets_{language}.yaml", "own"),
            *_sheets(folder, f"others_{language}.yaml", "other"),
        ),
        {name: _texts("values.yaml", name, listed) for name, listed in values.items()},
    )


_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _document(folder: Traversable, name: str) -> dict[str, Any]:
    try:
        text = folder.joinpath(name).read_text(encoding="utf-8")
        document = yaml.load(text, _Loader)  # noqa: S506 one of the two safe loaders
    except (OSError, yaml.YAMLError) as unreadable:
        raise SelectionCorpusInvalid(name, f"cannot be read as YAML ({unreadable})") from unreadable
    if not isinstance(document, dict):
        raise SelectionCorpusInvalid(name, "is no mapping")
    return document


def _kinds(folder: Traversable, about: About, language: Language) -> list[Kind]:
    where = f"kinds_{about}_{language}.yaml"
    kinds = []
    for name, kind in _document(folder, where).items():
        _reject_unknown(f"{where} {name}", _mapping(where, name, kind), {"near", "mixed", "say", *STYLES})
        ask = {style: _barred(where, f"{name}.{style}", kind.get(style)) for style in STYLES}
        near = _texts(where, f"{name}.near", kind.get("near"))
        say = _barred(where, f"{name}.say", kind.get("say"))
        kinds.append(Kind(name, about, near, bool(kind.get("mixed", False)), say, ask))
    return kinds


def _barred(where: str, name: str, value: Any) -> tuple[str, ...]:
    """The wordings between the bars of one text."""
    return _texts(
        where, name, [part.strip() for part in value.split("|")] if isinstance(value, str) else None
    )


def _sheets(folder: Traversable, where: str, hand: Hand) -> list[Sheet]:
    document = _document(folder, where)
    _reject_unknown(where, document, {"sheets"})
    sheets = []
    for name, lines in _mapping(where, "sheets", document.get("sheets")).items():
        asked = {line: _texts(where, line, texts) for line, texts in _mapping(where, name, lines).items()}
        none = asked.pop("none", ())
        sheets.append(Sheet(name, hand, asked, none))
    return sheets


def _mapping(where: str, name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SelectionCorpusInvalid(where, f"{name} is no mapping")
    return value


def _texts(where: str, name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise SelectionCorpusInvalid(where, f"{name} is no list of texts")
    return tuple(value)


def _reject_unknown(where: str, mapping: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(mapping) - known):
        raise SelectionCorpusInvalid(where, f"has the unknown key {unknown[0]!r}")


def corpus_sha256() -> str:
    """Over every file of the shipped corpus, and over the words of forms."""
    folder = files(__package__)
    digest = hashlib.sha256()
    for name in sorted(file.name for file in folder.joinpath("corpus").iterdir()):
        digest.update(name.encode() + folder.joinpath("corpus", name).read_bytes())
    digest.update(folder.joinpath("forms.yaml").read_bytes())
    return digest.hexdigest()
