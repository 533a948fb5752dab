"""Puts a customer with all that they have into the demonstration shop, as rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert

from benchmarks.dialogues.goods import CURRENCY, Row, goods, product_row, variant_id, variant_rows
from benchmarks.dialogues.had import Had, HadCoupon, HadOrder
from commerce.demo.generator import DEMO_TENANT
from commerce.demo.money_rows import METHODS, method_id, reservation_rows
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.customers import MemberLevel
from commerce.domain.money import shares
from commerce.domain.orders import OrderState, PaymentKind, PaymentStatus
from commerce.store import Store
from commerce.store.tables import metadata

NAMES: Final = {"zh": "王芳", "en": "Emma Clark"}
PHONE: Final = "13800001111"
STRANGER: Final = "Nora Stone"
_STRANGERS_PHONE: Final = "13900002222"
_PLACES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "home": {
        "zh": ("浙江省", "杭州市", "西湖区", "文三路100号", "310012"),
        "en": ("Zhejiang", "Hangzhou", "Xihu", "100 Wensan Road", "310012"),
    },
    "office": {
        "zh": ("上海市", "上海市", "浦东新区", "世纪大道88号", "200120"),
        "en": ("Shanghai", "Shanghai", "Pudong", "88 Century Avenue", "200120"),
    },
    "elsewhere": {
        "zh": ("广东省", "深圳市", "南山区", "科苑路15号", "518057"),
        "en": ("Guangdong", "Shenzhen", "Nanshan", "15 Keyuan Road", "518057"),
    },
}
# Between one step and the next, so that each order has a life of its own.
_STEPS: Final = (
    ("paid_at", timedelta(minutes=5)),
    ("packed_at", timedelta(hours=5)),
    ("shipped_at", timedelta(hours=3)),
    ("delivered_at", timedelta(days=2)),
)
_LAST_STEP: Final = {
    OrderState.PENDING_PAYMENT: 0,
    OrderState.PAID: 1,
    OrderState.PACKED: 2,
    OrderState.SHIPPED: 3,
    OrderState.DELIVERED: 4,
    OrderState.CANCELLED: 1,
}
_EN_ROUTE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Customer:
    """`ids` are the real ids by the letters of `had`; `prefix` begins the ids of their goods."""

    had: Had
    customer_id: str
    prefix: str
    ids: Mapping[str, str]

    @property
    def reached_as(self) -> str | None:
        """By whom a turn is said."""
        return self.customer_id if self.had.is_signed_in else None

    def variant(self, kind: str) -> str:
        return variant_id(self.prefix, kind)


def customer_of(key: str, had: Had) -> Customer:
    """The same ids for the same key, and others for every other."""
    ids = {name: f"KF26{_digits(key, name)}" for name in (*had.orders, *had.others)}
    ids |= {name: f"CP{_digits(key, name)}" for name in had.coupons}
    return Customer(had, f"C7{_digits(key, 'customer')}", f"G{_digits(key, 'goods')}", ids)


def _digits(key: str, what: str) -> str:
    hashed = hashlib.blake2s(f"{key}/{what}".encode()).digest()
    return f"{int.from_bytes(hashed[:8]) % 10**10:010d}"


async def move_in(store: Store, customer: Customer, now: datetime) -> None:
    """In one transaction. IntegrityError where they are there already."""
    tables = rows(customer, now)
    async with store.writing() as connection:
        for name, found in tables.items():
            if found:
                await connection.execute(insert(metadata.tables[name]), found)


def rows(customer: Customer, now: datetime) -> dict[str, list[Row]]:
    """By table, parents first."""
    had, stranger_id = customer.had, f"C8{customer.customer_id[2:]}"
    people = [_person(customer.customer_id, NAMES[had.language], had.language, now)]
    if had.others:
        people.append(_person(stranger_id, STRANGER, "en", now))
    orders: list[Row] = []
    made: dict[str, list[Row]] = {"order_lines": [], "payments": [], "shipments": [], "invoices": []}
    for name, order in {**had.orders, **had.others}.items():
        owner = stranger_id if name in had.others else customer.customer_id
        orders.append(_order_row(customer, customer.ids[name], owner, order, now))
        made["order_lines"] += _line_rows(customer, customer.ids[name], order)
        made["payments"] += _payment_rows(orders[-1], order)
        made["shipments"] += _shipment_rows(orders[-1])
    made["invoices"] = [_invoice_row(customer, name, title, orders) for name, title in had.invoices.items()]
    variants = _variants(customer)
    reserved = reservation_rows(orders, made["order_lines"], variants)
    tables = {
        "customers": people,
        "addresses": _address_rows(customer),
        "payment_methods": [_method_row(customer, service) for service in had.methods],
        "products": [product_row(customer.prefix, product) for product in _products(had)],
        "variants": variants,
        "orders": orders,
        **made,
        "stock_reservations": reserved,
        "stock_moves": [_kept(row, now) for row in reserved],
        "coupons": [_coupon_row(customer, name, coupon, now) for name, coupon in had.coupons.items()],
    }
    for row in (row for found in tables.values() for row in found):
        row["tenant_id"] = had.shop
    return tables


def _products(had: Had) -> Iterable[str]:
    """Of the orders, and of what is said of the shelves."""
    lines = (line.kind for order in (*had.orders.values(), *had.others.values()) for line in order.lines)
    named = {kind.split()[0] for kind in (*lines, *had.stock, *had.today)}
    return [product for product in goods() if product in named]


def _variants(customer: Customer) -> list[Row]:
    stock = {customer.variant(kind): count for kind, count in customer.had.stock.items()}
    today = {customer.variant(kind): price for kind, price in customer.had.today.items()}
    found = [row for product in _products(customer.had) for row in variant_rows(customer.prefix, product)]
    for row in found:
        row["stock"] = stock.get(row["variant_id"], row["stock"])
        row["price_minor"] = today.get(row["variant_id"], row["price_minor"])
    return found


def _person(customer_id: str, name: str, language: str, now: datetime) -> Row:
    return {
        "tenant_id": DEMO_TENANT,
        "customer_id": customer_id,
        "name": name,
        "email": f"{customer_id.lower()}@example.com",
        "phone": PHONE,
        "language": language,
        "level": MemberLevel.ORDINARY.value,
        "is_plus": False,
        "points": 0,
        "registered_at": now - timedelta(days=200),
        "attributes": {},
    }


def address(where: str, language: str) -> Row:
    """Without the ids of a saved one."""
    region, city, district, street, postcode = _PLACES[where][language]
    return {
        "recipient": NAMES[language], "phone": PHONE, "region": region, "city": city, "district": district,
        "street": street, "postcode": postcode, "country": "CN",
    }  # fmt: skip


def _address_rows(customer: Customer) -> list[Row]:
    return [
        {
            "tenant_id": DEMO_TENANT,
            "address_id": _address_id(customer, where),
            "customer_id": customer.customer_id,
            "is_default": where == "home",
            **address(where, customer.had.language),
        }
        for where in ("home", *customer.had.saved)
    ]


def _address_id(customer: Customer, where: str) -> str:
    return f"A{customer.customer_id[1:]}{where}"


def _method_row(customer: Customer, service: str) -> Row:
    return {
        "tenant_id": DEMO_TENANT,
        "method_id": method_id(customer.customer_id, service),
        "customer_id": customer.customer_id,
        "kind": METHODS[service].value,
        "service": service,
        "balance_minor": customer.had.gift_card_minor if service == "gift_card" else None,
        "currency": CURRENCY,
    }


def _times(order: HadOrder, now: datetime) -> dict[str, datetime]:
    """When it came to each state on its way to this one."""
    steps = _STEPS[: _LAST_STEP[order.state]]
    at = now - order.ago - sum((after for _, after in steps), timedelta())
    times = {"placed_at": at}
    for name, after in steps:
        times[name] = at = at + after
    return times


def _order_row(customer: Customer, order_id: str, owner: str, order: HadOrder, now: datetime) -> Row:
    goods_minor = sum(each.price_minor * each.quantity for each in order.lines)
    times = dict.fromkeys((name for name, _ in _STEPS)) | _times(order, now)
    shipping = DEMO_POLICY.shipping
    is_free = goods_minor - order.off_minor >= shipping.free_from_minor
    return {
        "tenant_id": DEMO_TENANT,
        "order_id": order_id,
        "customer_id": owner,
        "state": order.state.value,
        "goods_minor": goods_minor,
        "discount_minor": order.off_minor,
        "shipping_fee_minor": 0 if is_free else shipping.fee_minor,
        "currency": CURRENCY,
        "address": _delivered_to(customer, owner),
        **times,
        "cancelled_at": times["paid_at"] if order.state is OrderState.CANCELLED else None,
        "position": 0,
        "attributes": {"has_freight_insurance": order.is_insured},
        "item_changes": order.item_changes,
        "coupon_id": None,
        "urged_at": now - order.urged_ago if order.urged_ago else None,
    }


def _delivered_to(customer: Customer, owner: str) -> Row:
    language = customer.had.language
    where = "home" if owner == customer.customer_id else "elsewhere"
    place = {"address_id": _address_id(customer, where), "is_default": True, **address(where, language)}
    if where == "elsewhere":
        place |= {"recipient": STRANGER, "phone": _STRANGERS_PHONE}
    return place


def _line_rows(customer: Customer, order_id: str, order: HadOrder) -> list[Row]:
    off = shares(order.off_minor, [line.price_minor * line.quantity for line in order.lines])
    found = []
    for position, (line, discount) in enumerate(zip(order.lines, off, strict=True), start=1):
        variant = next(
            row
            for row in variant_rows(customer.prefix, line.kind.split()[0])
            if row["variant_id"] == customer.variant(line.kind)
        )
        found.append(
            {
                "tenant_id": DEMO_TENANT,
                "line_id": f"{order_id}-{position}",
                "order_id": order_id,
                "position": position,
                **{name: variant[name] for name in ("product_id", "variant_id", "colour", "size", "options")},
                "quantity": line.quantity,
                "unit_price_minor": line.price_minor,
                "currency": CURRENCY,
                "returned_quantity": line.quantity if line.is_returned else 0,
                "exchanged_count": int(line.is_exchanged),
                "discount_minor": discount,
            }
        )
    return found


def _payment_rows(row: Row, order: HadOrder) -> list[Row]:
    if row["paid_at"] is None:
        return []
    total = row["goods_minor"] - row["discount_minor"] + row["shipping_fee_minor"]
    movements = [(PaymentKind.PAYMENT, total)]
    if order.state is OrderState.CANCELLED:
        movements.append((PaymentKind.REFUND, total))
    back = sum(line.price_minor * line.quantity for line in order.lines if line.is_returned)
    if back:
        movements.append((PaymentKind.REFUND, back))
    return [_payment_row(row, order.service, at, *each) for at, each in enumerate(movements, start=1)]


def _payment_row(row: Row, service: str, position: int, kind: PaymentKind, amount: int) -> Row:
    return {
        "tenant_id": DEMO_TENANT,
        "payment_id": f"T{row['order_id'][2:]}-{position}",
        "order_id": row["order_id"],
        "position": position,
        "kind": kind.value,
        "status": PaymentStatus.SUCCEEDED.value,
        "method": service,
        "amount_minor": amount,
        "currency": CURRENCY,
        "created_at": row["placed_at"],
        "completed_at": row["paid_at"],
        "method_id": method_id(row["customer_id"], service),
    }


def _shipment_rows(row: Row) -> list[Row]:
    if row["shipped_at"] is None:
        return []
    return [
        {
            "tenant_id": DEMO_TENANT,
            "shipment_id": f"S{row['order_id'][2:]}",
            "order_id": row["order_id"],
            "carrier_zh": "青禾速递",
            "carrier_en": "Qinghe Express",
            "tracking_number": f"QH{row['order_id'][2:]}",
            "shipped_at": row["shipped_at"],
            "expected_at": row["shipped_at"] + _EN_ROUTE,
            "delivered_at": row["delivered_at"],
            "attributes": {},
        }
    ]


def _invoice_row(customer: Customer, name: str, title: str, orders: list[Row]) -> Row:
    order = next(row for row in orders if row["order_id"] == customer.ids[name])
    return {
        "tenant_id": DEMO_TENANT,
        "invoice_id": f"I{order['order_id'][2:]}",
        "order_id": order["order_id"],
        "kind": "electronic",
        "title": title,
        "tax_id": "",
        "amount_minor": order["goods_minor"] - order["discount_minor"] + order["shipping_fee_minor"],
        "currency": CURRENCY,
        "issued_at": order["paid_at"],
        "due_at": order["paid_at"] + timedelta(days=1),
        "voided_at": None,
    }


def _kept(row: Row, now: datetime) -> Row:
    return {**row, "action_id": None, "reason": "reserve", "at": now - timedelta(days=1)}


def _coupon_row(customer: Customer, name: str, coupon: HadCoupon, now: datetime) -> dict[str, Any]:
    return {
        "tenant_id": DEMO_TENANT,
        "coupon_id": customer.ids[name],
        "customer_id": customer.customer_id,
        "amount_minor": coupon.amount_minor,
        "percent": coupon.percent,
        "currency": CURRENCY,
        "min_goods_minor": coupon.min_minor,
        "categories": list(coupon.categories),
        "valid_from": now - timedelta(days=20),
        "valid_until": now + coupon.ends_in,
        "max_uses": 1,
        "used_count": int(coupon.is_used),
    }
