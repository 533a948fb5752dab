"""How customers pay, and the pieces that open orders hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from commerce.domain.orders import RESERVING_STATES
from commerce.domain.payment_methods import MethodKind

Row = dict[str, Any]

METHODS = {
    "alipay": MethodKind.WALLET,
    "wechat_pay": MethodKind.WALLET,
    "unionpay_card": MethodKind.CARD,
    "huabei": MethodKind.WALLET,
    "gift_card": MethodKind.GIFT_CARD,
}
_BALANCES = (0, 50_00, 200_00, 500_00)


def method_id(customer_id: str, service: str) -> str:
    return f"{service}-{customer_id}"


def method_rows(customers: Iterable[Row], currency: str) -> list[Row]:
    """Every customer has every method; gift cards hold 0 to 500, in turns."""
    return [
        {
            "tenant_id": customer["tenant_id"],
            "method_id": method_id(customer["customer_id"], service),
            "customer_id": customer["customer_id"],
            "kind": kind.value,
            "service": service,
            "balance_minor": _BALANCES[number % len(_BALANCES)] if kind is MethodKind.GIFT_CARD else None,
            "currency": currency,
        }
        for number, customer in enumerate(customers)
        for service, kind in METHODS.items()
    ]


def reservation_rows(orders: Iterable[Row], lines: Iterable[Row], variants: Iterable[Row]) -> list[Row]:
    """What orders hold that have not left; counts it into the rows of `variants` too."""
    waiting = {
        order["order_id"]: order["tenant_id"] for order in orders if order["state"] in RESERVING_STATES
    }
    held: Counter[tuple[str, str]] = Counter()
    of_variant: Counter[str] = Counter()
    for line in lines:
        if line["order_id"] in waiting:
            held[line["order_id"], line["variant_id"]] += line["quantity"]
            of_variant[line["variant_id"]] += line["quantity"]
    for variant in variants:
        variant["reserved"] = of_variant[variant["variant_id"]]
    return [
        {"tenant_id": waiting[order_id], "order_id": order_id, "variant_id": variant_id, "quantity": quantity}
        for (order_id, variant_id), quantity in held.items()
    ]
