"""Which lines are about something else than the question names: another order, model, colour or size. Told exactly."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from models.understanding.entities import COLOURS
from models.understanding.folding import fold

Flags = npt.NDArray[np.bool_]

_CODE: Final = re.compile(r"(?<![A-Za-z0-9])#?(?:[A-Za-z]{1,4}-?)?\d{4,}(?![A-Za-z0-9])")
_MODEL: Final = re.compile(
    r"(?<![a-z0-9.])(\d+(?:\.\d+)?) ?(tb|gb|ml|mm|cm|kg|g|w|l|inch(?:es)?|寸|瓦|升|毫升|米|码|段|号|代|克|件套|人)(?![a-z])",
    re.IGNORECASE,
)
_EDITION: Final = re.compile(r"(?<![a-z])(pro|lite|mini|plus|max|air|ultra|se)(?![a-z])", re.IGNORECASE)
_LETTER: Final = re.compile(r"(?<![A-Za-z])(XXXL|XXL|XL|XS|S|M|L)(?![A-Za-z'’])")


def of_others(question: str, lines: Sequence[str]) -> Flags:
    """[lines]: true of a line that names another of what the question names. One that names none may answer."""
    found = np.zeros(len(lines), bool)
    folded, told = fold(question), [fold(line) for line in lines]
    found |= _codes(folded, told)
    for names in (_colours, _models, _editions, _letters):
        asked = names(folded)
        named = [names(line) for line in told]
        # What no line has at all is no name of a subject: an amount, a date, a size of the customer's own.
        if asked and any(asked & each for each in named):
            found |= np.array([bool(each) and not asked & each for each in named])
    return found


def _codes(question: str, lines: Sequence[str]) -> Flags:
    asked = _CODE.findall(question)
    told = [_CODE.findall(line) for line in lines]
    same = [any(_same_code(a, t) for a in asked for t in each) for each in told]
    # An order that no line has: whatever has a number is another's.
    return np.array([bool(asked) and bool(each) and not is_same for each, is_same in zip(told, same, strict=True)])


def _same_code(asked: str, told: str) -> bool:
    """The same, or its last digits alone."""
    return told.upper().lstrip("#").endswith(asked.upper().lstrip("#"))


def _colours(text: str) -> set[str]:
    return {entity.value for finder in COLOURS for entity in finder(text)}


def _models(text: str) -> set[str]:
    return {f"{found[1]}{found[2].lower()}" for found in _MODEL.finditer(text)}


def _editions(text: str) -> set[str]:
    return {found[1].lower() for found in _EDITION.finditer(text)}


def _letters(text: str) -> set[str]:
    return set(_LETTER.findall(text))
