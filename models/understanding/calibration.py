"""Calibration and thresholds of the intent head, each chosen on the validation split and per language."""

from collections.abc import Mapping, Sequence
from typing import Final, get_args

import numpy as np
import numpy.typing as npt

from models.types import OUT_OF_SCOPE
from models.types.understanding import Language
from models.understanding.heads import Floats, LinearHead, Thresholds, softmax

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
ROUTE_PRECISION: Final = 0.92
"""Of the validation messages that are routed, the share that must go to the right intent."""

SUSPECT_SHARE: Final = 0.03
"""Of the validation messages in scope, the share that is questioned because it looks foreign."""

_TEMPERATURES: Final = np.geomspace(0.25, 4.0, 97)
# Above this, too many right answers would be questioned; a precision that needs more is not reached.
_HIGHEST_ROUTE_THRESHOLD: Final = 0.75
_LOWEST_ROUTE_THRESHOLD: Final = 0.25
_ROUTE_STEPS: Final = np.linspace(_LOWEST_ROUTE_THRESHOLD, _HIGHEST_ROUTE_THRESHOLD, 51)
_OUTSIDE_STEPS: Final = np.linspace(0.10, 0.90, 81)


def fit_temperatures(
    head: LinearHead, features: Floats, labels: Sequence[str], languages: Sequence[Language]
) -> dict[Language, float]:
    """The temperature of each language under which the labels are likeliest; 1 for a language without messages."""
    logits, truth = head.logits(features), _places(head, labels)
    temperatures: dict[Language, float] = {}
    for language in LANGUAGES:
        rows = np.flatnonzero(np.array(languages) == language)
        if not rows.size:
            temperatures[language] = 1.0
            continue
        losses = [
            -np.log(softmax(logits[rows] / np.float32(t))[np.arange(rows.size), truth[rows]] + 1e-12).mean()
            for t in _TEMPERATURES
        ]
        temperatures[language] = round(float(_TEMPERATURES[int(np.argmin(losses))]), 4)
    return temperatures


def choose_thresholds(
    probabilities: Floats, head: LinearHead, labels: Sequence[str], languages: Sequence[Language]
) -> Thresholds:
    """Out of scope where F1 is best; then per language the lowest route threshold that reaches ROUTE_PRECISION.

    Foreign messages are few: what concerns them is chosen on both languages together. A message is suspect from where
    SUSPECT_SHARE of those in scope lie above: foreign messages unlike any in the corpus get small probabilities of being
    out of scope, but seldom as small as those that belong here.
    """
    truth, outside_place = _places(head, labels), head.labels.index(OUT_OF_SCOPE)
    outside = _best_f1(probabilities[:, outside_place], truth == outside_place)
    in_scope = probabilities[truth != outside_place, outside_place]
    suspect = (
        min(outside, round(float(np.quantile(in_scope, 1 - SUSPECT_SHARE)), 4)) if in_scope.size else outside
    )
    route: dict[Language, float] = {}
    for language in LANGUAGES:
        rows = np.flatnonzero(np.array(languages) == language)
        known = probabilities[rows]
        inside = known[:, outside_place] < suspect
        route[language] = _lowest_precise(known[inside], truth[rows][inside], outside_place)
    return Thresholds(route, dict.fromkeys(LANGUAGES, outside), dict.fromkeys(LANGUAGES, suspect))


def expected_calibration_error(
    confidences: npt.NDArray[np.floating], is_right: npt.NDArray[np.bool_], bins: int = 15
) -> float:
    """ECE over bins of equal width."""
    bin_of = np.minimum((confidences * bins).astype(int), bins - 1)
    gaps = [
        abs(confidences[bin_of == b].mean() - is_right[bin_of == b].mean()) * (bin_of == b).sum()
        for b in range(bins)
        if (bin_of == b).any()
    ]
    return float(sum(gaps) / max(1, len(confidences)))


def _places(head: LinearHead, labels: Sequence[str]) -> npt.NDArray[np.int64]:
    place: Mapping[str, int] = {label: number for number, label in enumerate(head.labels)}
    return np.array([place[label] for label in labels], dtype=np.int64)


def _best_f1(scores: Floats, is_outside: npt.NDArray[np.bool_]) -> float:
    if not is_outside.any():
        return 0.5
    flagged = scores[None, :] >= _OUTSIDE_STEPS[:, None]
    hits = (flagged & is_outside).sum(axis=1)
    f1 = 2 * hits / (flagged.sum(axis=1) + is_outside.sum())
    best = np.flatnonzero(f1 >= f1.max() - 1e-9)
    return round(
        float(_OUTSIDE_STEPS[best[len(best) // 2]]), 4
    )  # the middle of a plateau moves least with the data


def _lowest_precise(probabilities: Floats, truth: npt.NDArray[np.int64], outside_place: int) -> float:
    inside = probabilities.copy()
    inside[:, outside_place] = -1.0
    best, sure = inside.argmax(axis=1), inside.max(axis=1, initial=0.0)
    for threshold in _ROUTE_STEPS:
        routed = sure >= threshold
        if routed.any() and (best[routed] == truth[routed]).mean() >= ROUTE_PRECISION:
            return round(float(threshold), 4)
    return _HIGHEST_ROUTE_THRESHOLD
