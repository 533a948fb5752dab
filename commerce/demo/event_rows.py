"""What customers looked at, put into the cart, bought and sent back."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from commerce.demo.latent import BEHAVIOURS
from commerce.demo.order_rows import OrderBook
from commerce.demo.people_rows import Person
from commerce.demo.shelves import Shelves
from commerce.domain.tenants import BehaviourKind

Row = dict[str, Any]


def event_rows(
    rng: random.Random, now: datetime, tenant_id: str, people: list[Person], book: OrderBook, shelves: Shelves
) -> list[Row]:
    """Events in the order of time: before each bought line a few views and a cart, and visits that end
    with nothing.
    """
    writer = _EventWriter(rng, now, tenant_id, shelves)
    persons = {person.customer_id: person for person in people}
    lines: dict[str, list[Row]] = defaultdict(list)
    for line in book.lines:
        lines[line["order_id"]].append(line)
    for order in book.orders:
        writer.follow_order(persons[order["customer_id"]], order, lines[order["order_id"]])
    for person in people:
        writer.browse(person)
    writer.rows.sort(key=lambda row: row["at"])
    return writer.rows


class _EventWriter:
    def __init__(self, rng: random.Random, now: datetime, tenant_id: str, shelves: Shelves) -> None:
        self._rng = rng
        self._now = now
        self._tenant_id = tenant_id
        self._shelves = shelves
        self.rows: list[Row] = []

    def follow_order(self, person: Person, order: Row, lines: list[Row]) -> None:
        behaviour = BEHAVIOURS[person.type]
        for line in lines:
            customer_id, product_id = person.customer_id, line["product_id"]
            for _ in range(int(behaviour.views_per_line + self._rng.random())):
                is_same = self._rng.random() < 0.6
                seen = product_id if is_same else self._similar(product_id, behaviour.price_tier)
                before = timedelta(minutes=self._rng.expovariate(1 / 240) + 1)
                self._add(customer_id, seen, BehaviourKind.VIEW, order["placed_at"] - before)
            in_cart = order["placed_at"] - timedelta(minutes=self._rng.expovariate(1 / 60))
            self._add(customer_id, product_id, BehaviourKind.CART, in_cart, line["quantity"])
            if order["paid_at"] is not None:
                self._add_line(BehaviourKind.PURCHASE, order, line, line["quantity"], order["paid_at"])
            if line["returned_quantity"]:
                at = datetime.fromisoformat(order["attributes"]["after_sales"]["requested_at"])
                self._add_line(BehaviourKind.RETURN, order, line, line["returned_quantity"], at)

    def browse(self, person: Person) -> None:
        """Visits without an order, in the last 90 days."""
        behaviour = BEHAVIOURS[person.type]
        for _ in range(int(behaviour.idle_sessions * self._rng.uniform(0.3, 1.7))):
            at = self._now - timedelta(minutes=self._rng.uniform(10, min(90, behaviour.first_days) * 1440))
            category = self._rng.choice(person.tastes)
            for step in range(self._rng.randint(1, 4)):
                product_id = self._shelves.draw(category, behaviour.price_tier, False)
                self._add(
                    person.customer_id, product_id, BehaviourKind.VIEW, at + timedelta(seconds=45 * step)
                )
                if self._rng.random() < 0.12:
                    later = at + timedelta(seconds=45 * step + 20)
                    self._add(person.customer_id, product_id, BehaviourKind.CART, later)

    def _similar(self, product_id: str, tier: int) -> str:
        return self._shelves.draw(self._shelves.products[product_id]["category"], tier, False)

    def _add_line(self, kind: BehaviourKind, order: Row, line: Row, quantity: int, at: datetime) -> None:
        self._add(
            order["customer_id"], line["product_id"], kind, at, quantity,
            amount_minor=quantity * line["unit_price_minor"], order_id=order["order_id"],
        )  # fmt: skip

    def _add(
        self,
        customer_id: str,
        product_id: str,
        kind: BehaviourKind,
        at: datetime,
        quantity: int = 1,
        *,
        amount_minor: int = 0,
        order_id: str | None = None,
    ) -> None:
        self.rows.append(
            {
                "tenant_id": self._tenant_id,
                "customer_id": customer_id,
                "product_id": product_id,
                "category": self._shelves.products[product_id]["category"],
                "kind": kind.value,
                "quantity": quantity,
                "amount_minor": amount_minor,
                "currency": "CNY",
                "order_id": order_id,
                "at": at.replace(microsecond=0),
            }
        )
