"""The rows of each table from the parts of a tau2 document."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from commerce.domain.catalogue import SaleClass
from commerce.domain.customers import MemberLevel
from commerce.domain.orders import RESERVING_STATES, OrderState, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import MethodKind
from commerce.domain.product_query import searchable
from commerce.importers.reading import Node

Row = dict[str, Any]
Tables = dict[str, list[Row]]

CURRENCY = "USD"
AVAILABLE_STOCK = 100
CATEGORY = "general"

ITEMS_CHANGED = "pending (item modified)"
STATES = {
    "pending": OrderState.PAID,
    ITEMS_CHANGED: OrderState.PAID,
    "processed": OrderState.PACKED,
    "delivered": OrderState.DELIVERED,
    "cancelled": OrderState.CANCELLED,
    "return requested": OrderState.RETURN_REQUESTED,
    "exchange requested": OrderState.EXCHANGE_REQUESTED,
}
"""Pending orders are paid and can still be changed; processed ones have a tracking number and cannot."""

METHODS = {
    "gift_card": MethodKind.GIFT_CARD,
    "paypal": MethodKind.WALLET,
    "credit_card": MethodKind.CARD,
}

ORDER_EXTRAS = (
    "cancel_reason",
    "exchange_items",
    "exchange_new_items",
    "exchange_payment_method_id",
    "exchange_price_difference",
    "return_items",
    "return_payment_method_id",
)
_ADDRESS = {"address1", "address2", "city", "state", "country", "zip"}


def catalogue_rows(products: Node, tenant_id: str) -> Tables:
    """products, variants, catalogue_terms."""
    tables: Tables = {"products": [], "variants": [], "catalogue_terms": []}
    colours: dict[str, None] = {}
    for key, product in products.entries():
        product.only({"name", "product_id", "variants"})
        name = product.field("name").text()
        _require_key(product.field("product_id"), key)
        made = [
            _variant(node, item_id, key, tenant_id) for item_id, node in product.field("variants").entries()
        ]
        tables["variants"] += made
        tables["products"].append(_product(tenant_id, key, name, made))
        tables["catalogue_terms"].append(_term(tenant_id, "product_type", name, len(tables["products"])))
        colours |= {row["colour_name"]: None for row in made if row["colour_name"]}
    for row in tables["variants"]:
        del row["colour_name"]
    tables["catalogue_terms"] += [
        _term(tenant_id, "colour", colour, position) for position, colour in enumerate(sorted(colours))
    ]
    tables["catalogue_terms"].append(_term(tenant_id, "category", CATEGORY, 0))
    return tables


def _variant(node: Node, item_id: str, product_id: str, tenant_id: str) -> Row:
    node.only({"item_id", "options", "available", "price"})
    _require_key(node.field("item_id"), item_id)
    options = {name: option.text() for name, option in node.field("options").entries()}
    colour = options.get("color")
    return {
        "tenant_id": tenant_id,
        "variant_id": item_id,
        "product_id": product_id,
        "colour": _slug(colour) if colour else None,
        "colour_name": colour,
        "size": options.get("size"),
        "options": options,
        "price_minor": node.field("price").minor_units(),
        "currency": CURRENCY,
        "stock": AVAILABLE_STOCK if node.field("available").boolean() else 0,
        "attributes": {},
    }


def _product(tenant_id: str, product_id: str, name: str, made: list[Row]) -> Row:
    words = dict.fromkeys(value for row in made for value in row["options"].values())
    choices = "; ".join(
        f"{option}: {', '.join(dict.fromkeys(row['options'][option] for row in made if option in row['options']))}"
        for option in dict.fromkeys(option for row in made for option in row["options"])
    )
    return {
        "tenant_id": tenant_id,
        "product_id": product_id,
        "category": CATEGORY,
        "product_type": _slug(name),
        "name_zh": name,
        "name_en": name,
        "description_zh": choices,
        "description_en": choices,
        "brand_zh": "",
        "brand_en": "",
        "sale_class": SaleClass.STANDARD.value,
        "is_giftable": True,
        "is_own_brand": False,
        "sold_count": 0,
        "launched_at": None,
        "search_text": searchable((name, *words)),
        "attributes": {},
    }


def _term(tenant_id: str, kind: str, name: str, position: int) -> Row:
    return {
        "tenant_id": tenant_id,
        "kind": kind,
        "slug": _slug(name),
        "position": position,
        "name_zh": name,
        "name_en": name,
        "synonyms": [name.lower()],
        "categories": [CATEGORY] if kind == "product_type" else [],
    }


def user_rows(users: Node, tenant_id: str) -> Tables:
    """customers, addresses, payment_methods. What a customer row cannot hold in its own form stays in its attributes as it
    was.
    """
    tables: Tables = {"customers": [], "addresses": [], "payment_methods": []}
    for key, user in users.entries():
        user.only({"user_id", "name", "address", "email", "payment_methods", "orders"})
        _require_key(user.field("user_id"), key)
        name = user.field("name")
        name.only({"first_name", "last_name"})
        full_name = f"{name.field('first_name').text()} {name.field('last_name').text()}"
        for method_id, method in user.field("payment_methods").entries():
            tables["payment_methods"].append(_method(method, method_id, key, tenant_id))
        user.field("orders").texts()
        kept = {field: user.field(field).value for field in ("name", "address", "payment_methods", "orders")}
        tables["customers"].append(
            {
                "tenant_id": tenant_id,
                "customer_id": key,
                "name": full_name,
                "email": user.field("email").text(),
                "phone": "",
                "language": "en",
                "level": MemberLevel.ORDINARY.value,
                "is_plus": False,
                "points": 0,
                "registered_at": None,
                "attributes": kept,
            }
        )
        home = _address(user.field("address"), f"{key}-home", full_name)
        tables["addresses"].append({"tenant_id": tenant_id, "customer_id": key, **home})
    return tables


def _method(node: Node, method_id: str, user_id: str, tenant_id: str) -> Row:
    _require_key(node.field("id"), method_id)
    source = node.field("source")
    if source.text() not in METHODS:
        raise source.fail(f"{source.value!r} is not one of {', '.join(METHODS)}")
    kind = METHODS[source.text()]
    is_card = kind is MethodKind.GIFT_CARD
    return {
        "tenant_id": tenant_id,
        "method_id": method_id,
        "customer_id": user_id,
        "kind": kind.value,
        "service": source.text(),
        "balance_minor": node.field("balance").minor_units() if is_card else None,
        "currency": CURRENCY,
    }


def _address(node: Node, address_id: str, recipient: str) -> Row:
    node.only(_ADDRESS)
    lines = (node.field("address1").string(), node.field("address2").string())
    return {
        "address_id": address_id,
        "recipient": recipient,
        "phone": "",
        "region": node.field("state").string(),
        "city": node.field("city").string(),
        "district": "",
        "street": ", ".join(line for line in lines if line),
        "postcode": node.field("zip").string(),
        "country": node.field("country").string(),
        "is_default": True,
    }


def order_rows(orders: Node, tenant_id: str, known: Tables) -> Tables:
    """orders, order_lines, payments, shipments, stock_reservations; counts what was sold into the rows of `known`."""
    writer = _OrderWriter(tenant_id, known)
    for position, (key, order) in enumerate(orders.entries()):
        writer.add(order, key, position)
    for product in known["products"]:
        product["sold_count"] = writer.sold[product["product_id"]]
    for variant in known["variants"]:
        variant["reserved"] = writer.reserved[variant["variant_id"]]
    return writer.tables


class _OrderWriter:
    def __init__(self, tenant_id: str, known: Tables) -> None:
        self._tenant_id = tenant_id
        self._names = {row["product_id"]: row["name_en"] for row in known["products"]}
        self._product_of = {row["variant_id"]: row["product_id"] for row in known["variants"]}
        self._users = {row["customer_id"]: row for row in known["customers"]}
        self._methods = {row["method_id"]: row["service"] for row in known["payment_methods"]}
        self.sold: Counter[str] = Counter()
        self.reserved: Counter[str] = Counter()
        self.tables: Tables = {
            "orders": [],
            "order_lines": [],
            "payments": [],
            "shipments": [],
            "stock_reservations": [],
        }

    def add(self, order: Node, key: str, position: int) -> None:
        order.only(
            {"order_id", "user_id", "address", "items", "status", "fulfillments", "payment_history"},
            frozenset(ORDER_EXTRAS),
        )
        _require_key(order.field("order_id"), key)
        user_id = order.field("user_id").text()
        if user_id not in self._users:
            raise order.field("user_id").fail(f"no user {user_id!r}")
        status = order.field("status").text()
        if status not in STATES:
            raise order.field("status").fail(f"{status!r} is not one of {', '.join(STATES)}")
        state = STATES[status]
        lines = [
            self._line(item, key, number) for number, item in enumerate(order.field("items").items(), start=1)
        ]
        attributes = {name: order.value[name] for name in ORDER_EXTRAS if name in order.value}
        attributes["address"] = order.field("address").value
        self.tables["orders"].append(
            {
                "tenant_id": self._tenant_id,
                "order_id": key,
                "customer_id": user_id,
                "state": state.value,
                "goods_minor": sum(line["unit_price_minor"] for line in lines),
                "discount_minor": 0,
                "shipping_fee_minor": 0,
                "currency": CURRENCY,
                "address": _address(order.field("address"), f"{key}-address", self._users[user_id]["name"]),
                "position": position,
                "attributes": attributes,
                "item_changes": int(status == ITEMS_CHANGED),
            }
        )
        self.tables["order_lines"] += lines
        if state in RESERVING_STATES:
            self._reserve(key, lines)
        if state is not OrderState.CANCELLED:
            self.sold.update(line["product_id"] for line in lines)
        self._add_payments(order, key, user_id)
        self._add_shipments(order, key)

    def _line(self, item: Node, order_id: str, number: int) -> Row:
        item.only({"name", "product_id", "item_id", "price", "options"})
        product_id, item_id = item.field("product_id").text(), item.field("item_id").text()
        if self._product_of.get(item_id) != product_id:
            raise item.field("item_id").fail(f"no item {item_id!r} of product {product_id!r}")
        if self._names[product_id] != item.field("name").text():
            raise item.field("name").fail(f"is not the name of product {product_id!r}")
        options = {name: option.text() for name, option in item.field("options").entries()}
        colour = options.get("color")
        return {
            "tenant_id": self._tenant_id,
            "line_id": f"{order_id}-{number}",
            "order_id": order_id,
            "position": number,
            "product_id": product_id,
            "variant_id": item_id,
            "colour": _slug(colour) if colour else None,
            "size": options.get("size"),
            "options": options,
            "quantity": 1,
            "unit_price_minor": item.field("price").minor_units(),
            "currency": CURRENCY,
            "returned_quantity": 0,
            "exchanged_count": 0,
            "discount_minor": 0,
        }

    def _reserve(self, order_id: str, lines: list[Row]) -> None:
        held = Counter(line["variant_id"] for line in lines)
        self.reserved.update(held)
        self.tables["stock_reservations"] += [
            {
                "tenant_id": self._tenant_id,
                "order_id": order_id,
                "variant_id": variant_id,
                "quantity": quantity,
            }
            for variant_id, quantity in held.items()
        ]

    def _add_payments(self, order: Node, order_id: str, user_id: str) -> None:
        methods = self._users[user_id]["attributes"]["payment_methods"]
        for number, payment in enumerate(order.field("payment_history").items(), start=1):
            payment.only({"transaction_type", "amount", "payment_method_id"})
            kind, method = payment.field("transaction_type"), payment.field("payment_method_id")
            if kind.text() not in set(PaymentKind):
                raise kind.fail(f"{kind.value!r} is neither payment nor refund")
            if method.text() not in methods:
                raise method.fail(f"{method.value!r} is no payment method of {user_id!r}")
            self.tables["payments"].append(
                {
                    "tenant_id": self._tenant_id,
                    "payment_id": f"{order_id}-{number}",
                    "order_id": order_id,
                    "position": number,
                    "kind": kind.value,
                    "status": PaymentStatus.SUCCEEDED.value,
                    "method": self._methods[method.value],
                    "amount_minor": payment.field("amount").minor_units(),
                    "currency": CURRENCY,
                    "created_at": None,
                    "completed_at": None,
                    "method_id": method.value,
                }
            )

    def _add_shipments(self, order: Node, order_id: str) -> None:
        for number, parcel in enumerate(order.field("fulfillments").items(), start=1):
            parcel.only({"tracking_id", "item_ids"})
            parcel.field("item_ids").texts()
            self.tables["shipments"].append(
                {
                    "tenant_id": self._tenant_id,
                    "shipment_id": f"{order_id}-{number:02d}",
                    "order_id": order_id,
                    "carrier_zh": "",
                    "carrier_en": "",
                    "tracking_number": ", ".join(parcel.field("tracking_id").texts()),
                    "shipped_at": None,
                    "expected_at": None,
                    "delivered_at": None,
                    "attributes": {"fulfillment": parcel.value},
                }
            )


def _require_key(node: Node, key: str) -> None:
    if node.text() != key:
        raise node.fail(f"is {node.value!r}, but the entry is {key!r}")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
