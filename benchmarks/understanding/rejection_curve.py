"""What another threshold of rejection would give."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.types import OUT_OF_SCOPE
from models.understanding.evaluate import Predictions

_STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class RejectionPoint:
    """Shares of 1, were all rejected whose probability of being out of scope reaches `threshold`; None without such messages.

    `false_rejection` and `accuracy` are of the messages in scope: a rejected one is wrong.
    """

    threshold: float
    false_rejection: float | None
    out_of_scope_recall: float | None
    accuracy: float | None


def rejection_curve(found: Predictions, truth: npt.NDArray[np.str_]) -> tuple[RejectionPoint, ...]:
    """At 0, 0.01 … 1, one threshold for all languages; `truth` [n]. The adapter's own thresholds are each language's."""
    is_outside = truth == OUT_OF_SCOPE
    is_right = np.array(found.names)[found.inside.argmax(axis=1)] == truth
    outside = found.outside.astype(np.float64)
    return tuple(
        _point(step / _STEPS, outside >= step / _STEPS, is_outside, is_right) for step in range(_STEPS + 1)
    )


def _point(
    threshold: float,
    is_rejected: npt.NDArray[np.bool_],
    is_outside: npt.NDArray[np.bool_],
    is_right: npt.NDArray[np.bool_],
) -> RejectionPoint:
    return RejectionPoint(
        threshold,
        _share(is_rejected[~is_outside]),
        _share(is_rejected[is_outside]),
        _share((is_right & ~is_rejected)[~is_outside]),
    )


def _share(flags: npt.NDArray[np.bool_]) -> float | None:
    return round(float(flags.mean()), 4) if flags.size else None
