"""The retail shop of the tau2 benchmark (`db.json`: products, users, orders) as a tenant, and back again.

Nothing is lost: what has no column is in `attributes`, and `export_tau2` gives the same document. The
format has no times and counts no stock: times are None, and an available item has `AVAILABLE_STOCK`
pieces.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from commerce.importers.fitting import require_fitting
from commerce.importers.reading import Node, read_json
from commerce.importers.tau2_policy import TAU2_POLICY
from commerce.importers.tau2_rows import (
    AVAILABLE_STOCK,
    ITEMS_CHANGED,
    ORDER_EXTRAS,
    STATES,
    Tables,
    catalogue_rows,
    order_rows,
    user_rows,
)
from commerce.store import Store
from commerce.store.open_cases import open_missing_cases
from commerce.store.tables import (
    customers,
    metadata,
    order_lines,
    orders,
    payment_methods,
    payments,
    products,
    shipments,
    variants,
)
from commerce.store.tenants import insert_tenant

__all__ = ["AVAILABLE_STOCK", "TAU2_POLICY", "export_tau2", "load_tau2", "read_tau2"]

Document = dict[str, Any]


async def load_tau2(store: Store, path: Path, tenant_id: str) -> dict[str, int]:
    """Load `path` as a new tenant, in one transaction; returns the rows by table.

    Raises ImportInvalid with the path of the first bad field, TenantExists, and OSError when the file
    cannot be read.
    """
    tables = _tables(read_json(path), path.name, tenant_id)
    tenant = Tenant(
        tenant_id,
        LocalText("Retail", "Retail"),
        "en-US",
        TAU2_POLICY.zone,
        TAU2_POLICY.currency,
        {"format": "tau2"},
    )
    async with store.writing() as connection:
        await insert_tenant(connection, tenant, TAU2_POLICY)
        for name, rows in tables.items():
            if rows:
                await connection.execute(insert(metadata.tables[name]), rows)
        await open_missing_cases(connection, tenant_id, datetime.now(UTC))
    return {name: len(rows) for name, rows in tables.items()}


def read_tau2(path: Path) -> Document:
    """The document itself, after the checks of `load_tau2`; raises as it does."""
    document: Document = read_json(path)
    _tables(document, path.name, "checked")
    return document


def _tables(document: Any, name: str, tenant_id: str) -> Tables:
    root = Node(document, name)
    root.only({"products", "users", "orders"})
    tables = catalogue_rows(root.field("products"), tenant_id)
    tables |= user_rows(root.field("users"), tenant_id)
    tables |= order_rows(root.field("orders"), tenant_id, tables)
    require_fitting(tables)
    return tables


async def export_tau2(store: Store, tenant_id: str) -> Document:
    """The tenant as the document it was loaded from, with what has changed since; prices are floats."""
    async with store.reading() as connection:
        return {
            "products": await _products(connection, tenant_id),
            "users": await _users(connection, tenant_id),
            "orders": await _orders(connection, tenant_id),
        }


async def _rows(connection: AsyncConnection, table: Any, tenant_id: str, *order: Any) -> list[Any]:
    query = select(table).where(table.c.tenant_id == tenant_id).order_by(*order)
    return list(await connection.execute(query))


async def _products(connection: AsyncConnection, tenant_id: str) -> Document:
    found: Document = {
        row.product_id: {"name": row.name_en, "product_id": row.product_id, "variants": {}}
        for row in await _rows(connection, products, tenant_id, products.c.product_id)
    }
    for row in await _rows(connection, variants, tenant_id, variants.c.variant_id):
        found[row.product_id]["variants"][row.variant_id] = {
            "item_id": row.variant_id,
            "options": row.options,
            "available": row.stock > 0,
            "price": row.price_minor / 100,
        }
    return found


async def _users(connection: AsyncConnection, tenant_id: str) -> Document:
    found: Document = {
        row.customer_id: {"user_id": row.customer_id, "email": row.email, **row.attributes}
        for row in await _rows(connection, customers, tenant_id, customers.c.customer_id)
    }
    for row in await _rows(connection, payment_methods, tenant_id, payment_methods.c.method_id):
        if row.balance_minor is not None:
            card = found[row.customer_id]["payment_methods"][row.method_id]
            if round(card["balance"] * 100) != row.balance_minor:
                card["balance"] = row.balance_minor / 100
    return found


async def _orders(connection: AsyncConnection, tenant_id: str) -> Document:
    names = {
        row.product_id: row.name_en
        for row in await _rows(connection, products, tenant_id, products.c.product_id)
    }
    found: Document = {}
    for row in await _rows(connection, orders, tenant_id, orders.c.position):
        extras = {name: row.attributes[name] for name in ORDER_EXTRAS if name in row.attributes}
        found[row.order_id] = {
            "order_id": row.order_id,
            "user_id": row.customer_id,
            "address": row.attributes.get("address") or _moved_to(row.address),
            "items": [],
            "status": _status(row),
            "fulfillments": [],
            "payment_history": [],
            **extras,
        }
    for row in await _rows(
        connection, order_lines, tenant_id, order_lines.c.order_id, order_lines.c.position
    ):
        found[row.order_id]["items"].append(
            {
                "name": names[row.product_id],
                "product_id": row.product_id,
                "item_id": row.variant_id,
                "price": row.unit_price_minor / 100,
                "options": row.options,
            }
        )
    for row in await _rows(connection, shipments, tenant_id, shipments.c.shipment_id):
        found[row.order_id]["fulfillments"].append(row.attributes["fulfillment"])
    for row in await _rows(connection, payments, tenant_id, payments.c.order_id, payments.c.position):
        found[row.order_id]["payment_history"].append(
            {
                "transaction_type": row.kind,
                "amount": row.amount_minor / 100,
                "payment_method_id": row.method_id,
            }
        )
    return found


_STATUS_OF = {state.value: status for status, state in reversed(STATES.items())}


def _status(row: Row[Any]) -> str:
    status = _STATUS_OF[row.state]
    return ITEMS_CHANGED if status == "pending" and row.item_changes else status


def _moved_to(address: Document) -> Document:
    """An address that was given since the document was loaded: its street is one line."""
    return {
        "address1": address["street"],
        "address2": "",
        "city": address["city"],
        "state": address["region"],
        "country": address["country"],
        "zip": address["postcode"],
    }
