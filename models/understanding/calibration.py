"""Calibration and thresholds of the intent head, each chosen on the validation split and per language."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt

from models.types import OUT_OF_SCOPE
from models.types.understanding import Language
from models.understanding.heads import (
    UNCHANGED,
    Curve,
    Heads,
    LinearHead,
    Rejection,
    Thresholds,
    Told,
    softmax,
)
from models.understanding.rejection import Floats, Kind, Rejector, fit_blend, fit_rejectors

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
ROUTE_PRECISION: Final = 0.97
"""Of the validation messages that are routed, the share that must go to the right intent."""

MOST_CLARIFIED: Final = 0.07
"""Of the validation messages in scope, the share that may be asked about to reach that precision."""

MOST_REJECTED: Final = 0.05
"""Of the validation messages in scope, the share that may be taken for foreign."""

_WORTH: Final = 0.2
"""What a foreign message that goes unrecognised costs, where a message in scope that is rejected costs 1."""

_REJECTED_UNSEEN: Final = 0.03
"""The share in scope that is rejected where no foreign message is at hand to choose by."""

_ENOUGH: Final = 40

_A_POINT: Final = 50
_A_FOREIGN_POINT: Final = 15
"""Messages behind each point of a curve. Of 15 to 100, and of other curves, least loss in folds of validation."""

_NEVER: Final = 1.01
"""A threshold that no probability reaches."""

_TEMPERATURES: Final = np.geomspace(0.25, 4.0, 97)


@dataclass(frozen=True, slots=True)
class Measured:
    """Validation messages: features [n, hidden], the head's logits [n, classes], labels and languages."""

    features: Floats
    logits: Floats
    labels: Sequence[str]
    languages: Sequence[Language]

    @property
    def is_outside(self) -> npt.NDArray[np.bool_]:
        """Which are out of scope."""
        return np.array([label == OUT_OF_SCOPE for label in self.labels], dtype=bool)


@dataclass(frozen=True, slots=True)
class Compared:
    """A rejector on validation: the area under its curve, and the share recognised when 5 % in scope are rejected."""

    kind: Kind
    auroc: float
    recall_at_5_percent: float


def fit_temperatures(
    head: LinearHead, logits: Floats, labels: Sequence[str], languages: Sequence[Language]
) -> dict[Language, float]:
    """The temperature of each language under which the in-scope labels are likeliest; 1 for one without messages."""
    inside = [place for place, name in enumerate(head.labels) if name != OUT_OF_SCOPE]
    place_of = {head.labels[place]: row for row, place in enumerate(inside)}
    temperatures: dict[Language, float] = {}
    for language in LANGUAGES:
        rows = [
            row
            for row, (label, spoken) in enumerate(zip(labels, languages, strict=True))
            if spoken == language and label in place_of
        ]
        temperatures[language] = 1.0
        if rows:
            truth = [place_of[labels[row]] for row in rows]
            losses = [_loss(logits[rows][:, inside] / np.float32(t), truth) for t in _TEMPERATURES]
            temperatures[language] = round(float(_TEMPERATURES[int(np.argmin(losses))]), 4)
    return temperatures


def choose_rejection(
    classes: Sequence[str], train: tuple[Floats, Sequence[str]], validation: Measured
) -> tuple[Rejection, tuple[Compared, ...]]:
    """The rejector that separates best on validation, calibrated; with how all of them did.

    `train` are the features and labels that the rejectors are fitted on. Without foreign messages in validation there is
    nothing to compare by, and the distance relative to the background is taken.
    """
    rejectors: dict[Kind, Rejector] = dict(fit_rejectors(*train, classes))
    is_outside = validation.is_outside
    if not is_outside.any():
        return _calibrate(rejectors["relative"], validation), ()
    blend = fit_blend(rejectors, validation.features, validation.logits, is_outside)
    if blend is not None:
        rejectors["blend"] = blend
    compared = tuple(
        _compared(kind, rejector.scores(validation.features, validation.logits), is_outside)
        for kind, rejector in rejectors.items()
    )
    best = max(compared, key=lambda c: (round(c.auroc, 3), c.recall_at_5_percent))
    return _calibrate(rejectors[best.kind], validation), compared


def recalibrated(
    heads: Heads, features: Floats, labels: Sequence[str], languages: Sequence[Language]
) -> Heads:
    """The heads with temperatures and thresholds for validation features of another precision than they were fitted in."""
    found = Measured(features, heads.intent.logits(features), labels, languages)
    temperatures = fit_temperatures(heads.intent, found.logits, labels, languages)
    rejection = _calibrate(heads.rejection.rejector, found)
    return with_thresholds(replace(heads, temperatures=temperatures, rejection=rejection), found)


def with_thresholds(heads: Heads, found: Measured) -> Heads:
    """The heads with thresholds for their probabilities, and with what is told instead of these."""
    inside, outside = heads.probabilities(found.features, found.languages)
    names = [heads.intent.labels[place] for place in heads.inside]
    thresholds = choose_thresholds(inside, outside, names, found)
    return replace(
        heads, thresholds=thresholds, told=_what_to_tell(inside, outside, names, thresholds, found)
    )


def choose_thresholds(inside: Floats, outside: Floats, names: Sequence[str], found: Measured) -> Thresholds:
    """Out of scope where the cost of both errors is least; then the lowest route threshold of ROUTE_PRECISION.

    `inside` [n, in scope] and `outside` [n] are calibrated probabilities of the messages in `found`.
    """
    is_outside, languages = found.is_outside, np.array(found.languages)
    rejects: dict[Language, float] = {}
    routes: dict[Language, float] = {}
    for language in LANGUAGES:
        rows = _rows(languages, language, is_outside)
        rejects[language] = _least_cost(outside[rows], is_outside[rows])
        rows = rows[(languages[rows] == language) & (outside[rows] < rejects[language])]
        right = np.array([names[int(inside[row].argmax())] == found.labels[row] for row in rows], dtype=bool)
        asked = ~is_outside[rows]
        routes[language] = _lowest_precise(inside[rows].max(axis=1, initial=0.0), right, asked)
    return Thresholds(routes, rejects)


def _what_to_tell(
    inside: Floats, outside: Floats, names: Sequence[str], thresholds: Thresholds, found: Measured
) -> Told:
    """Curves of the intents, by language where it has enough messages, and one of what is rejected, for they are few."""
    languages = np.array(found.languages)
    rejected = outside >= np.array([thresholds.out_of_scope[spoken] for spoken in found.languages])
    best = np.array([names[place] for place in inside.argmax(axis=1)])
    is_right, sure = best == np.array(found.labels), inside.max(axis=1)
    read = np.flatnonzero(~rejected)
    own = {spoken: read[languages[read] == spoken] for spoken in LANGUAGES}
    chosen = {spoken: rows if len(rows) >= 2 * _A_POINT else read for spoken, rows in own.items()}
    curves = {spoken: _curve(sure[rows], is_right[rows], _A_POINT) for spoken, rows in chosen.items()}
    foreign = _curve(outside[rejected], found.is_outside[rejected], _A_FOREIGN_POINT)
    return Told(curves, dict.fromkeys(LANGUAGES, foreign))


def _curve(sure: Floats, is_right: npt.NDArray[np.bool_], a_point: int) -> Curve:
    """From 0 through a point for each `a_point` messages, monotone: a temperature alone leaves the middle too sure."""
    from sklearn.isotonic import IsotonicRegression

    points = len(sure) // a_point
    if points < 2:
        return UNCHANGED
    parts = np.array_split(np.argsort(sure, kind="stable"), points)
    at = np.array([sure[part].mean() for part in parts])
    right, sizes = (np.array([count(is_right[part]) for part in parts]) for count in (np.sum, len))
    shares = IsotonicRegression().fit(at, right / sizes, sample_weight=sizes).predict(at)
    # One more of each kind, once for all points that share a level: else the top could never be told above 51 of 52.
    level = np.unique(shares, return_inverse=True)[1]
    all_right, all_of = (np.bincount(level, counts)[level] for counts in (right, sizes))
    told = np.maximum.accumulate((all_right + 1) / (all_of + 2))
    return Curve(*(tuple(round(float(p), 4) for p in (0.0, *points)) for points in (at, told)))


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


def recall_at(scores: Floats, is_outside: npt.NDArray[np.bool_], rejected: float = 0.05) -> float:
    """The share of foreign messages that score above all but `rejected` of those in scope."""
    bound = np.quantile(scores[~is_outside], 1 - rejected)
    return float((scores[is_outside] > bound).mean())


def _compared(kind: Kind, scores: Floats, is_outside: npt.NDArray[np.bool_]) -> Compared:
    from sklearn.metrics import roc_auc_score

    area = float(roc_auc_score(is_outside, scores))
    return Compared(kind, round(area, 4), round(recall_at(scores, is_outside), 4))


def _calibrate(rejector: Rejector, found: Measured) -> Rejection:
    scores, is_outside = rejector.scores(found.features, found.logits), found.is_outside
    languages = np.array(found.languages)
    slope: dict[Language, float] = {}
    offset: dict[Language, float] = {}
    for language in LANGUAGES:
        rows = _rows(languages, language, is_outside)
        fitted = _logistic(scores[rows], is_outside[rows])
        slope[language], offset[language] = (round(number, 6) for number in fitted)
    return Rejection(rejector, slope, offset)


def _rows(languages: Any, language: Language, is_outside: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The language's messages; all of them where it has too few foreign ones to choose by, or none in scope."""
    rows = np.flatnonzero(languages == language)
    foreign = int(is_outside[rows].sum())
    return rows if _ENOUGH <= foreign < len(rows) else np.arange(len(languages))


def _logistic(scores: Floats, is_outside: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset. Without foreign messages: even odds where _REJECTED_UNSEEN of those in scope lie above."""
    spread = float(scores.std()) + 1e-6
    if not is_outside.any() or is_outside.all():
        return 1 / spread, -float(np.quantile(scores, 1 - _REJECTED_UNSEEN)) / spread
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e4, max_iter=1000).fit((scores / spread)[:, None], is_outside)
    return float(model.coef_[0, 0]) / spread, float(model.intercept_[0])


def _least_cost(outside: Floats, is_outside: npt.NDArray[np.bool_]) -> float:
    """The threshold of least cost that rejects at most MOST_REJECTED; the middle of the best, which moves least."""
    if not is_outside.any():
        return 0.5
    steps = np.append(np.linspace(0.02, 0.98, 97), _NEVER)
    rejected = (outside[~is_outside][None] >= steps[:, None]).mean(axis=1)
    missed = (outside[is_outside][None] < steps[:, None]).mean(axis=1)
    costs = np.where(rejected <= MOST_REJECTED, rejected + _WORTH * missed, np.inf)
    best = np.flatnonzero(costs <= costs.min() + 1e-9)
    return round(float(steps[best[len(best) // 2]]), 4)


def _lowest_precise(sure: Floats, right: npt.NDArray[np.bool_], is_inside: npt.NDArray[np.bool_]) -> float:
    """The lowest threshold above which ROUTE_PRECISION are right, unless more than MOST_CLARIFIED would be asked about."""
    if not is_inside.any():
        return 0.5
    highest = float(np.quantile(sure[is_inside], MOST_CLARIFIED))
    for threshold in np.linspace(0.0, highest, 101):
        routed = sure >= threshold
        if right[routed].mean() >= ROUTE_PRECISION:
            return round(float(threshold), 4)
    return round(highest, 4)


def _loss(logits: Floats, truth: Sequence[int]) -> float:
    probabilities = softmax(logits)[np.arange(len(truth)), truth]
    return float(-np.log(probabilities + 1e-12).mean())
