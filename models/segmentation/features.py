"""Recency, frequency and monetary value of every customer, and a little more, from what happened up to a moment."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from models.types import Interaction

Floats = npt.NDArray[np.float64]

FEATURES: Final = ("recency", "frequency", "monetary", "tenure", "basket")
"""The columns of `matrix`, each on a log scale. Breadth and return share are told and not clustered on: the first follows
frequency, the second splits off the few who returned everything.
"""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CustomerFeatures:
    """One customer with at least one purchase at or before the moment. Money in minor units, times in days.

    `frequency` counts distinct orders; `monetary_minor` is paid less returned; `mean_basket_minor` paid an order;
    `breadth` counts categories; `return_share` is the returned part of what was paid, 0 to 1.
    """

    customer_id: str
    recency_days: float
    tenure_days: float
    frequency: int
    monetary_minor: int
    mean_basket_minor: float
    breadth: int
    return_share: float


@dataclass(slots=True)
class _Tally:
    first: datetime | None = None
    last: datetime | None = None
    paid_minor: int = 0
    returned_minor: int = 0
    orders: set[str] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)

    def add(self, event: Interaction) -> None:
        if event.kind == "return":
            self.returned_minor += abs(event.amount_minor)
        elif event.kind == "purchase":
            self.paid_minor += event.amount_minor
            self.first = event.at if self.first is None else min(self.first, event.at)
            self.last = event.at if self.last is None else max(self.last, event.at)
            # A purchase without an order is one by itself, told by its moment.
            self.orders.add(event.order_id or f"at {event.at.isoformat()}")
            self.categories.add(event.category)


def customer_features(interactions: Iterable[Interaction], as_of: datetime) -> tuple[CustomerFeatures, ...]:
    """All customers who had bought something by `as_of` (timezone-aware), by customer id; later events do not count."""
    if as_of.tzinfo is None:
        raise ValueError(f"as_of must be timezone-aware, not {as_of.isoformat()}")
    tallies: dict[str, _Tally] = {}
    for event in interactions:
        if event.kind in {"purchase", "return"} and event.at <= as_of:
            tallies.setdefault(event.customer_id, _Tally()).add(event)
    found = (_features(customer_id, tallies[customer_id], as_of) for customer_id in sorted(tallies))
    return tuple(features for features in found if features is not None)


def _features(customer_id: str, tally: _Tally, as_of: datetime) -> CustomerFeatures | None:
    if tally.first is None or tally.last is None:
        return None
    return CustomerFeatures(
        customer_id=customer_id,
        recency_days=(as_of - tally.last) / _DAY,
        tenure_days=(as_of - tally.first) / _DAY,
        frequency=len(tally.orders),
        monetary_minor=tally.paid_minor - tally.returned_minor,
        mean_basket_minor=tally.paid_minor / len(tally.orders),
        breadth=len(tally.categories),
        return_share=min(1.0, tally.returned_minor / tally.paid_minor) if tally.paid_minor > 0 else 0.0,
    )


def matrix(customers: Iterable[CustomerFeatures]) -> Floats:
    """[customers, FEATURES]. Who got back as much as they paid, or more, counts as having paid nothing."""
    rows = [
        (c.recency_days, c.frequency, max(0, c.monetary_minor), c.tenure_days, max(0.0, c.mean_basket_minor))
        for c in customers
    ]
    values: Floats = np.log1p(np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES)))
    return values
