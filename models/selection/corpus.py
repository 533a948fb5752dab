"""The corpus that the selector learns from, all written for this project: sheets as they are, and facts to make sheets of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal, get_args

import yaml

from models.selection.errors import SelectionCorpusInvalid
from models.types.understanding import Language

Split = Literal["train", "dev"]
Subject = Literal["order", "product", "variant", "person"]
SUBJECTS: Final[tuple[Subject, ...]] = get_args(Subject)
ALL: Final = "all"
"""As what a fact is near to: to every other."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What may be known of a subject: ways to say it, and to ask for it. `{o}` and the like are places to be filled.

    Of a `group` a subject has one fact alone; a line of a `near` fact answers a question for this one in part.
    """

    name: str
    subject: Subject
    split: Split
    group: str
    near: tuple[str, ...]
    say: tuple[str, ...]
    ask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines, the questions that each answers, and questions that none does."""

    name: str
    split: Split
    lines: Mapping[str, tuple[str, ...]]
    none: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """One language's. `values` are what places are filled with."""

    language: Language
    facts: tuple[Fact, ...]
    sheets: tuple[Sheet, ...]
    values: Mapping[str, tuple[str, ...]]


def load_corpus(language: Language, folder: Traversable | None = None) -> Corpus:
    """The shipped corpus, or one of the same shape in `folder`. Raises SelectionCorpusInvalid."""
    folder = folder if folder is not None else files(__package__).joinpath("corpus")
    facts = _document(folder, f"facts_{language}.yaml")
    sheets = _document(folder, f"sheets_{language}.yaml")
    values = _document(folder, "values.yaml").get(language)
    if not isinstance(values, dict):
        raise SelectionCorpusInvalid("values.yaml", f"has nothing for {language}")
    return Corpus(
        language,
        tuple(_facts(f"facts_{language}.yaml", facts)),
        tuple(_sheets(f"sheets_{language}.yaml", sheets)),
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


def _facts(where: str, document: Mapping[str, Any]) -> list[Fact]:
    held_out = _texts(where, "dev", document.get("dev", []))
    _reject_unknown(where, document, {"dev", *SUBJECTS})
    facts = []
    for subject in SUBJECTS:
        for name, fact in _mapping(where, subject, document.get(subject, {})).items():
            _reject_unknown(f"{where} {name}", _mapping(where, name, fact), {"group", "near", "say", "ask"})
            split: Split = "dev" if f"{subject}.{name}" in held_out else "train"
            say, ask = (_texts(where, f"{name}.{part}", fact.get(part)) for part in ("say", "ask"))
            near = _texts(where, f"{name}.near", fact.get("near", []))
            facts.append(Fact(name, subject, split, str(fact.get("group", name)), near, say, ask))
    known = {f"{fact.subject}.{fact.name}" for fact in facts}
    if missing := sorted(set(held_out) - known):
        raise SelectionCorpusInvalid(where, f"keeps {missing[0]} for dev, which it does not have")
    return facts


def _sheets(where: str, document: Mapping[str, Any]) -> list[Sheet]:
    _reject_unknown(where, document, {"dev", "sheets"})
    held_out = _texts(where, "dev", document.get("dev", []))
    sheets = []
    for name, lines in _mapping(where, "sheets", document.get("sheets")).items():
        asked = {line: _texts(where, line, texts) for line, texts in _mapping(where, name, lines).items()}
        none = asked.pop("none", ())
        sheets.append(Sheet(name, "dev" if name in held_out else "train", asked, none))
    if missing := sorted(set(held_out) - {sheet.name for sheet in sheets}):
        raise SelectionCorpusInvalid(where, f"keeps {missing[0]} for dev, which it does not have")
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
    """Over every file of the shipped corpus, and over the words of kinds."""
    folder = files(__package__)
    digest = hashlib.sha256()
    for name in sorted(file.name for file in folder.joinpath("corpus").iterdir()):
        digest.update(name.encode() + folder.joinpath("corpus", name).read_bytes())
    digest.update(folder.joinpath("kinds.yaml").read_bytes())
    return digest.hexdigest()
