"""The outbox, written with each change, and the inbox of each handler."""

from __future__ import annotations

from alembic import op

revision = "0004_events"
down_revision = "0003_wallets"

TABLES = (
    """
    CREATE TABLE outbox (
        position BIGINT GENERATED ALWAYS AS IDENTITY,
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        type TEXT NOT NULL,
        aggregate_id TEXT NOT NULL,
        payload JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        dispatched_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_outbox PRIMARY KEY (position),
        CONSTRAINT uq_outbox_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_outbox_undispatched ON outbox (position) WHERE dispatched_at IS NULL
    """,
    """
    CREATE TABLE inbox (
        handler TEXT NOT NULL,
        event_id TEXT NOT NULL,
        position BIGINT NOT NULL,
        aggregate_id TEXT NOT NULL,
        status TEXT DEFAULT 'pending' NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL,
        error TEXT,
        CONSTRAINT pk_inbox PRIMARY KEY (handler, event_id),
        CONSTRAINT fk_inbox_event_id FOREIGN KEY(event_id) REFERENCES outbox (id)
    )
    """,
    """
    CREATE INDEX ix_inbox_pending ON inbox (handler, aggregate_id, position) WHERE status = 'pending'
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE inbox, outbox")
