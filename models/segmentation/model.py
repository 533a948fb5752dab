"""The trained segments, in numpy: a customer's own events in, their segment out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.artifacts import Tensors, read_model, write_model
from models.errors import ModelDamaged
from models.segmentation.clustering import Labels, Projection, nearest
from models.segmentation.features import FEATURES, CustomerFeatures, Floats, customer_features, matrix
from models.segmentation.naming import UNKNOWN
from models.types import Interaction, Segment

KIND: Final = "segmentation"


@dataclass(frozen=True, slots=True)
class SegmentationModel:
    """`centroids` [segments, dimensions] of the projected features; `names` in the same order. Both may be empty."""

    names: tuple[str, ...]
    projection: Projection
    centroids: Floats

    @classmethod
    def load(cls, folder: Path) -> "SegmentationModel":
        """Raises ModelNotFound, ModelDamaged, ModelUnloadable."""
        card, tensors = read_model(folder, KIND)
        try:
            names, features = tuple(card["names"]), tuple(card["features"])
            projection = Projection(tensors["mean"], tensors["scale"], tensors["components"])
            centroids = tensors["centroids"]
            shapes = (projection.components.shape, len(centroids))
        except (KeyError, TypeError) as broken:
            raise ModelDamaged(str(folder), "card.json", f"lacks a part ({broken})") from broken
        if features != FEATURES or shapes != ((len(FEATURES), centroids.shape[1]), len(names)):
            raise ModelDamaged(str(folder), "card.json", "does not fit its tensors; train the model again")
        return cls(names, projection, centroids)

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        """Write the model into `folder` with what else its card says."""
        tensors: Tensors = {
            "mean": self.projection.mean,
            "scale": self.projection.scale,
            "components": self.projection.components,
            "centroids": self.centroids,
        }
        write_model(folder, KIND, {**card, "names": list(self.names), "features": list(FEATURES)}, tensors)

    def assign(self, interactions: Iterable[Interaction], as_of: datetime) -> Segment:
        """The segment at `as_of` (timezone-aware) of the one customer whose events these are; later ones do not count.

        ValueError for events of several customers.
        """
        customers = customer_features(interactions, as_of)
        if len(customers) > 1:
            raise ValueError(
                f"events of {len(customers)} customers were given, and one is assigned at a time"
            )
        if not customers:
            return Segment(UNKNOWN, False, None, 0, 0, as_of)
        one = customers[0]
        name = self.names[int(self.labels(customers)[0])] if self.names else UNKNOWN
        return Segment(name, bool(self.names), one.recency_days, one.frequency, one.monetary_minor, as_of)

    def points(self, customers: Iterable[CustomerFeatures]) -> Floats:
        """Where these customers lie, [n, dimensions]."""
        return self.projection.project(matrix(customers))

    def labels(self, customers: Iterable[CustomerFeatures]) -> Labels:
        """The index into `names` of each customer's segment. Only for a model that has segments."""
        return nearest(self.points(customers), self.centroids)


def empty_model() -> SegmentationModel:
    """The model of a shop that nobody has bought from: every customer is `unknown`."""
    width = len(FEATURES)
    projection = Projection(np.zeros(width), np.ones(width), np.eye(width))
    return SegmentationModel((), projection, np.zeros((0, width)))
