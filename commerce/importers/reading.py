"""Reading foreign JSON: every value is checked, and what is wrong is named by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commerce.domain.errors import ImportInvalid
from commerce.portable.columns import parse_json


def read_json(path: Path) -> Any:
    """Raises ImportInvalid for what is not JSON, and OSError when the file can't be read."""
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ImportInvalid(path.name, f"is not JSON: {error}") from error


@dataclass(frozen=True, slots=True)
class Node:
    """A value with the path that leads to it. Every method raises ImportInvalid with that path."""

    value: Any
    path: str

    def fail(self, problem: str) -> ImportInvalid:
        return ImportInvalid(self.path, problem)

    def field(self, name: str) -> Node:
        fields = self._mapping()
        if name not in fields:
            raise ImportInvalid(f"{self.path}.{name}", "is missing")
        return Node(fields[name], f"{self.path}.{name}")

    def only(self, required: set[str], optional: frozenset[str] = frozenset()) -> None:
        """Exactly these fields: what is not known would be lost."""
        names = set(self._mapping())
        for name in sorted(names - required - optional):
            raise ImportInvalid(f"{self.path}.{name}", "is not a known field")
        for name in sorted(required - names):
            raise ImportInvalid(f"{self.path}.{name}", "is missing")

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of a mapping."""
        for key, value in self._mapping().items():
            yield key, Node(value, f"{self.path}[{key!r}]")

    def items(self) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.fail("must be a list")
        return [Node(value, f"{self.path}[{index}]") for index, value in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            raise self.fail("must be a text")
        return self.value

    def string(self) -> str:
        """Also an empty one."""
        if not isinstance(self.value, str):
            raise self.fail("must be a string")
        return self.value

    def boolean(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.fail("must be true or false")
        return self.value

    def minor_units(self) -> int:
        """A price with at most two decimals, as cents; the noise of binary fractions is no third decimal."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.fail("must be a number")
        minor = round(self.value * 100)
        if abs(self.value * 100 - minor) > 1e-4 or minor < 0:
            raise self.fail("must be an amount of at most two decimals, not negative")
        return minor

    def whole(self) -> int:
        """A count."""
        if type(self.value) is not int or self.value < 0:
            raise self.fail("must be a whole number, not negative")
        return self.value

    def texts(self) -> list[str]:
        return [item.text() for item in self.items()]

    def _mapping(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise self.fail("must be a mapping")
        return self.value
