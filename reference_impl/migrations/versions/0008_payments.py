"""Payments."""

from __future__ import annotations

from alembic import op

revision = "0008_payments"
down_revision = "0007_carts"

TABLES: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` made."""
