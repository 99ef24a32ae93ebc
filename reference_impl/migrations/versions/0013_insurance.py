"""Insurance."""

from __future__ import annotations

from alembic import op

revision = "0013_insurance"
down_revision = "0012_trade_in"

TABLES: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` made."""
