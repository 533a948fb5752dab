"""How the invented customers behave. Their type shapes every order and event and is written nowhere in
the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CustomerType(StrEnum):
    LOYAL = "loyal"
    BARGAIN_HUNTER = "bargain_hunter"
    BIG_SPENDER = "big_spender"
    GIFT_BUYER = "gift_buyer"
    OCCASIONAL = "occasional"
    NEW = "new"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`share` of all customers; `orders` is the mean over two years. Activity lies between `first_days`
    and `last_days` ago.

    `sale_pull` multiplies a sale day's weight, `gift_pull` that of the weeks before gift days.
    `price_tier` is 0 for the cheaper half of a category, 1 for any, 2 for the dearer half.
    """

    share: float
    orders: float
    first_days: int
    last_days: int
    sale_pull: float
    gift_pull: float
    price_tier: int
    basket: float
    categories: int
    gift_share: float
    return_share: float
    coupon_share: float
    views_per_line: float
    idle_sessions: float
    plus_share: float


BEHAVIOURS: dict[CustomerType, Behaviour] = {
    CustomerType.LOYAL: Behaviour(0.18, 20, 730, 0, 1.5, 1.0, 1, 1.9, 4, 0.05, 0.03, 0.30, 1.2, 3.0, 0.45),
    CustomerType.BARGAIN_HUNTER: Behaviour(
        0.22, 12, 730, 0, 12.0, 1.0, 0, 2.1, 5, 0.03, 0.11, 0.85, 2.2, 5.0, 0.05
    ),
    CustomerType.BIG_SPENDER: Behaviour(
        0.08, 14, 730, 0, 1.2, 1.2, 2, 1.5, 3, 0.08, 0.06, 0.10, 1.6, 3.0, 0.60
    ),
    CustomerType.GIFT_BUYER: Behaviour(
        0.12, 7, 730, 0, 1.0, 9.0, 1, 1.3, 4, 0.85, 0.04, 0.25, 1.8, 2.0, 0.08
    ),
    CustomerType.OCCASIONAL: Behaviour(
        0.12, 4, 730, 0, 2.0, 1.5, 1, 1.3, 3, 0.10, 0.06, 0.40, 1.5, 2.0, 0.03
    ),
    CustomerType.NEW: Behaviour(0.14, 1.8, 75, 0, 2.5, 1.0, 1, 1.3, 2, 0.08, 0.07, 0.60, 2.0, 2.5, 0.04),
    CustomerType.LAPSED: Behaviour(0.14, 8, 730, 260, 2.5, 1.2, 1, 1.6, 3, 0.06, 0.09, 0.40, 1.4, 0.0, 0.02),
}
