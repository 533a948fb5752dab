"""The selector on questions that its authors never saw: how often it is right, and how often it would tell a wrong line.

    python -m benchmarks.selection --out docs/results

`--items dev_b` asks those of another hand that may be read: the shipped selector has learned from them, and its card says
what heads came to that had not learned from the sheet that they were asked about. The blind ones decide nothing, and are for
a last look.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

from benchmarks.machine import describe
from benchmarks.selection.evaluation import Evaluation, Select, evaluate
from benchmarks.selection.items import Item, load_items
from models.selection import Selector
from models.types.understanding import Language

_ROOT: Final = Path(__file__).parents[2]
_MODELS: Final = Path(".kefu/models")
_RIGHT: Final = 0.93
_WRONG: Final = 0.02
"""What each language has to come to: so many right, and no more wrong lines."""


def measured(select: Select, items: Sequence[Item]) -> dict[str, Any]:
    """Figures of every group, the share of each language's requirement that is met, and the time of a question."""
    times: list[float] = []

    def timed(question: str, lines: Sequence[str], language: str) -> int | None:
        started = time.perf_counter()
        place = select(question, lines, language)
        times.append((time.perf_counter() - started) * 1000)
        return place

    found = evaluate(timed, items)
    p50, p95 = np.percentile(times, (50, 95))
    return {
        "figures": [
            asdict(f) | {"right_share": round(f.right_share, 4), "wrong_share": round(f.wrong_share, 4)}
            for f in found.figures
        ],
        "meets": _meets(found),
        "ms": {"p50": round(float(p50), 2), "p95": round(float(p95), 2)},
    }


def _meets(found: Evaluation) -> dict[str, bool]:
    return {
        figures.name: figures.right_share >= _RIGHT and figures.wrong_share <= _WRONG
        for figures in found.figures
        if figures.grouped_by == "language"
    }


ITEMS: Final[Mapping[str, Callable[[], tuple[Item, ...]]]] = {
    "blind": load_items,
    "dev_b": partial(load_items, name="dev_b"),
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="the folder of selection.json")
    parser.add_argument("--items", choices=tuple(ITEMS), default="blind")
    parser.add_argument("--models-dir", type=Path, default=_MODELS)
    asked = parser.parse_args()
    selector = Selector.load(asked.models_dir)

    def select(question: str, lines: Sequence[str], language: str) -> int | None:
        return selector.select(question, lines, cast(Language, language)).index

    command = f"python -m benchmarks.selection --items {asked.items}"
    found = (
        describe(_ROOT) | {"command": command, "items": asked.items} | measured(select, ITEMS[asked.items]())
    )
    if asked.out is not None:
        asked.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        (asked.out / "selection.json").write_text(text, encoding="utf-8")
    print(json.dumps(found, ensure_ascii=False))  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
