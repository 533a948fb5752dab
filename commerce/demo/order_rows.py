"""Orders: who buys what and when, what is paid, and what comes back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from commerce.demo.latent import BEHAVIOURS, Behaviour
from commerce.demo.money_rows import METHODS, method_id
from commerce.demo.parcels import Parcels
from commerce.demo.people_rows import Person
from commerce.demo.seasons import sale_discount_percent
from commerce.demo.shelves import Shelves
from commerce.demo.timeline import Fate, Timeline, draw_timeline
from commerce.domain.customers import Address
from commerce.domain.money import Money, shares
from commerce.domain.order_rules import shipping_quote
from commerce.domain.orders import OrderState, PaymentKind, PaymentStatus
from commerce.domain.policy import DeliveryTime, ShopPolicy

Row = dict[str, Any]

_CONSUMABLES = frozenset({"food", "baby", "pets", "beauty"})
_METHOD_WEIGHTS = (40, 42, 9, 7, 2)
_NEVER_PAID, _CANCELLED, _EXCHANGED = 0.03, 0.035, 0.018


@dataclass(frozen=True, slots=True)
class Buyer:
    """A person with what the order book needs to know at every order."""

    person: Person
    behaviour: Behaviour
    address: Address
    transit: DeliveryTime


class OrderBook:
    """Writes orders with all that belongs to them. Order ids are KF and 12 digits: the local day, and six
    at random.
    """

    def __init__(
        self, rng: random.Random, now: datetime, tenant_id: str, policy: ShopPolicy, shelves: Shelves
    ) -> None:
        self._rng = rng
        self._now = now
        self._tenant_id = tenant_id
        self._policy = policy
        self._zone = ZoneInfo(policy.zone)
        self._shelves = shelves
        self._taken: set[str] = set()
        self._bought: dict[str, list[str]] = {}
        self.parcels = Parcels(rng, now, tenant_id)
        self.orders: list[Row] = []
        self.lines: list[Row] = []
        self.payments: list[Row] = []

    def buyer(self, person: Person) -> Buyer:
        home = {key: value for key, value in person.home.items() if key not in ("tenant_id", "customer_id")}
        address = Address(**home)
        quote = shipping_quote(Money(0, self._policy.currency), address, self._policy)
        return Buyer(person, BEHAVIOURS[person.type], address, quote.time or self._policy.shipping.other)

    def place(self, buyer: Buyer, placed_at: datetime) -> str:
        """An ordinary order; returns its id."""
        times = draw_timeline(
            self._rng, placed_at, self._fate(buyer.behaviour), buyer.transit, self._policy, self._now
        )
        return self.write(buyer, times, self._basket(buyer))

    def write(self, buyer: Buyer, times: Timeline, basket: Sequence[tuple[Row, int]]) -> str:
        """The order of `basket` (variant, quantity) with that life; returns its id."""
        order_id = self._new_id(times.placed_at)
        person = buyer.person
        lines = [
            self._line(order_id, position, variant, quantity)
            for position, (variant, quantity) in enumerate(basket, start=1)
        ]
        costs = [line["unit_price_minor"] * line["quantity"] for line in lines]
        goods = sum(costs)
        discount = self._discount(buyer.behaviour, goods, times.placed_at)
        for line, off in zip(lines, shares(discount, costs), strict=True):
            line["discount_minor"] = off
        quote = shipping_quote(
            Money(goods - discount, self._policy.currency),
            buyer.address,
            self._policy,
            is_plus=person.customer["is_plus"],
        )
        order = {
            "tenant_id": self._tenant_id,
            "order_id": order_id,
            "customer_id": person.customer_id,
            "state": times.state.value,
            "goods_minor": goods,
            "discount_minor": discount,
            "shipping_fee_minor": quote.fee.amount_minor if quote.fee else 0,
            "currency": self._policy.currency,
            "address": {name: getattr(buyer.address, name) for name in Address.__dataclass_fields__},
            "placed_at": times.placed_at,
            "paid_at": times.paid_at,
            "packed_at": times.packed_at,
            "shipped_at": times.shipped_at,
            "delivered_at": times.delivered_at,
            "cancelled_at": times.cancelled_at,
            "position": len(self.orders),
            "attributes": {"has_freight_insurance": self._rng.random() < 0.3},
        }
        order["state"] = self._come_back(times, order, lines).value
        self.orders.append(order)
        self.lines.extend(lines)
        self._pay(order, lines, times)
        self.parcels.add(order_id, times, buyer.address.city)
        return order_id

    def _new_id(self, placed_at: datetime) -> str:
        local = placed_at.astimezone(self._zone)
        while True:
            order_id = f"KF{local:%y%m%d}{self._rng.randrange(10**6):06d}"
            if order_id not in self._taken:
                self._taken.add(order_id)
                return order_id

    def _fate(self, behaviour: Behaviour) -> Fate:
        draw = self._rng.random()
        for fate, share in (
            (Fate.NEVER_PAY, _NEVER_PAID),
            (Fate.CANCEL, _CANCELLED),
            (Fate.EXCHANGE, _EXCHANGED),
            (Fate.RETURN, behaviour.return_share),
        ):
            if draw < share:
                return fate
            draw -= share
        return Fate.KEEP

    def _basket(self, buyer: Buyer) -> list[tuple[Row, int]]:
        rng, behaviour = self._rng, buyer.behaviour
        history = self._bought.setdefault(buyer.person.customer_id, [])
        is_gift = rng.random() < behaviour.gift_share
        count = 1 + (rng.random() < behaviour.basket - 1) + (rng.random() < (behaviour.basket - 1) / 3)
        basket: dict[str, tuple[Row, int]] = {}
        category = rng.choice(buyer.person.tastes)
        for _ in range(count):
            again = [item for item in history if self._shelves.products[item]["category"] in _CONSUMABLES]
            if again and rng.random() < 0.2:
                product_id = rng.choice(again[-12:])
            else:
                product_id = self._shelves.draw(category, behaviour.price_tier, is_gift)
            variant = self._shelves.draw_variant(product_id)
            quantity = 1 + (rng.random() < 0.12) + (category in _CONSUMABLES and rng.random() < 0.25)
            basket[variant["variant_id"]] = (variant, quantity)
            history.append(product_id)
            if rng.random() < 0.45:
                category = rng.choice(buyer.person.tastes)
        return list(basket.values())

    def _line(self, order_id: str, position: int, variant: Row, quantity: int) -> Row:
        # Prices of the past differ a little from today's; whole yuan.
        price = variant["price_minor"] * self._rng.uniform(0.94, 1.04)
        return {
            "tenant_id": self._tenant_id,
            "line_id": f"{order_id}-{position}",
            "order_id": order_id,
            "position": position,
            "product_id": variant["product_id"],
            "variant_id": variant["variant_id"],
            "colour": variant["colour"],
            "size": variant["size"],
            "options": variant["options"],
            "quantity": quantity,
            "unit_price_minor": max(100, round(price / 100) * 100),
            "currency": variant["currency"],
            "returned_quantity": 0,
            "exchanged_count": 0,
        }

    def _discount(self, behaviour: Behaviour, goods: int, placed_at: datetime) -> int:
        percent = sale_discount_percent(placed_at.astimezone(self._zone).date())
        discount = goods * percent // 100
        if goods >= 100_00 and self._rng.random() < behaviour.coupon_share:
            discount += self._rng.choice((5_00, 10_00, 20_00))
        return discount // 100 * 100

    def _come_back(self, times: Timeline, order: Row, lines: list[Row]) -> OrderState:
        """Mark what was sent back, and return the order's state: an order of which a part stays is
        delivered.
        """
        if times.requested_at is None:
            return times.state
        line = self._rng.choice(lines)
        is_return = times.state in (OrderState.RETURN_REQUESTED, OrderState.RETURNED)
        order["attributes"]["after_sales"] = {
            "kind": "return" if is_return else "exchange",
            "line_id": line["line_id"],
            "requested_at": times.requested_at.isoformat(),
        }
        if times.state is OrderState.RETURNED:
            line["returned_quantity"] = line["quantity"]
            is_all = all(each["returned_quantity"] == each["quantity"] for each in lines)
            return OrderState.RETURNED if is_all else OrderState.DELIVERED
        if times.state is OrderState.DELIVERED:
            line["exchanged_count"] = 1
        return times.state

    def _pay(self, order: Row, lines: list[Row], times: Timeline) -> None:
        if times.paid_at is None:
            return
        total = order["goods_minor"] - order["discount_minor"] + order["shipping_fee_minor"]
        (method,) = self._rng.choices(tuple(METHODS), _METHOD_WEIGHTS)
        self._movement(order, 1, PaymentKind.PAYMENT, method, total, times.placed_at, times.paid_at)
        if times.refunded_at is None:
            return
        if times.cancelled_at is not None:
            refund = total
        else:
            # Lines come back as a whole.
            refund = sum(
                line["unit_price_minor"] * line["quantity"] - line["discount_minor"]
                for line in lines
                if line["returned_quantity"]
            )
        self._movement(order, 2, PaymentKind.REFUND, method, refund, times.refunded_at, times.refunded_at)

    def _movement(
        self,
        order: Row,
        position: int,
        kind: PaymentKind,
        method: str,
        amount: int,
        begun: datetime,
        done: datetime,
    ) -> None:
        self.payments.append(
            {
                "tenant_id": self._tenant_id,
                "payment_id": f"T{order['order_id'][2:]}-{position}",
                "order_id": order["order_id"],
                "position": position,
                "kind": kind.value,
                "status": PaymentStatus.SUCCEEDED.value,
                "method": method,
                "amount_minor": amount,
                "currency": order["currency"],
                "created_at": begun,
                "completed_at": done,
                "method_id": method_id(order["customer_id"], method),
            }
        )
