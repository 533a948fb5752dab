"""Items as they are written: strict, so that a misspelt key is an error and not an item less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmarks.selection.errors import ItemInvalid

ITEMS_DIR: Final = Path(__file__).parent
Language = Literal["zh", "en"]
Kind = Literal["order", "product", "policy", "article", "membership", "after_sales", "unanswerable"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# The one written in C reads the items ten times as fast.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Written(_Strict):
    """One question of a sheet. `answer`: the line that answers, None where none does; `also`: lines that answer as well."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    sheet: str
    kind: Kind
    question: str = Field(min_length=1)
    answer: str | None
    also: list[str] = Field(default_factory=list)


class _File(_Strict):
    language: Language
    sheets: dict[str, dict[str, str]]
    items: list[_Written]


@dataclass(frozen=True, slots=True)
class Item:
    """A question, the lines to choose from, and the places of those that answer; none where nothing does."""

    id: str
    language: Language
    kind: Kind
    question: str
    lines: tuple[str, ...]
    right: frozenset[int]


def load_items(folder: Path = ITEMS_DIR, name: str = "items") -> tuple[Item, ...]:
    """Of every `NAME_*.yaml`: `items` are the blind ones, `dev_b` may be read by whoever builds a selector. ItemInvalid names
    the file and what is wrong in it.
    """
    items = tuple(item for path in sorted(folder.glob(f"{name}_*.yaml")) for item in _of_file(path))
    if (again := _first_twice(item.id for item in items)) is not None:
        raise ItemInvalid(f"item {again} is there twice")
    return items


def _of_file(path: Path) -> Iterator[Item]:
    file = _read(path)
    for name, lines in file.sheets.items():
        if not 4 <= len(lines) <= 12:
            raise ItemInvalid(f"{path.name}: sheet {name} has {len(lines)} lines, not 4 to 12")
        if (again := _first_twice(lines.values())) is not None:
            raise ItemInvalid(f"{path.name}: sheet {name} has the line twice: {again}")
    for written in file.items:
        try:
            yield _resolved(written, file)
        except ItemInvalid as error:
            raise ItemInvalid(f"{path.name}: item {written.id}: {error}") from error


def _resolved(written: _Written, file: _File) -> Item:
    if written.sheet not in file.sheets:
        raise ItemInvalid(f"there is no sheet {written.sheet}")
    if (written.answer is None) != (written.kind == "unanswerable"):
        raise ItemInvalid("an unanswerable item has no answer, and no other is without")
    if written.answer is None and written.also:
        raise ItemInvalid("other lines answer although none does")
    sheet = file.sheets[written.sheet]
    named = [name for name in (written.answer, *written.also) if name is not None]
    for name in named:
        if name not in sheet:
            raise ItemInvalid(f"sheet {written.sheet} has no line {name}")
    if (again := _first_twice(named)) is not None:
        raise ItemInvalid(f"line {again} answers twice")
    places = list(sheet)
    return Item(
        written.id,
        file.language,
        written.kind,
        written.question,
        tuple(sheet.values()),
        frozenset(places.index(name) for name in named),
    )


def _first_twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _read(path: Path) -> _File:
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_keys_twice(yaml.compose(text, _Loader), path.name)
        return _File.model_validate(yaml.load(text, _Loader))  # noqa: S506 it is a SafeLoader
    except yaml.YAMLError as error:
        raise ItemInvalid(f"{path.name}: not valid YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ItemInvalid(f"{path.name}: {place}: {first['msg']}") from error


def _refuse_keys_twice(node: yaml.Node | None, file_name: str) -> None:
    """YAML keeps the last of two equal keys in silence: a sheet or a line would be lost."""
    if isinstance(node, yaml.MappingNode):
        if (again := _first_twice(key.value for key, _ in node.value)) is not None:
            raise ItemInvalid(
                f"{file_name}: {again} is there twice (line {node.start_mark.line + 1} and after)"
            )
        for _, value in node.value:
            _refuse_keys_twice(value, file_name)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_keys_twice(value, file_name)
