"""The form of answer that a question asks for and that a line tells, by words."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
import yaml

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Form:
    """Words of a question, and of a line."""

    name: str
    asked: re.Pattern[str]
    told: re.Pattern[str]


@cache
def forms() -> tuple[Form, ...]:
    """In the order of their file."""
    document = yaml.safe_load(files(__package__).joinpath("forms.yaml").read_text(encoding="utf-8"))
    return tuple(
        Form(name, *(_pattern(words[part]) for part in ("asked", "told"))) for name, words in document.items()
    )


def asked(question: str) -> Floats:
    """1.0 for each form that the question asks for."""
    return np.array([form.asked.search(question) is not None for form in forms()], np.float32)


def told(line: str) -> Floats:
    """1.0 for each form that the line tells."""
    return np.array([form.told.search(line) is not None for form in forms()], np.float32)


def _pattern(words: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{word})" for word in words), _FLAGS)


_FLAGS: Final = re.IGNORECASE
