"""Whether a candidate may take the live adapter's place: it must be worse at nothing.

Both read the same held-out messages. A share of messages is worse when it has fallen by more than its margin, or when so
many more messages were lost than won that chance would do that once in twenty trials at most (an exact sign test; for the
recall of the intents, which are thirty trials at once, the level is divided by their number).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.types import OUT_OF_SCOPE
from models.understanding.calibration import expected_calibration_error
from models.understanding.evaluate import Predictions

LEVEL: Final = 0.05
ACCURACY_MARGIN: Final = 0.005
RECALL_MARGIN: Final = 0.05
OUTSIDE_MARGIN: Final = 0.02
CALIBRATION_MARGIN: Final = 0.01
CLARIFY_MARGIN: Final = 0.02
LATENCY_RATIO: Final = 1.15

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gate:
    """One comparison. `lost` and `won` are messages that the candidate alone reads wrong, and right; None of a measure."""

    name: str
    live: float
    candidate: float
    lost: int | None
    won: int | None
    is_worse: bool


def gates(labels: Sequence[str], live: Predictions, candidate: Predictions) -> tuple[Gate, ...]:
    """In scope, each intent's recall, out-of-scope recall, what is not rejected or asked back in scope, and calibration."""
    truth = np.array(labels)
    said_live, said = (np.array([r.intent for r in found.readings]) for found in (live, candidate))
    right_live, right = said_live == truth, said == truth
    inside = truth != OUT_OF_SCOPE
    intents = [str(name) for name in dict.fromkeys(truth[inside])]
    found = [_share("in scope", right_live[inside], right[inside], ACCURACY_MARGIN, LEVEL)]
    found += [
        _share(f"recall of {name}", right_live[truth == name], right[truth == name], RECALL_MARGIN, level)
        for level in (LEVEL / max(1, len(intents)),)
        for name in sorted(intents)
    ]
    if (~inside).any():
        found.append(
            _share("out-of-scope recall", right_live[~inside], right[~inside], OUTSIDE_MARGIN, LEVEL)
        )
    kept_live, kept = said_live[inside] != OUT_OF_SCOPE, said[inside] != OUT_OF_SCOPE
    found.append(_share("in scope not rejected", kept_live, kept, OUTSIDE_MARGIN, LEVEL))
    sure_live, sure = (
        np.array([r.decision != "clarify" for r in model.readings])[inside] for model in (live, candidate)
    )
    found.append(_share("in scope not asked back", sure_live, sure, CLARIFY_MARGIN, LEVEL))
    before, after = _calibration(live, right_live), _calibration(candidate, right)
    worse = _is_more(after - before, CALIBRATION_MARGIN)
    found.append(Gate("calibration error", before, after, None, None, worse))
    return tuple(found)


def latency_gate(live_ms: float, candidate_ms: float) -> Gate:
    """Milliseconds a message, of both side by side on one machine."""
    worse = _is_more(candidate_ms, LATENCY_RATIO * live_ms)
    return Gate("ms a message", live_ms, candidate_ms, None, None, worse)


def _share(name: str, live: Bools, candidate: Bools, margin: float, level: float) -> Gate:
    lost, won = int((live & ~candidate).sum()), int((~live & candidate).sum())
    before, after = float(live.mean()), float(candidate.mean())
    is_worse = _is_more(before - after, margin) or (lost > won and _by_chance(lost, won) <= level)
    return Gate(name, round(before, 4), round(after, 4), lost, won, is_worse)


def _is_more(measured: float, bound: float) -> bool:
    """By more than floats are off: 1 − 0.95 is not more than 0.05."""
    return round(measured - bound, 9) > 0


def _by_chance(lost: int, won: int) -> float:
    """The probability of at least `lost` of all that changed, when losing and winning are equally likely."""
    changed = lost + won
    ways = sum(math.comb(changed, k) for k in range(lost, changed + 1))
    return float(ways / 2**changed)


def _calibration(found: Predictions, is_right: Bools) -> float:
    sure = np.array([reading.probability for reading in found.readings], dtype=np.float64)
    return round(expected_calibration_error(sure, is_right), 4)
