"""What an evaluation comes to: by half, rung, language, shop and intent, and beside the bounds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from benchmarks.answers.asking import Answered

Kind = Literal["all", "half", "rung", "language", "shop", "intent"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one group. Of the `answerable`, so many state every required fact (`complete`) and so many are handed over
    or evaded; of all `asked`, so many are right and so many state a forbidden fact.
    """

    kind: Kind
    name: str
    asked: int
    right: int
    answerable: int
    complete: int
    evaded: int
    forbidden: int

    @property
    def right_share(self) -> float | None:
        """Of all that were asked."""
        return self.right / self.asked if self.asked else None

    @property
    def complete_share(self) -> float | None:
        """Of the answerable."""
        return self.complete / self.answerable if self.answerable else None

    @property
    def evaded_share(self) -> float | None:
        """Of the answerable."""
        return self.evaded / self.answerable if self.answerable else None


@dataclass(frozen=True, slots=True)
class Bound:
    """What the answers of a profile must reach: at least `share`, or at most it where `is_most`."""

    name: str
    share: float
    value: float | None
    is_most: bool

    @property
    def is_met(self) -> bool:
        if self.value is None:
            return False
        return self.value <= self.share if self.is_most else self.value >= self.share


@dataclass(frozen=True, slots=True)
class RungFigures:
    """How often a rung's own answer was right, for one intent and language: a line of a profile's `ladder.measured`.

    An answer that fell to another rung is none of its own, and counts as not right.
    """

    rung: str
    intent: str
    language: str
    quality: float
    items: int


_KEYS: Final[tuple[tuple[Kind, Callable[[Answered], str]], ...]] = (
    ("all", lambda one: "all"),
    ("half", lambda one: one.asked.half),
    ("rung", lambda one: one.rung),
    ("language", lambda one: one.asked.question.language),
    ("shop", lambda one: one.asked.shop),
    ("intent", lambda one: one.asked.question.intent),
)


def figures(answered: Sequence[Answered]) -> tuple[Figures, ...]:
    """Every group of every kind, in order of their names."""
    return tuple(
        _group(kind, name, [one for one in answered if key(one) == name])
        for kind, key in _KEYS
        for name in sorted({key(one) for one in answered})
    )


def bounds(answered: Sequence[Answered]) -> tuple[Bound, ...]:
    """Beside what the laptop profile must reach."""
    whole = _group("all", "all", answered)
    forbidden = whole.forbidden / whole.asked if whole.asked else None
    return (
        Bound("State every required fact", 0.92, whole.complete_share, is_most=False),
        Bound("State a forbidden fact", 0.0, forbidden, is_most=True),
        Bound("Handed over or evaded", 0.08, whole.evaded_share, is_most=True),
    )


def by_rung(answered: Sequence[Answered], rung: str) -> tuple[RungFigures, ...]:
    """A generated rung by intent and language, where it was on for all of them."""
    pairs = sorted({(one.asked.question.intent, one.asked.question.language) for one in answered})
    return tuple(_rung_figures(answered, rung, intent, language) for intent, language in pairs)


def _rung_figures(answered: Sequence[Answered], rung: str, intent: str, language: str) -> RungFigures:
    group = [
        one
        for one in answered
        if (one.asked.question.intent, one.asked.question.language) == (intent, language)
    ]
    right = sum(one.outcome == "right" and one.rung == rung for one in group)
    return RungFigures(rung, intent, language, round(right / len(group), 4), len(group))


def _group(kind: Kind, name: str, answered: Iterable[Answered]) -> Figures:
    group = list(answered)
    answerable = [one for one in group if one.is_answerable]
    return Figures(
        kind,
        name,
        asked=len(group),
        right=sum(one.outcome == "right" for one in group),
        answerable=len(answerable),
        complete=sum(not one.missing for one in answerable),
        evaded=sum(one.ends_in_evasion for one in answerable),
        forbidden=sum(bool(one.said) for one in group),
    )
