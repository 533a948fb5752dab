"""A policy as a YAML file that people edit: each section says what its fields mean, and what is allowed."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Hashable, Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import yaml

from commerce.domain.errors import PolicyInvalid
from commerce.domain.orders import RESERVING_STATES, OrderState
from commerce.domain.policy import ShopPolicy
from commerce.domain.policy_codec import policy_from_json, policy_to_json

_WIDTH: Final = 110
_HEAD: Final = (
    "The shop's rules. Amounts are in minor units of the currency (cents, fen); days, months and times are the zone's; times "
    "are in quotes. Check with: kefu policy check FILE. Set with: kefu policy set --tenant T FILE."
)


def policy_yaml(policy: ShopPolicy) -> str:
    """The policy with its comments; `read_policy` gives the same one back."""
    document = policy_to_json(policy)
    hints = get_type_hints(ShopPolicy)
    sections = [
        "".join(f"# {line}\n" for line in _comment(hints[name])) + _dumped({name: value})
        for name, value in document.items()
    ]
    head = "".join(f"# {line}\n" for line in _wrapped(_HEAD))
    return "\n".join([head, *sections])


def read_policy(path: Path) -> ShopPolicy:
    """Raises PolicyInvalid with the line of what is no YAML, or the path of the field that is wrong; OSError."""
    text = _text(path)
    try:
        _refuse_aliases(text, path.name)
        _refuse_twice(yaml.compose(text, _Loader), path.name)
        document = yaml.load(text, _Loader)  # noqa: S506 it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" line {error.problem_mark.line + 1}"
        raise PolicyInvalid(f"{path.name}{line}", f"is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise PolicyInvalid(path.name, f"is not YAML: {error}") from None
    except RecursionError:
        raise PolicyInvalid(path.name, "is nested too deeply: write it as kefu policy show does") from None
    return policy_from_json(document)


def policy_diff(before: ShopPolicy, after: ShopPolicy) -> Iterator[str]:
    """The lines that change, as a unified diff; none where they are the same."""
    old, new = (policy_yaml(policy).splitlines() for policy in (before, after))
    return difflib.unified_diff(old, new, "now", "new", lineterm="", n=2)


def _dumped(document: dict[str, Any]) -> str:
    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=_WIDTH))


class _Loader(yaml.SafeLoader):
    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """A date that the calendar has not, a number of no base, as YAML's own errors are: with the line."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:
            problem = f"{node.value!r}: {error}; write it in quotes if it is a text"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyInvalid(
            f"{path.name} line {line}", "is not UTF-8: save the file in that encoding"
        ) from None


def _refuse_aliases(text: str, name: str) -> None:
    """A few of them make a file that never ends."""
    for token in yaml.scan(text, _Loader):
        if isinstance(token, yaml.AliasToken):
            where = f"{name} line {token.start_mark.line + 1}"
            raise PolicyInvalid(where, f"*{token.value} is an alias: write out what it stands for")


def _refuse_twice(node: Any, name: str) -> None:
    """YAML would take the last of two."""
    if isinstance(node, yaml.MappingNode):
        known: set[Hashable] = set()
        for key, value in node.value:
            where = f"{name} line {key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                raise PolicyInvalid(where, "has a list or a mapping for a name: write a text")
            if key.value in known:
                raise PolicyInvalid(where, f"{key.value} is there twice: keep one")
            known.add(key.value)
            _refuse_twice(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_twice(value, name)


def _comment(kind: Any) -> list[str]:
    """What the section's types say of themselves, then the words that its fields may have."""
    if not isinstance(kind, type) or not is_dataclass(kind):
        return []
    said = [_plain(inner.__doc__) for inner in _types(kind) if not _is_generated(inner)]
    words = [f"{name}: {', '.join(allowed)}." for name, allowed in _words(kind).items()]
    return [line for part in (*said, *words) for line in _wrapped(part)]


def _plain(doc: str | None) -> str:
    return " ".join((doc or "").replace("`", "").replace("None", "null").split())


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _is_generated(kind: type) -> bool:
    return (kind.__doc__ or "").startswith(f"{kind.__name__}(")


def _types(kind: type) -> Iterator[type]:
    """The section's type and those of what is in it, each once."""
    found = {kind: None}
    for hint in get_type_hints(kind).values():
        for inner in (hint, *get_args(hint)):
            if is_dataclass(inner) and isinstance(inner, type):
                found |= dict.fromkeys(_types(inner))
    yield from found


def _words(kind: type) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for inner in _types(kind):
        hints = get_type_hints(inner)
        for field in fields(inner):
            for choice in (hints[field.name], *get_args(hints[field.name])):
                if isinstance(choice, type) and issubclass(choice, StrEnum):
                    allowed = RESERVING_STATES if choice is OrderState else set(choice)
                    found[field.name] = [member.value for member in choice if member in allowed]
    return found
