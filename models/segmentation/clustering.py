"""How many segments a shop has, and where they lie: k-means on principal components, k by agreement and separation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.segmentation.features import Floats

Labels = npt.NDArray[np.int64]

MOST_SEGMENTS: Final = 6
FEWEST_SEGMENTS: Final = 3
"""Silhouette alone prefers two groups, good and poor customers, in nearly every shop: too coarse to be of use."""
CUSTOMERS_A_SEGMENT: Final = 5
"""A shop with fewer customers than this for each segment gets fewer segments."""
STABLE_ARI: Final = 0.8
SMALLEST_SHARE: Final = 0.05
SILHOUETTE_SLACK: Final = 0.05
"""So much separation is given up for a finer picture."""
_EXPLAINED: Final = 0.9
_REFITS: Final = 8
_RESTARTS: Final = 5
_SILHOUETTE_SAMPLE: Final = 2000


@dataclass(frozen=True, slots=True)
class Projection:
    """points = (features - mean) / scale · components; components [features, dimensions], ≥ 90 % of the variance."""

    mean: Floats
    scale: Floats
    components: Floats

    def project(self, features: Floats) -> Floats:
        """[n, features] → [n, dimensions]."""
        points: Floats = ((features - self.mean) / self.scale) @ self.components
        return points


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number of segments and what speaks for it. `stability_ari`: mean agreement with refits on resampled customers."""

    k: int
    silhouette: float
    stability_ari: float
    smallest_share: float


def fit_projection(features: Floats) -> Projection:
    """Standard scaling and principal components of at least one customer."""
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    scale: Floats = np.where(deviation > 0, deviation, 1.0)
    _, singular, directions = np.linalg.svd((features - mean) / scale, full_matrices=False)
    variance = singular**2
    total = float(variance.sum())
    kept = int(np.searchsorted(np.cumsum(variance), _EXPLAINED * total) + 1) if total > 0 else 1
    return Projection(mean, scale, np.ascontiguousarray(directions[:kept].T))


def possible_ks(points: Floats) -> tuple[int, ...]:
    """3 to 6 as far as there are customers, and different ones, for that many; else 2, 1, or 0 without customers."""
    distinct = len(np.unique(points.round(9), axis=0))
    allowed = [
        k
        for k in range(1, MOST_SEGMENTS + 1)
        if k == 1 or (k <= distinct and k * CUSTOMERS_A_SEGMENT <= len(points))
    ]
    if len(points) == 0:
        return (0,)
    return tuple(k for k in allowed if k >= FEWEST_SEGMENTS) or (allowed[-1],)


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The most segments that are sound and nearly as well separated as the best sound candidate (silhouette less 0.05).

    Sound: refits agree (ARI ≥ 0.8), and every segment holds 5 % of the customers. When no candidate is, the one on which
    refits agree most; fewer segments win that tie.
    """
    sound = [c for c in candidates if c.stability_ari >= STABLE_ARI and c.smallest_share >= SMALLEST_SHARE]
    if not sound:
        return max(candidates, key=lambda c: (c.stability_ari, -c.k))
    least = max(c.silhouette for c in sound) - SILHOUETTE_SLACK
    return max((c for c in sound if c.silhouette >= least), key=lambda c: c.k)


def compare(points: Floats, ks: Sequence[int], seed: int) -> list[Candidate]:
    """Each k ≥ 2 with its figures."""
    return [_candidate(points, k, seed) for k in ks]


def centroids_of(points: Floats, k: int, seed: int) -> Floats:
    """The k centres of a fit on all points, [k, dimensions]; k of 0 and 1 need no fit."""
    if k <= 1:
        return points.mean(axis=0, keepdims=True) if k == 1 else np.zeros((0, points.shape[1]))
    centres: Floats = _k_means(k, seed).fit(points).cluster_centers_
    return centres


def nearest(points: Floats, centroids: Floats) -> Labels:
    """The index of each point's nearest centroid; the first of equally near ones."""
    distances = ((points[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2)
    labels: Labels = distances.argmin(axis=1)
    return labels


def silhouette(points: Floats, labels: Labels, seed: int) -> float | None:
    """Mean silhouette, of 2,000 customers where there are more; None for one segment, or one a customer."""
    from sklearn.metrics import silhouette_score

    rows = np.arange(len(points))
    if len(rows) > _SILHOUETTE_SAMPLE:
        rows = np.random.default_rng(seed).choice(rows, _SILHOUETTE_SAMPLE, replace=False)
    if not 2 <= len(np.unique(labels[rows])) < len(rows):
        return None
    return float(silhouette_score(points[rows], labels[rows]))


def stability(points: Floats, labels: Labels, k: int, seed: int) -> float:
    """Mean adjusted Rand index between `labels` and eight refits, each on resampled customers with another seed."""
    from sklearn.metrics import adjusted_rand_score

    if k <= 1:
        return 1.0
    generator = np.random.default_rng(seed)
    scores = []
    for refit in range(_REFITS):
        sample = points[generator.integers(0, len(points), len(points))]
        centres = centroids_of(sample, min(k, len(np.unique(sample, axis=0))), seed + 1 + refit)
        scores.append(adjusted_rand_score(labels, nearest(points, centres)))
    return float(np.mean(scores))


def _candidate(points: Floats, k: int, seed: int) -> Candidate:
    labels = nearest(points, centroids_of(points, k, seed))
    shares = np.bincount(labels, minlength=k) / len(points)
    separation = silhouette(points, labels, seed)
    return Candidate(
        k, -1.0 if separation is None else separation, stability(points, labels, k, seed), float(shares.min())
    )


def _k_means(k: int, seed: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=_RESTARTS, random_state=seed)
