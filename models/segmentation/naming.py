"""Names for segments: which of the words that shops use fits a group's mean customer best, each word once."""

from collections.abc import Sequence
from itertools import permutations
from typing import Final

import numpy as np

from models.segmentation.features import FEATURES, Floats

UNKNOWN: Final = "unknown"
EVERYONE: Final = "everyone"
"""The name where a shop has a single segment."""

# What each word means, in standard deviations from the shop's mean customer: how recently, how often, for how much,
# with how large a basket, and known for how long.
_SPOKEN_OF: Final = ("recency", "frequency", "monetary", "basket", "tenure")
_MEANINGS: Final = {
    "champions": (-0.8, 1.3, 1.3, 0.4, 0.6),
    "loyal": (-0.5, 0.6, 0.4, -0.1, 0.5),
    "big_spender": (-0.2, 0.0, 0.9, 1.5, 0.2),
    "new": (-0.8, -0.8, -0.7, -0.2, -1.5),
    "occasional": (0.1, -0.5, -0.4, -0.1, 0.1),
    "at_risk": (0.9, 0.3, 0.3, 0.0, 0.6),
    "lapsed": (1.2, -0.9, -0.9, -0.3, 0.2),
}
NAMES: Final = tuple(_MEANINGS)


def names_of(centres: Floats) -> tuple[str, ...]:
    """A different name for each row of `centres` [k ≤ 7, FEATURES], in standard deviations from the shop's mean.

    The names are those whose meanings lie nearest in sum, so that no order of the rows matters.
    """
    if len(centres) <= 1:
        return (EVERYONE,) * len(centres)
    spoken_of = centres[:, [FEATURES.index(name) for name in _SPOKEN_OF]]
    meanings = np.array(list(_MEANINGS.values()))
    costs = ((spoken_of[:, None, :] - meanings[None, :, :]) ** 2).sum(axis=2)
    best = min(permutations(range(len(NAMES)), len(centres)), key=lambda places: _cost(costs, places))
    return tuple(NAMES[place] for place in best)


def _cost(costs: Floats, places: Sequence[int]) -> float:
    return float(sum(costs[row, place] for row, place in enumerate(places)))
