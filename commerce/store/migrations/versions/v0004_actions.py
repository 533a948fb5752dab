"""What actions need: payment methods, counted reservations, cases, coupons, invoices, tickets, the actions themselves and the
audit log. Money, stock and the log of who did what are append-only, by triggers.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.String(length=64)
_UTC = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_APPEND_ONLY = ("payments", "settlements", "stock_moves", "audit_log")
_NEW_TABLES = (
    "actions",
    "audit_log",
    "coupons",
    "stock_moves",
    "tenant_removals",
    "tickets",
    "payment_methods",
    "cases",
    "invoices",
    "stock_reservations",
    "settlements",
)
_NEW_COLUMNS = {
    "orders": ("urged_at", "coupon_id", "item_changes", "version"),
    "payments": ("action_id", "method_id"),
    "variants": ("reserved",),
}

# What the rules were before they stood in the policy.
_ORDERS = {
    "cancel_states": ["pending_payment", "paid"],
    "change_states": ["pending_payment", "paid"],
    "cancel_reasons": ["no_longer_needed", "ordered_by_mistake", "found_cheaper", "too_slow", "other"],
    "max_item_changes": 1,
    "is_changed_cancellable": True,
}


def upgrade() -> None:
    _add_columns()
    _add_tables()
    _extend_policies()
    _find_methods()
    _count_item_changes()
    _reserve_open_orders()
    _forbid_changes()


def _add_columns() -> None:
    op.add_column("orders", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("orders", sa.Column("item_changes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("coupon_id", _ID, nullable=True))
    op.add_column("orders", sa.Column("urged_at", _UTC, nullable=True))
    op.add_column("payments", sa.Column("method_id", _ID, server_default="", nullable=False))
    op.add_column("payments", sa.Column("action_id", _ID, nullable=True))
    op.add_column("variants", sa.Column("reserved", sa.Integer(), server_default="0", nullable=False))


def _add_tables() -> None:
    op.create_table(
        "actions",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("action_id", _ID, nullable=False),
        sa.Column("idempotency_key", sa.String(length=128), nullable=False),
        sa.Column("token_id", _ID, nullable=False),
        sa.Column("caller", sa.String(length=128), nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("digest", _ID, nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "action_id", name=op.f("pk_actions")),
        sa.UniqueConstraint(
            "tenant_id", "caller", "idempotency_key", name=op.f("uq_actions_tenant_id_caller_idempotency_key")
        ),
        sa.UniqueConstraint("tenant_id", "token_id", name=op.f("uq_actions_tenant_id_token_id")),
    )
    op.create_index(op.f("ix_actions_tenant_id_order_id"), "actions", ["tenant_id", "order_id"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("entry_id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.Column("caller", sa.String(length=128), nullable=False),
        sa.Column("customer_id", _ID, nullable=True),
        sa.Column("what", sa.String(length=48), nullable=False),
        sa.Column("entity_id", sa.String(length=100), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("request_id", _ID, nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_log")),
    )
    op.create_index(
        op.f("ix_audit_log_tenant_id_entity_id"), "audit_log", ["tenant_id", "entity_id"], unique=False
    )
    op.create_table(
        "coupons",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("coupon_id", _ID, nullable=False),
        sa.Column("customer_id", _ID, nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("min_goods_minor", sa.BigInteger(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("valid_from", _UTC, nullable=False),
        sa.Column("valid_until", _UTC, nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=False),
        sa.Column("used_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("used_count >= 0 AND used_count <= max_uses", name=op.f("ck_coupons_uses")),
        sa.PrimaryKeyConstraint("tenant_id", "coupon_id", name=op.f("pk_coupons")),
    )
    op.create_index(
        op.f("ix_coupons_tenant_id_customer_id"), "coupons", ["tenant_id", "customer_id"], unique=False
    )
    op.create_table(
        "stock_moves",
        sa.Column("move_id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("variant_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=True),
        sa.Column("action_id", _ID, nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_stock_moves")),
    )
    op.create_index(
        op.f("ix_stock_moves_tenant_id_variant_id"), "stock_moves", ["tenant_id", "variant_id"], unique=False
    )
    op.create_table(
        "tenant_removals",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant_removals")),
    )
    op.create_table(
        "tickets",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_at", _UTC, nullable=False),
        sa.Column("due_at", _UTC, nullable=True),
        sa.Column("closed_at", _UTC, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", name=op.f("pk_tickets")),
    )
    op.create_index(
        op.f("ix_tickets_tenant_id_customer_id"), "tickets", ["tenant_id", "customer_id"], unique=False
    )
    op.create_index(
        op.f("ix_tickets_tenant_id_state_due_at"), "tickets", ["tenant_id", "state", "due_at"], unique=False
    )
    op.create_table(
        "payment_methods",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("method_id", _ID, nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("service", _ID, nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("balance_minor >= 0", name=op.f("ck_payment_methods_balance")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.customer_id"],
            name=op.f("fk_payment_methods_customers"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "method_id", name=op.f("pk_payment_methods")),
    )
    op.create_index(
        op.f("ix_payment_methods_tenant_id_customer_id"),
        "payment_methods",
        ["tenant_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "cases",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        sa.Column("prepaid_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method_id", _ID, nullable=True),
        sa.Column("opened_at", _UTC, nullable=False),
        sa.Column("due_at", _UTC, nullable=True),
        sa.Column("closed_at", _UTC, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["orders.tenant_id", "orders.order_id"], name=op.f("fk_cases_orders")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", name=op.f("pk_cases")),
    )
    op.create_index(
        op.f("ix_cases_tenant_id_customer_id"), "cases", ["tenant_id", "customer_id"], unique=False
    )
    op.create_index(op.f("ix_cases_tenant_id_order_id"), "cases", ["tenant_id", "order_id"], unique=False)
    op.create_table(
        "invoices",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("issued_at", _UTC, nullable=False),
        sa.Column("due_at", _UTC, nullable=True),
        sa.Column("voided_at", _UTC, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["orders.tenant_id", "orders.order_id"],
            name=op.f("fk_invoices_orders"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "invoice_id", name=op.f("pk_invoices")),
    )
    op.create_index(
        op.f("ix_invoices_tenant_id_order_id"), "invoices", ["tenant_id", "order_id"], unique=False
    )
    op.create_table(
        "stock_reservations",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("variant_id", _ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_stock_reservations_quantity")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["orders.tenant_id", "orders.order_id"],
            name=op.f("fk_stock_reservations_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "variant_id"],
            ["variants.tenant_id", "variants.variant_id"],
            name=op.f("fk_stock_reservations_variants"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", "variant_id", name=op.f("pk_stock_reservations")),
    )
    op.create_table(
        "settlements",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("payment_id", _ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payments.tenant_id", "payments.payment_id"],
            name=op.f("fk_settlements_payments"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "payment_id", name=op.f("pk_settlements")),
    )


def _extend_policies() -> None:
    """Stored policies get what the rules were before they stood there."""
    for tenant_id, policy in _policies():
        for rule in _category_rules(policy):
            rule.setdefault("opened_fee_percent", None)
        policy.setdefault("orders", _ORDERS)
        policy["refunds"].setdefault("goodwill_max_minor", 0)
        _store_policy(tenant_id, policy)


def _find_methods() -> None:
    """A customer's methods are those that an imported shop wrote down, and otherwise those that they paid with."""
    connection = op.get_bind()
    customers = sa.table(
        "customers",
        sa.column("tenant_id", _ID),
        sa.column("customer_id", _ID),
        sa.column("attributes", sa.JSON()),
    )
    for row in connection.execute(sa.select(customers)).all():
        for method_id, method in row.attributes.get("payment_methods", {}).items():
            balance = method.get("balance")
            minor = None if balance is None else round(balance * 100)
            _add_method(row.tenant_id, method_id, row.customer_id, method["source"], minor, "USD")
            op.execute(
                sa.text(
                    "UPDATE payments SET method_id = method, method = :service WHERE tenant_id = :tenant AND method = :id"
                ).bindparams(service=method["source"], tenant=row.tenant_id, id=method_id)
            )
    paid = sa.text(
        "SELECT p.tenant_id, o.customer_id, p.method, min(p.currency) AS currency FROM payments p "
        "JOIN orders o ON o.tenant_id = p.tenant_id AND o.order_id = p.order_id WHERE p.method_id = '' "
        "GROUP BY p.tenant_id, o.customer_id, p.method"
    )
    for row in connection.execute(paid).all():
        minor = 0 if row.method == "gift_card" else None
        method_id = _method_id(row.method, row.customer_id)
        _add_method(row.tenant_id, method_id, row.customer_id, row.method, minor, row.currency)
        op.execute(
            sa.text(
                "UPDATE payments SET method_id = :id WHERE tenant_id = :tenant AND method = :service AND method_id = '' "
                "AND order_id IN (SELECT order_id FROM orders WHERE tenant_id = :tenant AND customer_id = :customer)"
            ).bindparams(id=method_id, tenant=row.tenant_id, service=row.method, customer=row.customer_id)
        )


def _method_id(service: str, customer_id: str) -> str:
    plain = f"{service}-{customer_id}"
    return plain if len(plain) <= 64 else hashlib.sha256(plain.encode()).hexdigest()


def _count_item_changes() -> None:
    """An imported shop said so in words."""
    connection = op.get_bind()
    orders = sa.table(
        "orders",
        sa.column("tenant_id", _ID),
        sa.column("order_id", _ID),
        sa.column("attributes", sa.JSON()),
        sa.column("item_changes", sa.Integer()),
    )
    for row in connection.execute(sa.select(orders)).all():
        if row.attributes.get("status") == "pending (item modified)":
            mine = (orders.c.tenant_id == row.tenant_id) & (orders.c.order_id == row.order_id)
            connection.execute(sa.update(orders).where(mine).values(item_changes=1))


def _add_method(
    tenant_id: str, method_id: str, customer_id: str, service: str, balance_minor: int | None, currency: str
) -> None:
    kind = "gift_card" if balance_minor is not None else "card" if "card" in service else "wallet"
    op.execute(
        sa.text(
            "INSERT INTO payment_methods (tenant_id, method_id, customer_id, kind, service, balance_minor, currency) "
            "VALUES (:tenant, :id, :customer, :kind, :service, :balance, :currency)"
        ).bindparams(
            tenant=tenant_id,
            id=method_id,
            customer=customer_id,
            kind=kind,
            service=service,
            balance=balance_minor,
            currency=currency,
        )
    )


def _reserve_open_orders() -> None:
    """Orders that have not left hold their pieces, which were not on the shelf before either."""
    op.execute(
        "INSERT INTO stock_reservations (tenant_id, order_id, variant_id, quantity) "
        "SELECT l.tenant_id, l.order_id, l.variant_id, sum(l.quantity) FROM order_lines l "
        "JOIN orders o ON o.tenant_id = l.tenant_id AND o.order_id = l.order_id "
        "WHERE o.state IN ('pending_payment', 'paid', 'packed') "
        "GROUP BY l.tenant_id, l.order_id, l.variant_id"
    )
    op.execute(
        "UPDATE variants SET reserved = COALESCE((SELECT sum(quantity) FROM stock_reservations r "
        "WHERE r.tenant_id = variants.tenant_id AND r.variant_id = variants.variant_id), 0)"
    )


def _forbid_changes() -> None:
    """Also to whoever writes to the database by hand. A shop that is removed as a whole says so first."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION kefu_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM tenant_removals WHERE tenant_id = OLD.tenant_id) "
            "THEN RETURN OLD; END IF; "
            "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
        )
        for table in _APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION kefu_append_only()"
            )
        return
    removed = "EXISTS (SELECT 1 FROM tenant_removals WHERE tenant_id = OLD.tenant_id)"
    for table in _APPEND_ONLY:
        told = f"SELECT RAISE(ABORT, '{table} is append-only')"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {told}; END")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT {removed} BEGIN {told}; END"
        )


def downgrade() -> None:
    _allow_changes()
    _shorten_policies()
    # An imported shop's own ids; the others begin with their service.
    op.execute("UPDATE payments SET method = method_id WHERE method_id NOT LIKE method || '-%'")
    for table in reversed(_NEW_TABLES):
        op.drop_table(table)
    for table, columns in _NEW_COLUMNS.items():
        for column in columns:
            op.drop_column(table, column)


def _allow_changes() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _APPEND_ONLY:
        if is_postgresql:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        else:
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(f"DROP TRIGGER {table}_no_delete")
    if is_postgresql:
        op.execute("DROP FUNCTION kefu_append_only()")


def _shorten_policies() -> None:
    for tenant_id, policy in _policies():
        for rule in _category_rules(policy):
            rule.pop("opened_fee_percent", None)
        policy.pop("orders", None)
        policy["refunds"].pop("goodwill_max_minor", None)
        _store_policy(tenant_id, policy)


_TENANTS = sa.table("tenants", sa.column("tenant_id", _ID), sa.column("policy", sa.JSON()))


def _policies() -> list[tuple[str, dict[str, Any]]]:
    rows = op.get_bind().execute(sa.select(_TENANTS.c.tenant_id, _TENANTS.c.policy))
    return [(row.tenant_id, row.policy) for row in rows]


def _category_rules(policy: dict[str, Any]) -> list[dict[str, Any]]:
    returns = policy["returns"]
    return [returns["default"], *returns["categories"].values()]


def _store_policy(tenant_id: str, policy: dict[str, Any]) -> None:
    op.get_bind().execute(sa.update(_TENANTS).where(_TENANTS.c.tenant_id == tenant_id).values(policy=policy))
