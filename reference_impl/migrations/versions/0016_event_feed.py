"""The feed of events: a number for each that was dispatched, by which it can be read on from where one was.

A server of the release before this one hands events out without a number, so that the feed would never show them: stop
the last of those before this revision runs.
"""

from __future__ import annotations

from alembic import op

revision = "0016_event_feed"
down_revision = "0015_vendors_answers"

# Nobody has read the feed before: what was dispatched until now is numbered in the order in which it was written.
STATEMENTS = (
    """
    CREATE SEQUENCE outbox_feed_number
    """,
    """
    ALTER TABLE outbox ADD COLUMN feed_number BIGINT
    """,
    """
    UPDATE outbox SET feed_number = numbered.feed_number
    FROM (
        SELECT position, nextval('outbox_feed_number') AS feed_number
        FROM (SELECT position FROM outbox WHERE dispatched_at IS NOT NULL ORDER BY position) AS in_order
    ) AS numbered
    WHERE outbox.position = numbered.position
    """,
    """
    CREATE INDEX ix_outbox_feed ON outbox (tenant_id, feed_number) WHERE feed_number IS NOT NULL
    """,
    """
    CREATE INDEX ix_outbox_feed_of_aggregate ON outbox (aggregate_id, feed_number) WHERE feed_number IS NOT NULL
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE outbox DROP COLUMN feed_number")
    op.execute("DROP SEQUENCE outbox_feed_number")
