"""Which customers were erased, and whose message a correction was.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_customers_tenant_id_erased_at"), "customers", ["tenant_id", "erased_at"], unique=False
    )
    op.add_column("feedback", sa.Column("customer_id", sa.String(length=64), nullable=True))
    op.add_column("feedback", sa.Column("conversation_id", sa.String(length=64), nullable=True))
    op.create_index(
        op.f("ix_feedback_tenant_id_customer_id"), "feedback", ["tenant_id", "customer_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_feedback_tenant_id_customer_id"), table_name="feedback")
    op.drop_column("feedback", "conversation_id")
    op.drop_column("feedback", "customer_id")
    op.drop_index(op.f("ix_customers_tenant_id_erased_at"), table_name="customers")
    op.drop_column("customers", "erased_at")
