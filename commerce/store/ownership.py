"""Whose rows a caller reads and changes: every statement about something of a customer has its condition from here.

A customer reaches their own rows. An agent with a customer reaches that customer's; without one, those of all customers of
the shop. Nobody reaches another tenant's. What hangs on an order is reached through the order.

To build a statement takes as long as to run it. What every request needs is built once, with the conditions `of_one_order`
and `of_one_customer`, and run with the values `named_order` and `named_customer`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Table, bindparam

from commerce.domain.errors import CustomerRequired
from commerce.domain.identity import Principal

Values: TypeAlias = dict[str, Any]


def reachable(principal: Principal, table: Table) -> ColumnElement[bool]:
    """The rows of `table`, which has a `customer_id`, that the caller may read and change. Raises CustomerRequired."""
    if principal.customer_id is not None:
        return _of_tenant(principal, table) & (table.c.customer_id == principal.customer_id)
    if principal.agent_id is None:
        raise CustomerRequired
    return _of_tenant(principal, table)


def own(principal: Principal, table: Table) -> ColumnElement[bool]:
    """The rows of one customer. Raises CustomerRequired, also for an agent who has not said whose."""
    if principal.customer_id is None:
        raise CustomerRequired
    return reachable(principal, table)


def own_or_nobodys(principal: Principal, table: Table) -> ColumnElement[bool]:
    """The customer's, or, for a caller without one, those that belong to nobody."""
    if principal.customer_id is not None:
        return reachable(principal, table)
    return _of_tenant(principal, table) & table.c.customer_id.is_(None)


def own_or_everybodys(principal: Principal, table: Table) -> ColumnElement[bool]:
    """The customer's, and those that are for every customer of the shop. Raises CustomerRequired."""
    everybodys = _of_tenant(principal, table) & table.c.customer_id.is_(None)
    return own(principal, table) | everybodys


def of_orders(tenant_id: str, table: Table, order_ids: Collection[str]) -> ColumnElement[bool]:
    """The rows of `table` that hang on these orders, which the caller was found to reach."""
    return (table.c.tenant_id == tenant_id) & table.c.order_id.in_(order_ids)


def of_many_orders(table: Table) -> ColumnElement[bool]:
    """As `of_one_order`, of several: `of_order` is a list then."""
    return (table.c.tenant_id == bindparam("of_tenant")) & table.c.order_id.in_(
        bindparam("of_order", expanding=True)
    )


def of_one_order(table: Table) -> ColumnElement[bool]:
    """As `of_orders`, for a statement that is run with `named_order`."""
    return (table.c.tenant_id == bindparam("of_tenant")) & (table.c.order_id == bindparam("of_order"))


def named_order(tenant_id: str, order_id: str) -> Values:
    """Which order, for `of_one_order`."""
    return {"of_tenant": tenant_id, "of_order": order_id}


def of_one_customer(table: Table) -> ColumnElement[bool]:
    """As `own`, for a statement that is run with `named_customer`."""
    return (table.c.tenant_id == bindparam("of_tenant")) & (table.c.customer_id == bindparam("of_customer"))


def named_customer(principal: Principal) -> Values:
    """Who, for `of_one_customer`. Raises CustomerRequired, also for an agent who has not said whose."""
    if principal.customer_id is None:
        raise CustomerRequired
    return {"of_tenant": principal.tenant_id, "of_customer": principal.customer_id}


def _of_tenant(principal: Principal, table: Table) -> ColumnElement[bool]:
    return table.c.tenant_id == principal.tenant_id
