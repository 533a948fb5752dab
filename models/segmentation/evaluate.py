"""How good the segments are: how far apart, how reproducible, and what each is worth to the shop."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from models.segmentation.clustering import silhouette, stability
from models.segmentation.features import CustomerFeatures, customer_features
from models.segmentation.model import SegmentationModel
from models.types import Interaction


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One segment. `share` of customers and `revenue_share` of what they paid less returned; then its medians and means."""

    name: str
    customers: int
    share: float
    revenue_share: float
    median_recency_days: float
    median_frequency: float
    median_monetary_minor: float
    mean_categories: float
    mean_return_share: float


@dataclass(frozen=True, slots=True)
class SegmentationFigures:
    """`silhouette` is None for fewer than two segments; `stability_ari` compares with refits on resampled customers."""

    customers: int
    silhouette: float | None
    stability_ari: float | None
    segments: tuple[SegmentRow, ...]

    def as_json(self) -> dict[str, Any]:
        """For a card or a result file."""
        return asdict(self)


def evaluate(
    model: SegmentationModel, interactions: Iterable[Interaction], as_of: datetime, seed: int = 0
) -> SegmentationFigures:
    """The model's figures on these customers at `as_of`; they need not be those that it was trained on."""
    return evaluate_customers(model, customer_features(interactions, as_of), seed)


def evaluate_customers(
    model: SegmentationModel, customers: Sequence[CustomerFeatures], seed: int = 0
) -> SegmentationFigures:
    """The same from features that were computed already."""
    if not customers or not model.names:
        return SegmentationFigures(len(customers), None, None, ())
    points, labels = model.points(customers), model.labels(customers)
    separation = silhouette(points, labels, seed)
    agreement = stability(points, labels, len(model.names), seed)
    total = sum(max(0, c.monetary_minor) for c in customers)
    rows = [
        _row(
            name,
            [c for c, label in zip(customers, labels, strict=True) if label == place],
            len(customers),
            total,
        )
        for place, name in enumerate(model.names)
    ]
    rows.sort(key=lambda row: (-row.revenue_share, row.name))
    return SegmentationFigures(
        len(customers), None if separation is None else round(separation, 4), round(agreement, 4), tuple(rows)
    )


def _row(name: str, members: Sequence[CustomerFeatures], customers: int, revenue_minor: int) -> SegmentRow:
    def median(values: list[float]) -> float:
        return round(float(np.median(values)), 1) if values else 0.0

    paid = sum(max(0, c.monetary_minor) for c in members)
    return SegmentRow(
        name=name,
        customers=len(members),
        share=round(len(members) / customers, 4),
        revenue_share=round(paid / revenue_minor, 4) if revenue_minor else 0.0,
        median_recency_days=median([c.recency_days for c in members]),
        median_frequency=median([c.frequency for c in members]),
        median_monetary_minor=median([c.monetary_minor for c in members]),
        mean_categories=round(sum(c.breadth for c in members) / max(1, len(members)), 2),
        mean_return_share=round(sum(c.return_share for c in members) / max(1, len(members)), 4),
    )
