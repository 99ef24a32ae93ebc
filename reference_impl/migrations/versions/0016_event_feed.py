"""The feed of events: a number for each that was dispatched, by which it can be read on from where one was.

A server of the release before this one hands events out without a number, so that the feed would never show them: stop
the last of those before this revision runs.

replay: releases before 0016_event_feed can't run on it: they hand events out without a number
"""

from __future__ import annotations

from alembic import op

from reference_impl.migrations.steps import (
    apart,
    batches,
    drop_index_concurrently,
    each,
    expect,
    index_concurrently,
)

revision = "0016_event_feed"
down_revision = "0015_vendors_answers"

# Nobody has read the feed before: what was dispatched until now is numbered in the order in which it was written.
NUMBER = """
UPDATE outbox SET feed_number = numbered.feed_number
FROM (
    SELECT position, nextval('outbox_feed_number') AS feed_number
    FROM (
        SELECT position FROM outbox
        WHERE position BETWEEN :first AND :last AND dispatched_at IS NOT NULL AND feed_number IS NULL
        ORDER BY position
    ) AS in_order
) AS numbered
WHERE outbox.position = numbered.position
"""
INDEXES = {
    "ix_outbox_feed": "outbox (tenant_id, feed_number) WHERE feed_number IS NOT NULL",
    "ix_outbox_feed_of_aggregate": "outbox (aggregate_id, feed_number) WHERE feed_number IS NOT NULL",
}


def upgrade() -> None:
    with apart():
        each(
            "CREATE SEQUENCE IF NOT EXISTS outbox_feed_number",
            "ALTER TABLE outbox ADD COLUMN IF NOT EXISTS feed_number BIGINT",
        )
    batches("outbox", NUMBER, key="position")
    expect(
        "SELECT count(*) FROM outbox WHERE dispatched_at IS NOT NULL AND feed_number IS NULL",
        0,
        "{found} events were handed out meanwhile without a number: stop the servers of the release before.",
    )
    for name, definition in INDEXES.items():
        index_concurrently(name, definition)


def downgrade() -> None:
    for name in INDEXES:
        drop_index_concurrently(name)
    op.execute("ALTER TABLE outbox DROP COLUMN feed_number")
    op.execute("DROP SEQUENCE outbox_feed_number")
