"""What was served before each promoted model, corrections of the understanding, and what candidates say in the shadow.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("promoted_models", sa.Column("previous_version", sa.String(length=64), nullable=True))
    op.add_column("promoted_models", sa.Column("previous_url", sa.Text(), nullable=True))
    op.create_table(
        "feedback",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("feedback_id", sa.String(length=64), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("intent", sa.String(length=64), nullable=False),
        sa.Column("said", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "feedback_id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("tenant_id", "text_sha256", name=op.f("uq_feedback_tenant_id_text_sha256")),
    )
    op.create_table(
        "shadow_tallies",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("live_version", sa.String(length=64), nullable=True),
        sa.Column("texts", sa.BigInteger(), nullable=False),
        sa.Column("same_intent", sa.BigInteger(), nullable=False),
        sa.Column("same_decision", sa.BigInteger(), nullable=False),
        sa.Column("live_out_of_scope", sa.BigInteger(), nullable=False),
        sa.Column("shadow_out_of_scope", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("live_ms", sa.Float(), nullable=False),
        sa.Column("shadow_ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_shadow_tallies")),
    )


def downgrade() -> None:
    op.drop_table("shadow_tallies")
    op.drop_table("feedback")
    op.drop_column("promoted_models", "previous_url")
    op.drop_column("promoted_models", "previous_version")
