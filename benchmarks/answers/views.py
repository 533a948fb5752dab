"""What questions may refer to: orders, lines, goods and customers, with what follows from the policy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from benchmarks.answers.rows import IssuedInvoice, Shopper, ShopRows
from commerce.domain.catalogue import Product, Variant
from commerce.domain.customers import Address
from commerce.domain.money import Money
from commerce.domain.order_rules import (
    can_cancel,
    can_change,
    is_shipping_late,
    price_protection_ends_at,
    ships_on,
    warranty_ends_at,
)
from commerce.domain.orders import Order, OrderLine, Payment, PaymentKind, PaymentStatus, Shipment
from commerce.domain.returns import Remedy, ReturnDecision, ReturnReason, return_eligibility
from commerce.domain.text import LocalText

_CODE: Final = re.compile(
    r"[A-Z]{1,6}[A-Z0-9]*-?[A-Z0-9.]*\d[A-Za-z0-9.\-]*(?:\([A-Z]+\))?(?: ?(?:Pro|PRO|Max|Ultra|20)(?![A-Za-z\d]))?"
)


def last_day(end: datetime | None) -> datetime | None:
    """The last instant before an exclusive end: its local date is the last day."""
    return None if end is None else end - timedelta(minutes=1)


@dataclass(frozen=True)
class LineView:
    """One line, and what its rules say now."""

    rows: ShopRows
    order: Order
    of: OrderLine

    @property
    def name(self) -> LocalText:
        return self.of.name

    @property
    def product(self) -> "ProductView":
        return ProductView(self.rows.products[self.of.product_id])

    @property
    def price(self) -> Money:
        return Money(self.of.unit_price_minor, self.of.currency)

    @property
    def paid(self) -> Money:
        return Money(self.of.paid_minor, self.of.currency)

    @property
    def quantity(self) -> int:
        return self.of.quantity

    @property
    def size(self) -> str | None:
        return self.of.size

    @property
    def options(self) -> Any:
        return self.of.options

    @property
    def return_until(self) -> datetime | None:
        return last_day(self.decision().window_ends_at)

    @property
    def fault_until(self) -> datetime | None:
        return last_day(self.decision(reason=ReturnReason.FAULT).window_ends_at)

    @property
    def warranty_until(self) -> datetime | None:
        return last_day(warranty_ends_at(self.order, self.of, self.rows.policy))

    def decision(
        self, remedy: Remedy = Remedy.RETURN, reason: ReturnReason = ReturnReason.NO_REASON
    ) -> ReturnDecision:
        """May it go back now?"""
        return return_eligibility(
            self.order, self.of, self.rows.policy, self.rows.shop.now, remedy=remedy, reason=reason
        )


@dataclass(frozen=True)
class OrderView:
    """One order, and what its rules say now."""

    rows: ShopRows
    of: Order

    @property
    def id(self) -> str:
        return self.of.order_id

    @property
    def state(self) -> str:
        return self.of.state.value

    @property
    def own_state_words(self) -> tuple[str, ...]:
        status = self.of.attributes.get("status")
        return (str(status),) if status else ()

    @property
    def total(self) -> Money:
        return self.of.total

    @property
    def discount(self) -> Money:
        return Money(self.of.discount_minor, self.of.currency)

    @property
    def shipping_fee(self) -> Money:
        return Money(self.of.shipping_fee_minor, self.of.currency)

    @property
    def placed_at(self) -> datetime | None:
        return self.of.placed_at

    @property
    def shipped_at(self) -> datetime | None:
        return self.of.shipped_at

    @property
    def delivered_at(self) -> datetime | None:
        return self.of.delivered_at

    @property
    def cancelled_at(self) -> datetime | None:
        return self.of.cancelled_at

    @property
    def ships_on(self) -> datetime | None:
        return None if self.of.paid_at is None else last_day(ships_on(self.of.paid_at, self.rows.policy))

    @property
    def day_after_shipping(self) -> datetime | None:
        """The day after the promised one: what a day's end that is taken for a day comes to."""
        return None if self.of.paid_at is None else ships_on(self.of.paid_at, self.rows.policy)

    @property
    def protected_until(self) -> datetime | None:
        return last_day(price_protection_ends_at(self.of, self.rows.policy))

    @property
    def is_cancellable(self) -> bool:
        return can_cancel(self.of, self.rows.policy)

    @property
    def is_changeable(self) -> bool:
        return can_change(self.of, self.rows.policy)

    @property
    def is_late(self) -> bool:
        return is_shipping_late(self.of, self.rows.policy, self.rows.shop.now)

    @property
    def method(self) -> str | None:
        found = self._succeeded(PaymentKind.PAYMENT)
        return found[0].method if found else None

    @property
    def refunded(self) -> Money | None:
        found = self._succeeded(PaymentKind.REFUND)
        return Money(sum(p.amount_minor for p in found), self.of.currency) if found else None

    @property
    def refunded_at(self) -> datetime | None:
        found = self._succeeded(PaymentKind.REFUND)
        return found[-1].completed_at if found else None

    @property
    def refund_method(self) -> str | None:
        found = self._succeeded(PaymentKind.REFUND)
        return found[-1].method if found else None

    @property
    def shipment(self) -> Shipment | None:
        return self.of.shipments[0] if self.of.shipments else None

    @property
    def lines(self) -> list[LineView]:
        return [LineView(self.rows, self.of, line) for line in self.of.lines]

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.of.lines)

    @property
    def address(self) -> Address:
        return self.of.address

    @property
    def invoice(self) -> IssuedInvoice | None:
        return self.rows.invoices.get(self.of.order_id)

    @property
    def attributes(self) -> Any:
        return self.of.attributes

    def _succeeded(self, kind: PaymentKind) -> list[Payment]:
        return [p for p in self.of.payments if p.kind is kind and p.status is PaymentStatus.SUCCEEDED]


@dataclass(frozen=True)
class ProductView:
    """One product; what the shop tells of it beside is in `attributes`."""

    of: Product

    @property
    def name(self) -> LocalText:
        return self.of.name

    @property
    def model(self) -> str:
        """The maker's code, the last in the name; where there is none, the name."""
        codes = _CODE.findall(self.of.name.zh.replace("\u2011", "-").replace("\u00a0", " "))
        return codes[-1] if codes else self.of.name.zh

    @property
    def price(self) -> Money:
        return min((variant.price for variant in self.of.variants), key=lambda price: price.amount_minor)

    @property
    def highest_price(self) -> Money:
        return max((variant.price for variant in self.of.variants), key=lambda price: price.amount_minor)

    @property
    def variants(self) -> tuple[Variant, ...]:
        return self.of.variants

    @property
    def count(self) -> int:
        return len(self.of.variants)

    @property
    def count_in_stock(self) -> int:
        return sum(variant.stock > 0 for variant in self.of.variants)

    @property
    def brand(self) -> LocalText:
        return self.of.brand

    @property
    def description(self) -> LocalText:
        return self.of.description

    @property
    def attributes(self) -> Any:
        return self.of.attributes


@dataclass(frozen=True)
class Chosen:
    """The rows that a question is about."""

    rows: ShopRows
    shopper: Shopper | None = None
    order: OrderView | None = None
    line: LineView | None = None
    other: OrderView | None = None
    product: ProductView | None = None
    variant: Variant | None = None

    def find(self, reference: str) -> Any:
        """What `order.lines.0.name` stands for. AttributeError, KeyError or IndexError names what is not there."""
        root, _, path = reference.partition(".")
        value = self._root(root)
        for name in path.split("."):
            if value is None:
                return None
            if name.isdecimal():
                value = value[int(name)]
            elif isinstance(value, Mapping):
                value = value[name]
            else:
                value = getattr(value, name)
        return value

    def _root(self, name: str) -> Any:
        if name == "customer":
            return self.shopper
        return getattr(self.rows if name in {"policy", "tenant"} else self, name)
