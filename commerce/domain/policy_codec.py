"""`ShopPolicy` as JSON values and back, strictly: an unknown, missing, ill-typed or senseless field is named by its path."""

from __future__ import annotations

import hashlib
import json
import re
import types
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import time
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from commerce.domain.errors import PolicyInvalid
from commerce.domain.policy import ShopPolicy
from commerce.domain.policy_checks import most, problems

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

_MOST_CHARACTERS = 200
"""Of the longest name of a place, a category or a method."""


def policy_to_json(policy: ShopPolicy) -> dict[str, Any]:
    """Plain dicts, lists, strings, numbers, booleans and None; times as HH:MM."""
    encoded = _encode(policy)
    assert isinstance(encoded, dict)
    return encoded


def policy_from_json(document: Mapping[str, Any]) -> ShopPolicy:
    """Raises PolicyInvalid with the path of the first field that is wrong."""
    decoded = _decode(ShopPolicy, document, "policy")
    assert isinstance(decoded, ShopPolicy)
    for path, problem in problems(decoded):
        raise PolicyInvalid(f"policy.{path}", problem)
    return decoded


def document_digest(document: Mapping[str, Any]) -> str:
    """The same for the same policy, whatever the order of its fields: tells whether somebody else has changed it."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def policy_digest(policy: ShopPolicy) -> str:
    return document_digest(policy_to_json(policy))


def _encode(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return value


def _decode(kind: Any, value: Any, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_optional(kind, value, path)
    if origin is tuple:
        _require(isinstance(value, list), path, "must be a list")
        item_kind = get_args(kind)[0]
        return tuple(_decode(item_kind, item, f"{path}[{index}]") for index, item in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        _require(isinstance(value, Mapping), path, "must be a mapping")
        item_kind = get_args(kind)[1]
        _require_names(value, path)
        return {key: _decode(item_kind, item, f"{path}.{key}") for key, item in value.items()}
    if is_dataclass(kind):
        return _decode_record(kind, value, path)
    return _decode_scalar(kind, value, path)


def _decode_optional(kind: Any, value: Any, path: str) -> Any:
    if value is None:
        return None
    (inner,) = (arg for arg in get_args(kind) if arg is not type(None))
    return _decode(inner, value, path)


def _decode_record(kind: Any, value: Any, path: str) -> Any:
    _require(isinstance(value, Mapping), path, "must be a mapping")
    hints = _hints(kind)
    names = [field.name for field in fields(kind)]
    _require_names(value, path)
    for name in value:
        if name not in names:
            raise PolicyInvalid(f"{path}.{name}", _unknown(path, name, names))
    for name in names:
        if name not in value:
            raise PolicyInvalid(f"{path}.{name}", "is missing")
    return kind(**{name: _decode(hints[name], value[name], f"{path}.{name}") for name in names})


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The fields' types; an action decodes the policy each time, and reading annotations is most of it."""
    return get_type_hints(kind)


def _decode_scalar(kind: Any, value: Any, path: str) -> Any:
    if kind is time:
        found = _TIME.fullmatch(value) if isinstance(value, str) else None
        _require(found is not None, path, f"{value!r} is not a time such as '16:00', in quotes")
        return time.fromisoformat(value)
    if issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            allowed = ", ".join(str(member.value) for member in kind)
            raise PolicyInvalid(path, f"{value!r} is not one of {allowed}") from None
    # bool is an int in Python, and `true` days are not one day.
    _require(type(value) is kind, path, f"must be of type {kind.__name__}")
    if kind is str:
        _require_text(value, path)
    if kind is int:
        _require(value >= 0, path, "must not be negative")
        _require(value <= most(path), path, f"must be at most {most(path)}")
    return value


def _require_names(value: Mapping[Any, Any], path: str) -> None:
    for name in value:
        # YAML reads an unquoted no as false.
        _require(isinstance(name, str), path, f"{name!r} is no name: write it in quotes")
        _require_text(name, path)


def _require_text(value: str, path: str) -> None:
    _require(len(value) <= _MOST_CHARACTERS, path, f"has a text of over {_MOST_CHARACTERS} characters")
    is_plain = all(unicodedata.category(sign) not in ("Cc", "Cs") for sign in value)
    _require(is_plain, path, f"{value!r} holds a control character or half of one: write it anew")


def _unknown(path: str, name: str, names: list[str]) -> str:
    if (path, name) == ("policy", "mode"):
        return "is not a field of the policy: shops are always served strictly; tau2_compat is for kefu replay alone"
    return f"is not a field of the policy; here are {', '.join(names)}"


def _require(holds: bool, path: str, problem: str) -> None:
    if not holds:
        raise PolicyInvalid(path, problem)
