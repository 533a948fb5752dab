"""Which kind of fact a message asks for by its likeness to what customers ask for each as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from models.types import Likeness

_LIKE: Final = 0.5
# Less like it than that, but more so than any other by as much.
_RATHER_LIKE: Final = 0.4
_AHEAD: Final = 0.08
_AS_LIKE: Final = 0.04


def kinds_by_likeness(likenesses: Sequence[Likeness], *, is_sure: bool = False) -> tuple[str, ...]:
    """The kind that is asked for like this, and what is as like it; none where nothing is, or not surely."""
    if not likenesses:
        return ()
    best, ahead = (
        likenesses[0].score,
        likenesses[0].score - max([0.0, *(each.score for each in likenesses[1:])]),
    )
    if best < _LIKE and (is_sure or best < _RATHER_LIKE or ahead < _AHEAD):
        return ()
    return tuple(each.name for each in likenesses if each.score >= likenesses[0].score - _AS_LIKE)
