"""What each value of a text is of, so that none changes places with another: a card takes days, a wallet hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

import yaml

from routing.grounding.kept import kept
from routing.grounding.shape import letter_of, pieces_of, values_shape_of
from routing.grounding.text import CJK
from routing.grounding.value import Value, follows
from routing.grounding.values import values_in

_LETTER: Final = re.compile(r"[MDTL]\+")


@dataclass(frozen=True, slots=True)
class _Role:
    group: str
    name: str
    pattern: re.Pattern[str]
    # Whether the pattern holds the place of the value itself.
    is_beside: bool


@dataclass(frozen=True, slots=True)
class Of:
    """A value and the roles that it may have: group, role."""

    value: Value
    roles: frozenset[tuple[str, str]]


def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(
        (files("routing.grounding") / "roles.yaml").read_text(encoding="utf-8")
    )
    return table


_GROUPS: Final = _table()
_SETTINGS: Final = ("of", "only_among")


def _roles(language: str) -> tuple[_Role, ...]:
    edge = (r"(?<![a-z])", r"(?![a-z])") if language == "en" else ("", "")
    return tuple(
        _Role(
            group,
            name,
            re.compile(f"{edge[0]}(?:{words[language]}){edge[1]}".replace("\n", "")),
            bool(_LETTER.search(words[language])),
        )
        for group, row in _GROUPS.items()
        for name, words in row.items()
        if name not in _SETTINGS
    )


_ROLES: Final = {"en": _roles("en"), "zh": _roles("zh")}


@kept
def roles_in(text: str) -> tuple[Of, ...]:
    """Of a folded text, each value that may have one."""
    shape = values_shape_of(text)
    roles = _ROLES["zh" if CJK.search(shape) else "en"]
    pieces = pieces_of(shape)
    found = []
    for value in values_in(text):
        letter = letter_of(value)
        at = next((n for n, (a, b, _) in enumerate(pieces) if a <= value.start < b), 0)
        mine = _roles_of(value, letter, shape, pieces[at][:2] if pieces else (0, len(shape)), roles)
        if at and letter not in shape[slice(*pieces[at - 1][:2])]:
            # To a card it is slow, it takes five days.
            before = _roles_of(value, letter, shape, pieces[at - 1][:2], roles)
            mine |= {role for role in before if not any(role[0] == own[0] for own in mine)}
        found.append(Of(value, frozenset(mine)))
    return tuple(found)


def _roles_of(
    value: Value, letter: str, shape: str, piece: tuple[int, int], roles: tuple[_Role, ...]
) -> set[tuple[str, str]]:
    return {
        (role.group, role.name)
        for role in roles
        if letter in _GROUPS[role.group]["of"]
        and any(
            not role.is_beside or (match.start() < value.end and value.start < match.end())
            for match in role.pattern.finditer(shape, *piece)
        )
    }


def is_misplaced(one: Of, said: Sequence[Of], known: Sequence[Of]) -> bool:
    """Whether the facts hold a value of the sentence, but of something else than what the sentence says it is of."""
    holding = [other for other in known if follows(one.value, other.value)]
    others = [other for other in known if other.value.kind == one.value.kind and other not in holding]
    alike = [other.value for other in said if letter_of(other.value) == letter_of(one.value)]
    # The 18th | of September is one.
    is_alone = all(b.start - a.end < 2 for a, b in pairwise(alike))
    for group in {group for group, _ in one.roles}:
        if not holding or (is_alone and _GROUPS[group].get("only_among")):
            continue
        mine = _of(one, group)
        if any(mine & _of(other, group) for other in holding):
            continue
        if all(_of(other, group) for other in holding) or any(mine & _of(other, group) for other in others):
            return True
    return False


def _of(one: Of, group: str) -> frozenset[tuple[str, str]]:
    return frozenset(role for role in one.roles if role[0] == group)
