"""Orders of ECom-Bench with their lines, payments, parcels, invoices and services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from commerce.domain.actions import InvoiceKind
from commerce.domain.money import shares
from commerce.domain.orders import RESERVING_STATES, OrderState, PaymentKind, PaymentStatus
from commerce.importers.ecom_bench_fields import require_fields
from commerce.importers.ecom_bench_goods import CURRENCY, Row, Tables, one_of, require_key
from commerce.importers.ecom_bench_parcels import Parcel, read_parcel, shipment_rows
from commerce.importers.ecom_bench_people import METHODS, People, place
from commerce.importers.reading import Node

STATES: Final = {
    "已付款": OrderState.PAID,
    "处理中": OrderState.PACKED,
    "已发货": OrderState.SHIPPED,
    "运输中": OrderState.SHIPPED,
    "已签收": OrderState.DELIVERED,
    "已送达": OrderState.DELIVERED,
    "已退货": OrderState.RETURNED,
}
_ARRIVED: Final = frozenset({OrderState.DELIVERED, OrderState.RETURNED})
_INVOICES: Final = {"个人发票": InvoiceKind.ELECTRONIC}


class Orders:
    """Rows of what belongs to orders; counts what was sold and what waits into the rows of `goods`."""

    def __init__(self, tenant_id: str, goods: Tables, people: People) -> None:
        self._tenant_id = tenant_id
        self._products = {row["product_id"]: row for row in goods["products"]}
        self._variants = {row["variant_id"]: row for row in goods["variants"]}
        self._people = people
        self._orders: dict[str, Row] = {}
        names = ("order_lines", "payments", "stock_reservations", "shipments", "tracking_events", "invoices")
        self._tables: Tables = {name: [] for name in names}

    @property
    def tables(self) -> Tables:
        return {"orders": list(self._orders.values()), **self._tables}

    def add(self, orders: Node, parcels: Node) -> None:
        """All orders with their parcels; a parcel without its order stays with the customer."""
        found = {order_id: node for _, order_id, node in by_order(parcels)}
        for customer, order_id, order in by_order(orders):
            parcel = found.get(order_id)
            self._add(order, customer, order_id, None if parcel is None else read_parcel(parcel))
        for customer, order_id, node in by_order(parcels):
            if order_id not in self._orders:
                read_parcel(node)
                self._people.keep(
                    self._people.require(customer), "parcels", {"order_id": order_id, **node.value}
                )

    def add_invoices(self, invoices: Node, now: datetime) -> None:
        """An invoice has no date here: it counts as of the order's last known time, and where there is none as of `now`."""
        for order_id, invoice in invoices.entries():
            require_fields(invoice, "invoice")
            require_key(invoice.field("订单ID"), order_id)
            one_of(invoice.field("发票类型"), _INVOICES)
            title, phone = invoice.field("发票抬头").text(), invoice.field("电话号码").text()
            if (order := self._orders.get(order_id)) is None:
                customer_id = self._people.named(order_id, title, phone)
                self._people.keep(customer_id, "invoices", invoice.value)
                continue
            order["attributes"]["invoice"] = {"kind": invoice.field("发票类型").text(), "phone": phone}
            self._tables["invoices"].append(
                {
                    "tenant_id": self._tenant_id,
                    "invoice_id": f"{order_id}-1",
                    "order_id": order_id,
                    "kind": one_of(invoice.field("发票类型"), _INVOICES).value,
                    "title": title,
                    "tax_id": "",
                    "amount_minor": order["goods_minor"] - order["discount_minor"],
                    "currency": CURRENCY,
                    "issued_at": order["delivered_at"] or order["shipped_at"] or order["placed_at"] or now,
                    "due_at": None,
                    "voided_at": None,
                }
            )

    def add_services(self, services: Node, platform: str, shop_id: str) -> None:
        """Visits that were agreed on."""
        for customer, order_id, service in by_order(services):
            require_fields(service, "service")
            for field, value in (("平台", platform), ("店铺ID", shop_id), ("订单ID", order_id)):
                require_key(service.field(field), value)
            kept = {
                "kind": service.field("服务类型").text(),
                "customer_id": service.field("用户ID").text(),
                "order_id": order_id,
                "phone": service.field("电话号码").text(),
                "name": service.field("用户姓名").text(),
                "appointment": service.field("预约日期").text(),
            }
            if (order := self._orders.get(order_id)) is not None:
                order["attributes"]["service"] = kept
            else:
                self._people.keep(self._people.require(customer), "services", kept)

    def _add(self, order: Node, customer: Node, order_id: str, parcel: Parcel | None) -> None:
        require_fields(order, "order")
        require_key(order.field("订单ID"), order_id)
        require_key(order.field("用户ID"), customer.text())
        customer_id, state = self._people.require(customer), one_of(order.field("订单状态"), STATES)
        lines = [
            self._line(line, order_id, number, state)
            for number, line in enumerate(order.field("订单商品列表").items(), start=1)
        ]
        costs = [line["unit_price_minor"] * line["quantity"] for line in lines]
        goods, total = sum(costs), order.field("订单总金额").minor_units()
        if total > goods:
            raise order.field("订单总金额").fail(f"is {total} fen, more than the goods of {goods}")
        for line, off in zip(lines, shares(goods - total, costs), strict=True):
            line["discount_minor"] = off
        destination = order.field("收货地址")
        require_fields(destination, "destination")
        recipient, phone = destination.field("收件人姓名").text(), destination.field("电话号码").text()
        self._orders[order_id] = {
            "tenant_id": self._tenant_id,
            "order_id": order_id,
            "customer_id": customer_id,
            "state": state.value,
            "goods_minor": goods,
            "discount_minor": goods - total,
            "shipping_fee_minor": 0,
            "currency": CURRENCY,
            "address": place(destination, f"{order_id}-address", recipient, phone),
            "position": len(self._orders),
            "attributes": {
                "status": order.field("订单状态").text(),
                "is_urgent": order.field("是否加急").boolean(),
            },
            **_times(parcel, state),
        }
        self._tables["order_lines"] += lines
        self._pay(order, order_id, customer_id, total, parcel)
        self._count(order_id, state, lines)
        if parcel is not None:
            shipment, events = shipment_rows(
                parcel, order_id, self._tenant_id, is_delivered=state in _ARRIVED
            )
            self._tables["shipments"].append(shipment)
            self._tables["tracking_events"] += events

    def _line(self, line: Node, order_id: str, number: int, state: OrderState) -> Row:
        require_fields(line, "line")
        product_id, quantity = line.field("商品ID"), line.field("数量").whole()
        if product_id.text() not in self._products:
            raise product_id.fail(f"no product {product_id.value!r}")
        if quantity == 0:
            raise line.field("数量").fail("must be at least 1")
        return {
            "tenant_id": self._tenant_id,
            "line_id": f"{order_id}-{number}",
            "order_id": order_id,
            "position": number,
            "product_id": product_id.value,
            "variant_id": product_id.value,
            "colour": None,
            "size": None,
            "options": {},
            "quantity": quantity,
            "unit_price_minor": line.field("单价").minor_units(),
            "currency": CURRENCY,
            "returned_quantity": quantity if state is OrderState.RETURNED else 0,
            "exchanged_count": 0,
        }

    def _pay(self, order: Node, order_id: str, customer_id: str, total: int, parcel: Parcel | None) -> None:
        service, kind = one_of(order.field("支付方式"), METHODS)
        paid_at = None if parcel is None else parcel.paid_at
        self._tables["payments"].append(
            {
                "tenant_id": self._tenant_id,
                "payment_id": f"{order_id}-1",
                "order_id": order_id,
                "position": 1,
                "kind": PaymentKind.PAYMENT.value,
                "status": PaymentStatus.SUCCEEDED.value,
                "method": service,
                "amount_minor": total,
                "currency": CURRENCY,
                "created_at": paid_at,
                "completed_at": paid_at,
                "method_id": self._people.method(customer_id, service, kind),
            }
        )

    def _count(self, order_id: str, state: OrderState, lines: list[Row]) -> None:
        waiting: Counter[str] = Counter()
        for line in lines:
            self._products[line["product_id"]]["sold_count"] += line["quantity"]
            if state in RESERVING_STATES:
                waiting[line["variant_id"]] += line["quantity"]
        for variant_id, quantity in waiting.items():
            self._variants[variant_id]["reserved"] += quantity
            held = {"order_id": order_id, "variant_id": variant_id, "quantity": quantity}
            self._tables["stock_reservations"].append({"tenant_id": self._tenant_id, **held})


def by_order(node: Node) -> Iterator[tuple[Node, str, Node]]:
    """Records that lie below their customer and their order's number: the customer as a value, the number, the record."""
    for customer_id, orders in node.entries():
        for order_id, record in orders.entries():
            yield Node(customer_id, orders.path), order_id, record


def _times(parcel: Parcel | None, state: OrderState) -> dict[str, Any]:
    """What the parcel's record tells of the order; a time that nobody wrote down stays unknown."""
    has_left = state not in RESERVING_STATES
    return {
        "placed_at": parcel.placed_at if parcel else None,
        "paid_at": parcel.paid_at if parcel else None,
        "packed_at": None,
        "shipped_at": parcel.shipped_at if parcel and has_left else None,
        "delivered_at": parcel.delivered_at if parcel and state in _ARRIVED else None,
        "cancelled_at": None,
    }
