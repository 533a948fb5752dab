"""Random rows of a shop: the values that an order, a product, a customer and the shop's rules have."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from benchmarks.grounding_pairs.values import NAMES, Goods, Language, Name, Span, Unit, Value

Values = dict[str, Value]

_MODELS: Final = ("K", "Q", "X", "M", "A", "T")
_ID_STYLES: Final = ("{day}{n:06d}", "SO-{n:06d}", "W{n:07d}", "2026{n:08d}", "KF{n:06d}")
_TRACKING: Final = ("TN{n:012d}", "LP{n:011d}", "{n:013d}", "7{n:014d}")
_FIRST_DAY: Final = date(2026, 9, 1)


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws of a seeded shop. `currency` is the shop's, `style` how it numbers orders."""

    rng: random.Random
    currency: str
    style: str

    @classmethod
    def of(cls, rng: random.Random, language: Language) -> "Dice":
        return cls(rng, "CNY" if language == "zh" else rng.choice(("CNY", "USD")), rng.choice(_ID_STYLES))

    def money(self, low: int, high: int) -> Value:
        """From `low` to `high` whole units; some with cents."""
        cents = 100 * self.rng.randint(low, high) + self.rng.choice((0, 0, 0, 50, 90, 99))
        return self.sum(cents)

    def round_money(self, *whole: int) -> Value:
        return self.sum(100 * self.rng.choice(whole))

    def sum(self, cents: int) -> Value:
        return Value("money", cents, self.currency)

    def name(self, pool: str) -> Value:
        return Value("name", Name(pool, self.rng.choice(sorted(NAMES[pool]))))

    def count(self, low: int, high: int) -> Value:
        return Value("count", self.rng.randint(low, high))

    def span(self, unit: Unit, *counts: int) -> Value:
        count = self.rng.choice(counts)
        return Value("duration", Span(count, count, unit))

    def range(self, unit: Unit, *spans: tuple[int, int]) -> Value:
        return Value("duration", Span(*self.rng.choice(spans), unit))

    def clock(self, low: int, high: int) -> Value:
        return Value("time", time(self.rng.randint(low, high), self.rng.choice((0, 0, 30))))

    def moment(self) -> Value:
        return Value("time", time(self.rng.randint(8, 21), self.rng.randint(1, 59)))

    def percent(self) -> Value:
        return Value("percent", self.rng.choice((10, 15, 20, 30, 40, 50)))

    def goods(self, sorts: Sequence[str]) -> Value:
        """One of these sorts."""
        brand, sort = self.rng.choice(sorted(NAMES["brand"])), self.rng.choice(sorts)
        return Value(
            "product", Goods(brand, f"{self.rng.choice(_MODELS)}{self.rng.randint(11, 99) * 10}", sort)
        )

    def near(self, goods: Value) -> Value:
        """The same brand and sort, another model."""
        content = goods.content
        model = f"{content.model[0]}{int(content.model[1:]) + self.rng.choice((10, 20, 50, 5))}"
        return Value("product", Goods(content.brand, model, content.sort))

    def order_id(self, placed: date) -> Value:
        number = self.rng.randint(100_000, 999_999)
        return Value("id", self.style.format(day=f"{placed:%Y%m%d}", n=number))

    def tracking(self) -> Value:
        return Value("id", self.rng.choice(_TRACKING).format(n=self.rng.randint(10**9, 10**11 - 1)))

    def coupon_code(self) -> Value:
        word = self.rng.choice(("SAVE", "NOV", "VIP", "NEW", "WINTER"))
        return Value("id", f"{word}{self.rng.randint(1000, 9999)}")


def order(dice: Dice, state: str, goods: Value) -> Values:
    """Its dates go in order, its sums add up."""
    rng = dice.rng
    placed = _FIRST_DAY + timedelta(days=rng.randint(0, 75))
    days: Callable[[int], Value] = lambda count: Value("date", placed + timedelta(days=count))  # noqa: E731
    price, quantity = dice.money(60, 900).content, rng.choice((1, 1, 2, 3, 4))
    fee, discount = dice.round_money(6, 8, 12, 15), dice.round_money(5, 11, 22, 33, 45)
    total = price * quantity + fee.content - discount.content
    left = rng.randint(2, 3)
    there = left + rng.randint(2, 4)
    return {
        "order.id": dice.order_id(placed),
        "order.state": Value("state", state),
        "order.placed_date": days(0),
        "order.placed_time": dice.moment(),
        "order.paid_date": days(1),
        "order.paid_time": dice.moment(),
        "order.due_date": days(1),
        "order.due_time": dice.clock(9, 21),
        "order.ships_date": days(left),
        "order.event_date": days(left + 1),
        "order.event_time": dice.moment(),
        "order.event_city": dice.name("city"),
        "order.expected_date": days(there),
        "order.delivered_date": days(there),
        "order.delivered_time": dice.moment(),
        "order.cancelled_date": days(2),
        "order.cancelled_time": dice.moment(),
        "order.protected_date": days(there + 10),
        "order.carrier": dice.name("carrier"),
        "order.tracking": dice.tracking(),
        "order.city": dice.name("city"),
        "order.total": dice.sum(total),
        "order.fee": fee,
        "order.discount": discount,
        "order.method": dice.name("payment"),
        "refund.amount": dice.sum(total),
        "refund.method": dice.name("payment"),
        "refund.state": Value("state", rng.choice(("refund_pending", "refund_failed", "refund_done"))),
        "refund.date": days(there + 4),
        "line.product": goods,
        "line.sort": goods,
        "line.quantity": Value("count", quantity),
        "line.price": dice.sum(price),
        "line.sum": dice.sum(price * quantity),
        "line.colour": dice.name("colour"),
        "line.size": dice.name("size"),
        "line.return_date": days(there + 7),
        "line.return_time": Value("time", time(23, 59)),
        "line.warranty_date": days(there + 365),
    }


def product(dice: Dice, goods: Value) -> Values:
    """What is known of one on sale."""
    day = _FIRST_DAY + timedelta(days=dice.rng.randint(40, 110))
    price = dice.money(20, 2000)
    return {
        "product.name": goods,
        "product.sort": goods,
        "product.model": goods,
        "product.brand": Value("name", Name("brand", goods.content.brand)),
        "product.price": price,
        "product.two": dice.sum(2 * price.content),
        "product.three": dice.sum(3 * price.content),
        "product.stock": dice.count(2, 60),
        "product.restock_date": Value("date", day),
        "product.colour": dice.name("colour"),
        "product.size": dice.name("size"),
        "product.material": dice.name("material"),
        "product.warranty": dice.span("months", 6, 12, 18, 24, 36),
        "product.variants": dice.count(3, 12),
        "product.off": dice.percent(),
        "product.sale_date": Value("date", day + timedelta(days=dice.rng.randint(3, 12))),
    }


def customer(dice: Dice) -> Values:
    """What whoever asks has."""
    day = _FIRST_DAY + timedelta(days=dice.rng.randint(90, 140))
    return {
        "customer.points": dice.count(120, 4800),
        "customer.balance": dice.money(15, 480),
        "coupon.code": dice.coupon_code(),
        "coupon.amount": dice.round_money(10, 20, 25, 30, 40, 60),
        "coupon.percent": dice.percent(),
        "coupon.least": dice.round_money(99, 150, 199, 260, 350),
        "coupon.date": Value("date", day),
    }


def rules(dice: Dice) -> Values:
    """What holds for everybody."""
    return {
        "shop.free_from": dice.round_money(49, 59, 79, 88, 99, 128),
        "shop.fee": dice.round_money(6, 8, 10, 12),
        "shop.remote": dice.name("region"),
        "shop.remote_fee": dice.round_money(18, 20, 23, 28),
        "shop.remote_days": dice.range("days", (5, 8), (6, 9), (7, 10)),
        "shop.metro_days": dice.range("days", (1, 2), (2, 3)),
        "shop.other_days": dice.range("days", (3, 4), (3, 5), (4, 6)),
        "shop.excluded": dice.name("region"),
        "shop.cutoff": dice.clock(12, 18),
        "shop.return_days": dice.span("days", 7, 14, 15, 30),
        "shop.fault_days": dice.span("days", 20, 60, 90),
        "shop.never": dice.name("category"),
        "shop.opened_fee": Value("share", dice.rng.choice((5, 8, 10, 15, 20))),
        "shop.exchanges": dice.count(2, 3),
        "shop.pickup_fee": dice.round_money(7, 9, 13, 14),
        "shop.card_days": dice.range("working_days", (1, 3), (3, 5), (3, 7), (5, 5)),
        "shop.wallet_hours": dice.span("hours", 2, 6, 12, 24),
        "shop.review_hours": dice.span("hours", 24, 48, 72),
        "shop.inspection_days": dice.span("working_days", 2, 3, 4),
        "shop.protection_days": dice.span("days", 7, 10, 15, 30),
        "shop.instalment_from": dice.round_money(300, 500, 600, 1000),
        "shop.instalments": Value("count", dice.rng.choice((3, 6, 12))),
        "shop.unpaid": dice.span("minutes", 15, 30, 45),
        "shop.invoice_hours": dice.span("hours", 24, 48),
        "shop.paper_days": dice.span("working_days", 5, 6, 7),
        "shop.warranted": dice.name("category"),
        "shop.warranty": dice.span("months", 6, 12, 24, 36),
        "shop.opens": Value("time", time(dice.rng.choice((8, 9, 10)), dice.rng.choice((0, 30)))),
        "shop.closes": Value("time", time(dice.rng.choice((18, 20, 21, 22)), dice.rng.choice((0, 30)))),
        "shop.complaint_hours": dice.span("hours", 8, 24, 36, 48),
    }
