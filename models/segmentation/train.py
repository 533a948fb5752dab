"""Learns a shop's segments from its events: features on log and standard scales, principal components, k-means."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from models.one_thread import one_thread
from models.segmentation.clustering import (
    Candidate,
    centroids_of,
    choose,
    compare,
    fit_projection,
    nearest,
    possible_ks,
)
from models.segmentation.evaluate import SegmentationFigures, evaluate_customers
from models.segmentation.features import CustomerFeatures, customer_features, matrix
from models.segmentation.model import KIND, SegmentationModel, empty_model
from models.segmentation.naming import names_of
from models.types import Interaction


@dataclass(frozen=True, slots=True)
class SegmentationCard:
    """What was learnt, from what. `candidates` are the numbers of segments that were compared; `chosen` won."""

    as_of: datetime
    seed: int
    chosen: int
    candidates: tuple[Candidate, ...]
    figures: SegmentationFigures

    def as_json(self) -> dict[str, Any]:
        """As card.json holds it."""
        return {"kind": KIND, **asdict(self), "as_of": self.as_of.isoformat()}


def train(interactions: Iterable[Interaction], as_of: datetime, seed: int, folder: Path) -> SegmentationCard:
    """Learn from what happened up to `as_of` (timezone-aware) and write the model into `folder`.

    The same events, moment and seed give the same files. Without a purchase, a model that knows nobody is written.
    """
    customers = customer_features(interactions, as_of)
    with one_thread("sklearn.cluster", "sklearn.metrics"):
        model, candidates = _fit(customers, seed) if customers else (empty_model(), [])
        figures = evaluate_customers(model, customers, seed)
    card = SegmentationCard(as_of, seed, len(model.names), tuple(candidates), figures)
    model.save(folder, card.as_json())
    return card


def _fit(customers: tuple[CustomerFeatures, ...], seed: int) -> tuple[SegmentationModel, list[Candidate]]:
    features = matrix(customers)
    projection = fit_projection(features)
    points = projection.project(features)
    ks = possible_ks(points)
    candidates = compare(points, ks, seed) if ks[0] > 1 else []
    k = choose(candidates).k if candidates else ks[0]
    centroids = centroids_of(points, k, seed)
    labels = nearest(points, centroids)
    standard = (features - projection.mean) / projection.scale
    centres = np.array([standard[labels == place].mean(axis=0) for place in range(k)])
    return SegmentationModel(names_of(centres), projection, centroids), candidates
