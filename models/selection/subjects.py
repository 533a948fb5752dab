"""Which lines are about something else than the question names: another order, model, colour or size. Told exactly."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from models.understanding.folding import fold

Flags = npt.NDArray[np.bool_]

CODE: Final = re.compile(r"(?<![A-Za-z0-9])#?(?:[A-Za-z]{1,4}-?)?\d{4,}(?![A-Za-z0-9])")
_NAMES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # Colours, also of cards and lamps; 红包, 白天 and 定金 are none.
        r"黑|白(?!天)|红(?!包)|蓝|绿|灰|粉(?=[色的款])|紫|黄|棕|橙|米(?=[色白])|藏青|卡其|[金银](?=[色卡的])"
        r"|\b(?:black|white|red|blue|navy|green|olive|gr[ae]y|pink|purple|yellow|brown|orange|beige|khaki|silver|gold)\b",
        r"(?<![a-z0-9.])\d+(?:\.\d+)? ?(?:tb|gb|ml|mm|cm|kg|g|w|l|inch|寸|瓦|升|毫升|码|段|代|克|粒|片)(?![a-z])",
        r"(?<![a-z])(?:pro|lite|mini|plus|max|air|ultra)(?![a-z])",
        r"(?<![a-z'’])(?:x{0,3}l|xs|s|m)(?![a-z'’])",
    )
)
"""What tells apart what else has the same name, in folded, lower-case text: colours, measures, editions, sizes."""


def of_others(question: str, lines: Sequence[str]) -> Flags:
    """[lines]: true of a line that names another of what the question names. One that names none may answer."""
    asked, told = fold(question).lower(), [fold(line).lower() for line in lines]
    found = _of_other_orders(asked, told)
    about = [fold(text).lower() for text in with_orders(lines)]
    for name in _NAMES:
        wanted = set(_found(name, asked))
        named = [set(_found(name, text)) for text in about]
        # What no line has at all is no name of a subject: the customer's own size, or what there is nothing of.
        if any(wanted & each for each in named):
            found |= np.array([bool(each) and not wanted & each for each in named])
    return found


def with_orders(lines: Sequence[str]) -> list[str]:
    """Each line with all others of its order: what is known of the order tells which is meant by a product or a colour."""
    orders: dict[str, list[str]] = defaultdict(list)
    keys = [found[0] if (found := CODE.findall(fold(line))) else None for line in lines]
    for key, line in zip(keys, lines, strict=True):
        if key is not None:
            orders[key].append(line)
    return [" ".join(orders[key]) if key is not None else line for key, line in zip(keys, lines, strict=True)]


def same_code(asked: str, told: str) -> bool:
    """The same, or its last digits alone."""
    return told.upper().lstrip("#").endswith(asked.upper().lstrip("#"))


def _found(name: re.Pattern[str], text: str) -> list[str]:
    return [found.replace(" ", "") for found in name.findall(text)]


def _of_other_orders(question: str, lines: Sequence[str]) -> Flags:
    """An order that no line has: whatever has a number is another's."""
    asked = CODE.findall(question)
    told = [CODE.findall(line) for line in lines]
    return np.array(
        [
            bool(asked) and bool(each) and not any(same_code(a, t) for a in asked for t in each)
            for each in told
        ]
    )
