"""Revoked tokens; the audit log can be read by customer and by time.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "token_revocations",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("entity_id", sa.String(length=100), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "scope", "entity_id", name=op.f("pk_token_revocations")),
    )
    op.create_index(
        op.f("ix_token_revocations_tenant_id_revoked_at"), "token_revocations", ["tenant_id", "revoked_at"]
    )
    op.create_index(op.f("ix_audit_log_tenant_id_customer_id"), "audit_log", ["tenant_id", "customer_id"])
    op.create_index(op.f("ix_audit_log_tenant_id_at"), "audit_log", ["tenant_id", "at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_log_tenant_id_at"), table_name="audit_log")
    op.drop_index(op.f("ix_audit_log_tenant_id_customer_id"), table_name="audit_log")
    op.drop_table("token_revocations")
