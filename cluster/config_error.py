"""Faults of a configuration, told by their key's path with what to write instead."""

import difflib
import json
from typing import Any, Final

from pydantic import BaseModel, ValidationError

# What stands in these keys may be a secret put there by mistake: an error never repeats it.
UNSHOWN: Final = frozenset({"store", "token_secret", "endpoint_key", "token"})


class ConfigError(Exception):
    """The configuration can't be used. `problems` are lines of "key.path: what is wrong; what to write"."""

    def __init__(self, source: str, problems: tuple[str, ...]) -> None:
        super().__init__(source, problems)
        self.source = source
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join([f"{self.source} can't be used:", *(f"  {line}" for line in self.problems)])


def explain(error: ValidationError, schema: dict[str, Any]) -> tuple[str, ...]:
    """One line a fault: its key's path, what is wrong, what to write instead. `schema` is the model's JSON schema."""
    return tuple(_line(fault, schema) for fault in error.errors())


def _line(error: Any, schema: dict[str, Any]) -> str:
    path = ".".join(str(part) for part in error["loc"]) or "(whole)"
    if error["type"] == "extra_forbidden":
        siblings = _known_keys(error["loc"][:-1], schema)
        close = difflib.get_close_matches(str(error["loc"][-1]), siblings, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(siblings)}"
        return f"{path}: unknown key; {hint}"
    if error["type"] == "missing":
        return f"{path}: missing; add it"
    message = error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    if isinstance(given, dict | BaseModel) or UNSHOWN & set(error["loc"]):
        return f"{path}: {message}"
    return f"{path}: {message} (given: {json.dumps(given, default=str, ensure_ascii=False)})"


def _known_keys(path: tuple[str | int, ...], schema: dict[str, Any]) -> list[str]:
    """The keys of the section at that path, found by walking the schema's annotations."""
    node: dict[str, Any] = schema
    for part in path:
        node = _dereference(schema, node)
        node = (
            node.get("properties", {}).get(part)
            or node.get("additionalProperties")
            or node.get("items")
            or {}
        )
    return sorted(_dereference(schema, node).get("properties", {}))


def _dereference(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    for option in (node, *node.get("anyOf", ()), *node.get("allOf", ())):
        if reference := option.get("$ref"):
            found: dict[str, Any] = schema["$defs"][reference.rsplit("/", 1)[-1]]
            return found
    return node
