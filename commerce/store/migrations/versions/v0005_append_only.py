"""What was written down stays also where rows would go without a DELETE: PostgreSQL's TRUNCATE, SQLite's INSERT OR REPLACE.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

_KEYS = {
    "payments": ("tenant_id", "payment_id"),
    "settlements": ("tenant_id", "payment_id"),
    "stock_moves": ("move_id",),
    "audit_log": ("entry_id",),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _forbid_truncating()
    else:
        _forbid_replacing()


def _forbid_truncating() -> None:
    op.execute(
        "CREATE FUNCTION kefu_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in _KEYS:
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION kefu_no_truncate()"
        )


def _forbid_replacing() -> None:
    # A replaced row fires no trigger for its deletion unless the connection asks for that, and any connection may not.
    for table, key in _KEYS.items():
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _KEYS:
        op.execute(
            f"DROP TRIGGER {table}_no_truncate ON {table}"
            if is_postgresql
            else f"DROP TRIGGER {table}_no_replace"
        )
    if is_postgresql:
        op.execute("DROP FUNCTION kefu_no_truncate()")
