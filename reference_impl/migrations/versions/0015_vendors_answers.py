"""What vendors tell us: deliveries that were received, payments by their own ids, addresses that bounce.

And how far the hierarchy of the CMS has been carried.

What needs time on tables in use, the indexes, comes first and by itself; the rest is one transaction.
"""

from __future__ import annotations

from alembic import op

from reference_impl.migrations.steps import apart, drop_index_concurrently, each, index_concurrently

revision = "0015_vendors_answers"
down_revision = "0014_sessions"

STATEMENTS = (
    """
    CREATE TABLE webhook_delivery (
        vendor TEXT NOT NULL,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        error TEXT,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_webhook_delivery PRIMARY KEY (vendor, id)
    )
    """,
    """
    ALTER TABLE customer ADD COLUMN email_bounced_at TIMESTAMP WITH TIME ZONE
    """,
    """
    CREATE TABLE hierarchy_sync (
        name TEXT NOT NULL,
        next_at TIMESTAMP WITH TIME ZONE,
        failures INTEGER NOT NULL,
        told_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_hierarchy_sync PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE hierarchy_cursor (
        collection TEXT NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_hierarchy_cursor PRIMARY KEY (collection)
    )
    """,
    """
    CREATE TABLE hierarchy_entry (
        collection TEXT NOT NULL,
        document TEXT NOT NULL,
        name TEXT NOT NULL,
        digest TEXT NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        refers_to JSONB NOT NULL,
        CONSTRAINT pk_hierarchy_entry PRIMARY KEY (collection, document)
    )
    """,
)


def upgrade() -> None:
    index_concurrently("ix_inbox_dead", "inbox (position) WHERE status = 'dead'")
    index_concurrently("ix_inbox_oldest", "inbox (handler, position) WHERE status = 'pending'")
    with apart():
        each("ALTER TABLE payment ADD COLUMN IF NOT EXISTS external_id TEXT")
    index_concurrently("uq_payment_external_id", "payment (external_id)", unique=True)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for index in ("ix_inbox_dead", "ix_inbox_oldest", "uq_payment_external_id"):
        drop_index_concurrently(index)
    op.execute("DROP TABLE webhook_delivery, hierarchy_sync, hierarchy_cursor, hierarchy_entry")
    op.execute("ALTER TABLE customer DROP COLUMN email_bounced_at")
    op.execute("ALTER TABLE payment DROP COLUMN external_id")
