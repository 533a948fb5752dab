"""Articles keep their versions, and have a time to be shown, products that they are about, and questions that they answer.

Expands alone: what an older process writes meanwhile is a published article about all products, as before.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None

_HISTORY = "article_versions"
_KEY = ("tenant_id", "article_id", "version")
_COPIED = (
    *_KEY, "kind", "intents", "categories", "title_zh", "title_en", "body_zh", "body_en", "updated_at",
)  # fmt: skip


def upgrade() -> None:
    for column in _new_columns():
        op.add_column("articles", column)
    _create_history()
    # Who edited them was not written down.
    columns = ", ".join(_COPIED)
    op.execute(f"INSERT INTO {_HISTORY} ({columns}, edited_by) SELECT {columns}, 'unknown' FROM articles")
    if op.get_bind().dialect.name == "postgresql":
        _forbid_changes_on_postgresql()
    else:
        _forbid_changes_on_sqlite()


def _new_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("products", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("is_draft", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("questions", sa.JSON(), server_default="[]", nullable=False),
    )


def _create_history() -> None:
    op.create_table(
        _HISTORY,
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("article_id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("intents", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("body_zh", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *_new_columns(),
        sa.Column("edited_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f(f"pk_{_HISTORY}")),
    )


def _forbid_changes_on_postgresql() -> None:
    """The functions are those of 0004 and 0005."""
    op.execute(
        f"CREATE TRIGGER {_HISTORY}_append_only BEFORE UPDATE OR DELETE ON {_HISTORY} "
        "FOR EACH ROW EXECUTE FUNCTION kefu_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {_HISTORY}_no_truncate BEFORE TRUNCATE ON {_HISTORY} EXECUTE FUNCTION kefu_no_truncate()"
    )


def _forbid_changes_on_sqlite() -> None:
    told = f"BEGIN SELECT RAISE(ABORT, '{_HISTORY} is append-only'); END"
    removed = "EXISTS (SELECT 1 FROM tenant_removals WHERE tenant_id = OLD.tenant_id)"
    same = " AND ".join(f"{column} = NEW.{column}" for column in _KEY)
    known = f"EXISTS (SELECT 1 FROM {_HISTORY} WHERE {same})"
    op.execute(f"CREATE TRIGGER {_HISTORY}_no_update BEFORE UPDATE ON {_HISTORY} {told}")
    op.execute(f"CREATE TRIGGER {_HISTORY}_no_delete BEFORE DELETE ON {_HISTORY} WHEN NOT {removed} {told}")
    op.execute(f"CREATE TRIGGER {_HISTORY}_no_replace BEFORE INSERT ON {_HISTORY} WHEN {known} {told}")


def downgrade() -> None:
    # Its triggers go with it.
    op.drop_table(_HISTORY)
    for column in reversed(_new_columns()):
        op.drop_column("articles", column.name)
