"""How foreign a message is: several scores over the same features and logits, of which training keeps the best.

| kind        | score, higher is more foreign                                                                       |
|-------------|-----------------------------------------------------------------------------------------------------|
| class       | the out-of-scope logit less the log-sum-exp of the others (an explicit class)                        |
| softmax     | 1 less the largest in-scope probability (Hendrycks and Gimpel 2017)                                  |
| energy      | minus the log-sum-exp of the in-scope logits (Liu et al. 2020)                                       |
| mahalanobis | the least squared distance to a class's mean, under one covariance of all classes (Lee et al. 2018)  |
| relative    | the same, less the distance to the mean of everything (Ren et al. 2021)                              |
| knn         | 1 less the cosine to the tenth nearest training message (Sun et al. 2022)                            |
| blend       | a logistic regression over all of these but knn                                                      |
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from models.types import OUT_OF_SCOPE

Floats = npt.NDArray[np.float32]
Kind = Literal["class", "softmax", "energy", "mahalanobis", "relative", "knn", "blend"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_BLENDED: Final[tuple[Kind, ...]] = ("class", "softmax", "energy", "mahalanobis", "relative")
_NEIGHBOURS: Final = 10


@dataclass(frozen=True, slots=True)
class Rejector:
    """One score. `tensors` are what it keeps of the training messages; `inside` and `outside` are places of logits."""

    kind: Kind
    tensors: Mapping[str, Floats]
    inside: tuple[int, ...]
    outside: int | None

    def scores(self, features: Floats, logits: Floats) -> Floats:
        """[n, hidden] and uncalibrated [n, classes] → [n]."""
        return _SCORES[self.kind](self, features, logits)


def fit_rejectors(features: Floats, labels: Sequence[str], classes: Sequence[str]) -> dict[Kind, Rejector]:
    """Every kind that these training messages allow, but the blend, which `fit_blend` learns from others.

    `features` [n, hidden], one label a row; without out-of-scope messages there is no explicit class.
    """
    inside = tuple(place for place, name in enumerate(classes) if name != OUT_OF_SCOPE)
    outside = classes.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in classes else None
    truth = np.array([classes.index(label) for label in labels])
    known = truth != (-1 if outside is None else outside)
    distances: dict[str, Floats] = _distances(features[known], truth[known], inside)
    tensors: dict[Kind, Mapping[str, Any]] = {
        "softmax": {},
        "energy": {},
        "mahalanobis": distances,
        "relative": distances | _background(features[known]),
        "knn": {"neighbours": _unit(features[known]).astype(np.float16)},
    }
    if outside is not None:
        tensors["class"] = {}
    return {kind: Rejector(kind, kept, inside, outside) for kind, kept in tensors.items()}


def fit_blend(
    rejectors: Mapping[Kind, Rejector], features: Floats, logits: Floats, is_outside: npt.NDArray[np.bool_]
) -> Rejector | None:
    """The blend, learned from messages that the rejectors were not fitted on; None without an explicit class."""
    from sklearn.linear_model import LogisticRegression

    if not all(kind in rejectors for kind in _BLENDED):
        return None
    columns = np.column_stack([rejectors[kind].scores(features, logits) for kind in _BLENDED])
    mean, spread = columns.mean(axis=0), columns.std(axis=0) + 1e-6
    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
    model.fit((columns - mean) / spread, is_outside)
    weights = (model.coef_[0] / spread).astype(np.float32)
    first = rejectors["relative"]
    return Rejector("blend", {**first.tensors, "weights": weights}, first.inside, first.outside)


def _softmax(rejector: Rejector, _: Floats, logits: Floats) -> Floats:
    inside = logits[:, rejector.inside]
    powers = np.exp(inside - inside.max(axis=1, keepdims=True))
    scores: Floats = 1 - (powers.max(axis=1) / powers.sum(axis=1))
    return scores


def _energy(rejector: Rejector, _: Floats, logits: Floats) -> Floats:
    return -_log_sum_exp(logits[:, rejector.inside])


def _class(rejector: Rejector, _: Floats, logits: Floats) -> Floats:
    scores: Floats = logits[:, rejector.outside] - _log_sum_exp(logits[:, rejector.inside])
    return scores


def _mahalanobis(rejector: Rejector, features: Floats, _: Floats) -> Floats:
    white = features @ rejector.tensors["whitening"]
    means = rejector.tensors["means"]
    squares = (white**2).sum(axis=1)[:, None] - 2 * white @ means.T + (means**2).sum(axis=1)[None]
    scores: Floats = squares.min(axis=1)
    return scores


def _relative(rejector: Rejector, features: Floats, logits: Floats) -> Floats:
    white = features @ rejector.tensors["background_whitening"] - rejector.tensors["background_mean"]
    scores: Floats = _mahalanobis(rejector, features, logits) - (white**2).sum(axis=1)
    return scores


def _knn(rejector: Rejector, features: Floats, _: Floats) -> Floats:
    cosines = _unit(features) @ rejector.tensors["neighbours"].astype(np.float32).T
    tenth = min(_NEIGHBOURS, cosines.shape[1])
    scores: Floats = 1 - np.partition(cosines, -tenth, axis=1)[:, -tenth]
    return scores


def _blend(rejector: Rejector, features: Floats, logits: Floats) -> Floats:
    columns = np.column_stack([_SCORES[kind](rejector, features, logits) for kind in _BLENDED])
    scores: Floats = columns @ rejector.tensors["weights"]
    return scores


_SCORES: Final[Mapping[Kind, Callable[[Rejector, Floats, Floats], Floats]]] = {
    "class": _class,
    "softmax": _softmax,
    "energy": _energy,
    "mahalanobis": _mahalanobis,
    "relative": _relative,
    "knn": _knn,
    "blend": _blend,
}


def _distances(features: Floats, truth: Any, inside: tuple[int, ...]) -> dict[str, Floats]:
    """Means of the classes and what makes their common covariance round, both in that rounded space."""
    means = np.stack([features[truth == place].mean(axis=0) for place in inside if (truth == place).any()])
    rank = {place: row for row, place in enumerate(p for p in inside if (truth == p).any())}
    centred = features - means[[rank[int(place)] for place in truth]]
    whitening = _whitening(centred)
    return {"whitening": whitening, "means": (means @ whitening).astype(np.float32)}


def _background(features: Floats) -> dict[str, Floats]:
    mean = features.mean(axis=0)
    whitening = _whitening(features - mean)
    return {
        "background_whitening": whitening,
        "background_mean": (mean @ whitening).astype(np.float32),
    }


def _whitening(centred: Floats) -> Floats:
    """The Cholesky factor of the inverse covariance, which is shrunk after Ledoit and Wolf."""
    from sklearn.covariance import LedoitWolf

    precision = LedoitWolf(assume_centered=True).fit(centred.astype(np.float64)).precision_
    return np.linalg.cholesky(precision).astype(np.float32)


def _unit(features: Floats) -> Floats:
    scaled: Floats = features / (np.linalg.norm(features, axis=1, keepdims=True) + 1e-9)
    return scaled


def _log_sum_exp(logits: Floats) -> Floats:
    highest = logits.max(axis=1)
    summed: Floats = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return summed
