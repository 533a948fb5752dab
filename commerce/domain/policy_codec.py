"""`ShopPolicy` as JSON values and back, strictly: an unknown, missing or ill-typed field names its path."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import time
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from commerce.domain.errors import PolicyInvalid
from commerce.domain.policy import ShopPolicy


def policy_to_json(policy: ShopPolicy) -> dict[str, Any]:
    """Plain dicts, lists, strings, numbers, booleans and None; times as HH:MM."""
    encoded = _encode(policy)
    assert isinstance(encoded, dict)
    return encoded


def policy_from_json(document: Mapping[str, Any]) -> ShopPolicy:
    """Raises PolicyInvalid with the path of the first field that is wrong."""
    decoded = _decode(ShopPolicy, document, "policy")
    assert isinstance(decoded, ShopPolicy)
    return decoded


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
        return {str(key): _decode(item_kind, item, f"{path}.{key}") for key, item in value.items()}
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
    hints = get_type_hints(kind)
    names = {field.name for field in fields(kind)}
    for name in sorted(set(value) - names):
        raise PolicyInvalid(f"{path}.{name}", "is not a field of the policy")
    for name in sorted(names - set(value)):
        raise PolicyInvalid(f"{path}.{name}", "is missing")
    return kind(**{name: _decode(hints[name], value[name], f"{path}.{name}") for name in names})


def _decode_scalar(kind: Any, value: Any, path: str) -> Any:
    if kind is time:
        _require(isinstance(value, str), path, "must be a time such as 16:00")
        try:
            return time.fromisoformat(value)
        except ValueError:
            raise PolicyInvalid(path, f"{value!r} is not a time such as 16:00") from None
    if issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            allowed = ", ".join(str(member.value) for member in kind)
            raise PolicyInvalid(path, f"{value!r} is not one of {allowed}") from None
    # bool is an int in Python, and `true` days are not one day.
    _require(type(value) is kind, path, f"must be of type {kind.__name__}")
    if kind is int:
        _require(value >= 0, path, "must not be negative")
    return value


def _require(holds: bool, path: str, problem: str) -> None:
    if not holds:
        raise PolicyInvalid(path, problem)
