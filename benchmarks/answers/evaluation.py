"""One evaluation whole: what was asked of which profile, and what came of it. No text of anybody's data is in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import yaml

from benchmarks.answers.asking import Answered
from benchmarks.answers.figures import Bound, Figures, RungFigures, bounds, by_rung, figures

SCHEMA: Final = 1
COMPOSED: Final = "composed"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`head` is the commit, machine and versions; `rung` the generated one that was on, or `composed`; `left_out` the shops
    whose data is not on this machine.
    """

    head: Mapping[str, Any]
    command: str
    profile: str
    rung: str
    left_out: tuple[str, ...]
    answered: tuple[Answered, ...]

    @property
    def figures(self) -> tuple[Figures, ...]:
        return figures(self.answered)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        return bounds(self.answered)

    @property
    def measured(self) -> tuple[RungFigures, ...]:
        """By intent and language: a generated rung's are lines of the profile's ladder."""
        return by_rung(self.answered, self.rung)


def told(answered: Sequence[Answered], *, is_blind_shown: bool) -> tuple[Answered, ...]:
    """Those whose questions may be told one by one: a blind one is blind no more once its fault is known."""
    return tuple(one for one in answered if is_blind_shown or one.asked.half != "blind")


def encoded(evaluation: Evaluation, *, is_blind_shown: bool) -> str:
    """The JSON file's text. Questions by their ids, facts as their files write them."""
    document = {
        "schema_version": SCHEMA,
        **evaluation.head,
        "command": evaluation.command,
        "profile": evaluation.profile,
        "rung": evaluation.rung,
        "left_out": list(evaluation.left_out),
        "bounds": [{**asdict(bound), "is_met": bound.is_met} for bound in evaluation.bounds],
        "figures": [_figures(one) for one in evaluation.figures],
        "measured": [asdict(one) for one in evaluation.measured],
        "answers": [_answer(one) for one in told(evaluation.answered, is_blind_shown=is_blind_shown)],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def profile_lines(measured: Sequence[RungFigures], source: str) -> str:
    """What a profile's `identity.ladder` takes."""
    lines = [{**asdict(one), "source": source} for one in measured]
    return str(yaml.safe_dump({"measured": lines}, allow_unicode=True, sort_keys=False, width=200))


def transcript(answered: Sequence[Answered]) -> str:
    """Questions and answers in words, to read on this machine: it holds what rows hold, and belongs in no repository."""
    entries = [
        {
            "id": one.asked.question.id,
            "outcome": one.outcome,
            "asks": one.asked.message,
            "answers": one.answer,
            "intent": f"{one.asked.question.intent}, read as {one.read_as}",
            "rung": one.rung,
            "missing": [dict(spec) for spec in one.missing],
            "said": [dict(spec) for spec in one.said],
            "left_out": list(one.left_out),
        }
        for one in answered
    ]
    return str(yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=110))


def _figures(one: Figures) -> dict[str, Any]:
    shares = {
        "right_share": one.right_share,
        "complete_share": one.complete_share,
        "evaded_share": one.evaded_share,
    }
    return {
        **asdict(one),
        **{name: None if share is None else round(share, 4) for name, share in shares.items()},
    }


def _answer(one: Answered) -> dict[str, Any]:
    return {
        "id": one.asked.question.id,
        "outcome": one.outcome,
        "rung": one.rung,
        "read_as": one.read_as,
        "hands_off": one.hands_off,
        "missing": [dict(spec) for spec in one.missing],
        "said": [dict(spec) for spec in one.said],
        "left_out": list(one.left_out),
    }
