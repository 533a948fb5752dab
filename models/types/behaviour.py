"""What customers did and what the shop sells, as segmentation and recommendation read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

InteractionKind = Literal["view", "cart", "purchase", "return"]
Basis = Literal["personal", "similar", "popular"]


@dataclass(frozen=True, slots=True)
class Interaction:
    """One thing a customer did with a product. `amount_minor` is the line's value for purchases and returns, else 0."""

    customer_id: str
    product_id: str
    category: str
    kind: InteractionKind
    quantity: int
    amount_minor: int
    order_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One product as a model sees it. `text` is all its words in both languages; `price_minor` its cheapest variant's."""

    product_id: str
    category: str
    product_type: str
    brand: str
    text: str
    price_minor: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A customer's segment at `as_of`. `is_known` is False for one without a purchase: they get the name `unknown`.

    `recency_days`, `frequency` (orders) and `monetary_minor` (paid less returned) are what it was told from.
    """

    name: str
    is_known: bool
    recency_days: float | None
    frequency: int
    monetary_minor: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Ranked:
    """One recommended product. `because` is the product of the history that speaks most for it, where one does.

    `basis`: `personal` by what customers with the same history took, `similar` by what the product is, `popular` by sales.
    """

    product_id: str
    score: float
    basis: Basis
    because: str | None = None
