"""A conversation's turns one after the other: who answers one now, and until when that is believed.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("held_by", sa.String(length=64)))
    op.add_column("conversations", sa.Column("held_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("conversations", "held_until")
    op.drop_column("conversations", "held_by")
