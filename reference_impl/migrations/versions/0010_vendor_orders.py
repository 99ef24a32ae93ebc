"""Vendor orders."""

from __future__ import annotations

from alembic import op

revision = "0010_vendor_orders"
down_revision = "0009_orders"

TABLES: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` made."""
