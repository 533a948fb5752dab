"""The grounding check on facts with right and wrong answers: how many errors it catches, how many right answers it rejects.

    python -m benchmarks.grounding_pairs --family dev --pairs 800 --seed 1 --out docs/results --misses

Exits with 1 where fewer than 97 % of the errors are caught, or more than 5 % of the right sentences rejected.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from benchmarks.grounding_pairs.family import FAMILIES, UNREAD
from benchmarks.grounding_pairs.pairs import Pair, pairs
from benchmarks.machine import describe

_ROOT: Final = Path(__file__).parents[2]
_LEAST_CAUGHT: Final = 0.97
_MOST_REJECTED: Final = 0.05
_LEAST_PAIRS: Final = 400

# What the check finds in a pair's sentence, as text; None where the sentence may be sent.
Check = Callable[[Pair], str | None]


def kefus_check() -> Check:
    """The check that every generated sentence passes."""
    grounding = import_module("routing.grounding")

    def found(pair: Pair) -> str | None:
        facts = [grounding.Fact(id=line.id, text=line.text, subject=line.subject) for line in pair.lines]
        finding = grounding.check(pair.sentence, facts, pair.language, pair.said)
        return None if finding is None else f"{finding.kind}: {finding.what}"

    return found


def judge(asked: Sequence[Pair], check: Check) -> tuple[dict[str, Any], list[tuple[Pair, str | None]]]:
    """The figures, and the pairs that were judged wrongly with what was found."""
    rejected: list[bool] = []
    elapsed: list[float] = []
    missed: list[tuple[Pair, str | None]] = []
    for pair in asked:
        started = time.perf_counter()
        found = check(pair)
        elapsed.append(1000 * (time.perf_counter() - started))
        rejected.append(found is not None)
        if (found is not None) == pair.is_right:
            missed.append((pair, found))
    return {
        "pairs": len(asked),
        "caught": _shares(asked, rejected, of_right=False),
        "wrongly_rejected": _shares(asked, rejected, of_right=True),
        "check_ms": {f"p{q}": round(float(np.percentile(elapsed, q)), 4) for q in (50, 99)},
    }, missed


def _shares(asked: Sequence[Pair], rejected: Sequence[bool], *, of_right: bool) -> dict[str, Any]:
    """Of all, by kind and by language: how many there are and which share was rejected."""
    groups: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for pair, is_rejected in zip(asked, rejected, strict=True):
        if pair.is_right == of_right:
            for group in (("all", ""), ("by_language", pair.language), ("by_kind", pair.kind)):
                groups[group].append(is_rejected)
    made: dict[str, Any] = {"by_language": {}, "by_kind": {}}
    for (name, key), values in sorted(groups.items()):
        share = {"pairs": len(values), "share": round(sum(values) / len(values), 4)}
        if key:
            made[name][key] = share
        else:
            made |= share
    return made


def is_enough(figures: dict[str, Any]) -> bool:
    """Whether both bounds hold."""
    return bool(
        figures["caught"]["share"] >= _LEAST_CAUGHT and figures["wrongly_rejected"]["share"] <= _MOST_REJECTED
    )


def _print_miss(pair: Pair, found: str | None, to: TextIO) -> None:
    verdict = f"rejected for {found}" if pair.is_right else f"released, {pair.kind}: {pair.error}"
    facts = "".join(
        f"  [{line.id}{' ' + line.subject if line.subject else ''}] {line.text}\n" for line in pair.lines
    )
    to.write(f"{verdict}\n  said: {pair.said}\n{facts}  > {pair.sentence}\n\n")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--family", choices=FAMILIES, required=True)
    parser.add_argument("--pairs", type=int, default=800, help=f"at least {_LEAST_PAIRS}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="the folder for grounding-pairs-FAMILY.json")
    parser.add_argument(
        "--misses",
        action="store_true",
        help=f"print each wrongly judged pair; not of {' or '.join(sorted(UNREAD))}",
    )
    arguments = parser.parse_args()
    if arguments.misses and arguments.family in UNREAD:
        parser.error(
            f"the misses of {arguments.family} are not shown: whoever writes the check would fit it to them, "
            "and its figure would stand for nothing. Look at those of the others."
        )
    if arguments.pairs < _LEAST_PAIRS:
        parser.error(f"--pairs: a share of fewer than {_LEAST_PAIRS} says too little")
    asked = pairs(arguments.family, arguments.pairs, arguments.seed)
    figures, missed = judge(asked, kefus_check())
    command = (
        f"python -m benchmarks.grounding_pairs --family {arguments.family} --pairs {arguments.pairs} "
        f"--seed {arguments.seed} --out docs/results"
    )
    result = describe(_ROOT) | {"command": command, "family": arguments.family} | figures
    if arguments.misses:
        for pair, found in missed:
            _print_miss(pair, found, sys.stdout)
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (arguments.out / f"grounding-pairs-{arguments.family}.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")
    sys.exit(0 if is_enough(figures) else 1)


if __name__ == "__main__":
    main()
