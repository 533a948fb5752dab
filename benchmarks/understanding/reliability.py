"""Whether probabilities are what they say: how often messages of about one probability are read right."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

BINS: Final = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """The messages whose probability is in [low, high): their mean probability, and the share that is right; None if none."""

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def bins(confidences: npt.NDArray[np.float64], is_right: npt.NDArray[np.bool_]) -> tuple[Bin, ...]:
    """15 of equal width, both arrays [n]: those that the expected calibration error is the mean gap of."""
    bin_of = np.minimum((confidences * BINS).astype(int), BINS - 1)
    return tuple(
        _bin(place, confidences[bin_of == place], is_right[bin_of == place]) for place in range(BINS)
    )


def _bin(place: int, confidences: npt.NDArray[np.float64], is_right: npt.NDArray[np.bool_]) -> Bin:
    low, high = (round(edge / BINS, 4) for edge in (place, place + 1))
    if not confidences.size:
        return Bin(low, high, 0, None, None)
    confidence, accuracy = (round(float(values.mean()), 4) for values in (confidences, is_right))
    return Bin(low, high, int(confidences.size), confidence, accuracy)
