"""Reading a scrape: the text that Ray's metrics agents answer."""

import re
from collections.abc import Iterator
from typing import Final

_SAMPLE: Final = re.compile(
    r"^(?P<name>[A-Za-z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)", re.MULTILINE
)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def samples(text: str, name: str) -> Iterator[tuple[dict[str, str], float]]:
    """Labels and value of each sample of that series."""
    for found in _SAMPLE.finditer(text):
        if found["name"] == name:
            yield dict(_LABEL.findall(found["labels"] or "")), float(found["value"])


def sums(text: str, name: str, label: str) -> dict[str, float]:
    """The series' values added up by one label."""
    total: dict[str, float] = {}
    for labels, value in samples(text, name):
        key = labels.get(label, "")
        total[key] = total.get(key, 0.0) + value
    return total
