"""Money off an order that is not paid yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Coupon:
    """`customer_id` None: anybody's. `categories` empty: all goods. Off are `amount_minor`, or `percent` of the goods it is
    for, whichever is set. Valid from `valid_from` until before `valid_until`; used at most `max_uses` times.
    """

    coupon_id: str
    customer_id: str | None
    amount_minor: int | None
    percent: int | None
    currency: str
    min_goods_minor: int
    categories: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    max_uses: int
    used_count: int

    def off(self, goods_minor: int) -> int:
        """Of goods that it is for; never more than they cost."""
        wanted = goods_minor * self.percent // 100 if self.percent is not None else self.amount_minor or 0
        return min(wanted, goods_minor)
