"""What the shop's books say of one customer, in words: flat, so that what a turn changed is read off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Table, select

from benchmarks.dialogues.goods import IN_STOCK, goods, kinds_of, product_id
from benchmarks.dialogues.moving_in import Customer
from commerce.store import Store
from commerce.store.tables import (
    cases,
    coupons,
    invoices,
    order_lines,
    orders,
    payment_methods,
    payments,
    tickets,
    variants,
)

Books = dict[str, str | list[str]]
Rows = Sequence[Row[Any]]
STOCK: Final = "stock "
"""How the keys begin that say what is on the shelf."""


async def books(store: Store, customer: Customer) -> Books:
    """`A.state`, `A.lines`, …, `coupons`, `gift card`, `stock jacket red M`. Sums are yuan, ids are left out."""
    reader = _Reader(customer)
    found: Books = {}
    async with store.reading() as connection:

        async def rows(table: Table, where: ColumnElement[bool], by: Any) -> Rows:
            query = select(table).where(table.c.tenant_id == customer.had.shop, where).order_by(by)
            return (await connection.execute(query)).all()

        for name in (*customer.had.orders, *customer.had.others):
            which = customer.ids[name]
            [order] = await rows(orders, orders.c.order_id == which, orders.c.order_id)
            found |= reader.order(name, order)
            for part, table, by in _PARTS:
                told = getattr(reader, part)
                listed = [told(row) for row in await rows(table, table.c.order_id == which, by)]
                found |= {f"{name}.{key}": lines for key, lines in _split(part, listed).items() if lines}
        mine = coupons.c.customer_id == customer.customer_id
        found |= reader.coupons(await rows(coupons, mine, coupons.c.valid_until))
        own = payment_methods.c.customer_id == customer.customer_id
        found |= reader.gift_card(await rows(payment_methods, own, payment_methods.c.method_id))
        made = [product_id(customer.prefix, product) for product in goods()]
        found |= reader.stock(await rows(variants, variants.c.product_id.in_(made), variants.c.variant_id))
    return found


_PARTS: Final = (
    ("line", order_lines, order_lines.c.position),
    ("payment", payments, payments.c.position),
    ("case", cases, cases.c.opened_at),
    ("ticket", tickets, tickets.c.opened_at),
    ("invoice", invoices, invoices.c.issued_at),
)


def _split(part: str, listed: list[str]) -> dict[str, list[str]]:
    """Payments and refunds are told apart."""
    if part != "payment":
        return {f"{part}s": listed}
    paid = [text.removeprefix("payment ") for text in listed if text.startswith("payment ")]
    back = [text.removeprefix("refund ") for text in listed if text.startswith("refund ")]
    return {"paid": paid, "refunds": back}


def yuan(minor: int) -> str:
    return f"{minor / 100:.2f}"


class _Reader:
    """Rows in words."""

    def __init__(self, customer: Customer) -> None:
        self._kinds = {
            customer.variant(kind.name): kind.name for product in goods() for kind in kinds_of(product)
        }
        self._letters = {real: letter for letter, real in customer.ids.items()}
        self._lines: dict[str, str] = {}

    def order(self, name: str, row: Row[Any]) -> Books:
        to = row.address
        total = row.goods_minor - row.discount_minor + row.shipping_fee_minor
        places = [to[name] for name in ("region", "city", "district", "street") if to[name]]
        where = ("" if "\u4e00" <= places[0] <= "\u9fff" else ", ").join(places)
        told: Books = {
            f"{name}.state": row.state,
            f"{name}.total": yuan(total),
            f"{name}.address": f"{where}; {to['recipient']}; {to['phone']}",
        }
        if row.coupon_id:
            told[f"{name}.coupon"] = self._letters.get(row.coupon_id, row.coupon_id)
        if row.urged_at:
            told[f"{name}.urged"] = "yes"
        return told

    def line(self, row: Row[Any]) -> str:
        kind = self._lines[row.line_id] = self._kinds[row.variant_id]
        back = f" returned {row.returned_quantity}" if row.returned_quantity else ""
        return f"{row.quantity} {kind} at {yuan(row.unit_price_minor)}{back}"

    def payment(self, row: Row[Any]) -> str:
        state = "" if row.status == "succeeded" else f" {row.status}"
        return f"{row.kind} {row.method} {yuan(row.amount_minor)}{state}"

    def case(self, row: Row[Any]) -> str:
        money = f" {yuan(row.refund_minor)}" if row.refund_minor else ""
        lines = ", ".join(self._case_line(line) for line in row.lines)
        return f"{row.kind} ({row.reason}){money} {row.state}: {lines}"

    def _case_line(self, line: dict[str, Any]) -> str:
        new = self._kinds.get(line["new_variant_id"], "") if line["new_variant_id"] else ""
        return f"{line['quantity']} {self._lines[line['line_id']]}" + (f" to {new}" if new else "")

    def ticket(self, row: Row[Any]) -> str:
        return f"{row.kind} {row.state}"

    def invoice(self, row: Row[Any]) -> str:
        tax = f" {row.tax_id}" if row.tax_id else ""
        return f"{row.kind} {row.title}{tax} {yuan(row.amount_minor)}" + (" void" if row.voided_at else "")

    def coupons(self, rows: Rows) -> Books:
        return {"coupons": [self._coupon(row) for row in rows]} if rows else {}

    def _coupon(self, row: Row[Any]) -> str:
        off = f"{row.percent}%" if row.percent is not None else yuan(row.amount_minor)
        return f"{self._letters.get(row.coupon_id, 'new')} {off} used {row.used_count} of {row.max_uses}"

    def gift_card(self, rows: Rows) -> Books:
        held = [yuan(row.balance_minor) for row in rows if row.balance_minor is not None]
        return {"gift card": held} if held else {}

    def stock(self, rows: Rows) -> Books:
        """What is not as it was put on the shelf at first."""
        return {
            STOCK + self._kinds[row.variant_id]: f"{row.stock} free, {row.reserved} kept"
            for row in rows
            if (row.stock, row.reserved) != (IN_STOCK, 0)
        }


def changed(before: Books, after: Books) -> Books:
    """What is otherwise than before; what is gone is ''."""
    return {
        key: after.get(key, "")
        for key in sorted({*before, *after})
        if before.get(key, "") != after.get(key, "")
    }
