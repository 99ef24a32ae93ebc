"""Vendors."""

from __future__ import annotations

from alembic import op

revision = "0005_vendors"
down_revision = "0004_events"

TABLES: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` made."""
