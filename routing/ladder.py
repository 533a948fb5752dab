"""The quality ladder: which rungs may answer this intent in this language, best first, and why not the others.

A generated rung is on only where its measured quality reaches the bound; the composed answer is always there, and the
acknowledgement with hand-off ends the ladder.
"""

from dataclasses import dataclass
from typing import Final, Literal

Rung = Literal["large", "small", "composed", "acknowledgement"]
GENERATED: Final[tuple[Literal["large", "small"], ...]] = ("large", "small")


@dataclass(frozen=True, slots=True)
class Measured:
    """Quality of one generated rung for one intent and language: share of answers found right."""

    rung: Literal["large", "small"]
    intent: str
    language: str
    quality: float


@dataclass(frozen=True, slots=True)
class RungChoice:
    """The rungs to try in order, and a reason for each generated rung that is left out.

    `is_degraded`: a rung that is good enough is down, and what is left is below it.
    """

    rungs: tuple[Rung, ...]
    reasons: tuple[str, ...]
    is_degraded: bool = False


def choose(
    intent: str,
    language: str,
    configured: tuple[str, ...],
    measured: tuple[Measured, ...],
    bound: float,
    unavailable: frozenset[str] = frozenset(),
) -> RungChoice:
    """The ladder for one request.

    `configured` are the chat models that run; `unavailable` those known to be down now, so that no request waits on one.
    """
    rungs: list[Rung] = []
    reasons: list[str] = []
    is_degraded = False
    for rung in GENERATED:
        if rung not in configured:
            continue
        quality = next(
            (m.quality for m in measured if (m.rung, m.intent, m.language) == (rung, intent, language)), None
        )
        if quality is None:
            reasons.append(f"{rung}: not measured for {intent}/{language}")
        elif quality < bound:
            reasons.append(f"{rung}: measured {quality:.2f} below {bound:.2f} for {intent}/{language}")
        elif rung in unavailable:
            reasons.append(f"{rung}: unavailable")
            is_degraded |= not rungs
        else:
            rungs.append(rung)
    return RungChoice((*rungs, "composed", "acknowledgement"), tuple(reasons), is_degraded)
