"""Customers of ECom-Bench, their addresses, and how they pay."""

from __future__ import annotations

from typing import Any, Final

from commerce.domain.customers import MemberLevel
from commerce.domain.payment_methods import MethodKind
from commerce.importers.ecom_bench_fields import require_fields
from commerce.importers.ecom_bench_goods import CURRENCY, Row, Tables, require_key
from commerce.importers.reading import Node

CARD: Final = "jd_ecard"
METHODS: Final = {
    "京东E卡": (CARD, MethodKind.GIFT_CARD),
    "微信": ("wechat_pay", MethodKind.WALLET),
    "支付宝": ("alipay", MethodKind.WALLET),
    "银行卡": ("bank_card", MethodKind.CARD),
}


class People:
    """Rows of customers, addresses and payment_methods, to which orders and stray records add."""

    def __init__(self, users: Node, tenant_id: str) -> None:
        self._tenant_id = tenant_id
        self._customers: dict[str, Row] = {}
        self._addresses: list[Row] = []
        self._methods: dict[str, Row] = {}
        for key, user in users.entries():
            self._add(user, key)

    @property
    def tables(self) -> Tables:
        return {
            "customers": list(self._customers.values()),
            "addresses": self._addresses,
            "payment_methods": list(self._methods.values()),
        }

    def require(self, node: Node) -> str:
        """The id of a known customer. Raises ImportInvalid."""
        if node.text() not in self._customers:
            raise node.fail(f"no user {node.value!r}")
        return str(node.value)

    def method(
        self, customer_id: str, service: str, kind: MethodKind, balance_minor: int | None = None
    ) -> str:
        """The customer's own of that service; one that they have paid with is theirs. A card's balance is the user's."""
        method_id = f"{service}-{customer_id}"
        self._methods.setdefault(
            method_id,
            {
                "tenant_id": self._tenant_id,
                "method_id": method_id,
                "customer_id": customer_id,
                "kind": kind.value,
                "service": service,
                "balance_minor": balance_minor,
                "currency": CURRENCY,
            },
        )
        return method_id

    def keep(self, customer_id: str, kind: str, record: dict[str, Any]) -> None:
        """A record of an order that is not among the orders."""
        kept = self._customers[customer_id]["attributes"].setdefault("without_order", {})
        kept.setdefault(kind, []).append(record)

    def named(self, order_id: str, name: str, phone: str) -> str:
        """The customer of that name and phone; who is known by an invoice alone is a customer of its order's number."""
        for row in self._customers.values():
            if (row["name"], row["phone"]) == (name, phone):
                return str(row["customer_id"])
        customer_id = f"invoice-{order_id}"
        self._customers[customer_id] = self._customer(customer_id, name, phone, {})
        return customer_id

    def _add(self, user: Node, key: str) -> None:
        require_fields(user, "user")
        require_key(user.field("用户ID"), key)
        name, phone = user.field("用户姓名").text(), user.field("电话号码").text()
        known = {"gender": user.field("性别").text(), "age": user.field("年龄").whole()}
        self._customers[key] = self._customer(key, name, phone, known)
        self.method(key, CARD, MethodKind.GIFT_CARD, user.field("电子卡余额").minor_units())
        home = user.field("地址信息")
        require_fields(home, "home")
        self._addresses.append(
            {"tenant_id": self._tenant_id, "customer_id": key, **place(home, f"{key}-home", name, phone)}
        )

    def _customer(self, customer_id: str, name: str, phone: str, attributes: dict[str, Any]) -> Row:
        return {
            "tenant_id": self._tenant_id,
            "customer_id": customer_id,
            "name": name,
            "email": "",
            "phone": phone,
            "language": "zh",
            "level": MemberLevel.ORDINARY.value,
            "is_plus": False,
            "points": 0,
            "registered_at": None,
            "attributes": attributes,
        }


def place(node: Node, address_id: str, recipient: str, phone: str) -> Row:
    """An address's own columns."""
    return {
        "address_id": address_id,
        "recipient": recipient,
        "phone": phone,
        "region": node.field("省份").text(),
        "city": node.field("城市").text(),
        "district": node.field("区县").text(),
        "street": node.field("详细地址").text(),
        "postcode": "",
        "country": node.field("国家").text(),
        "is_default": True,
    }
