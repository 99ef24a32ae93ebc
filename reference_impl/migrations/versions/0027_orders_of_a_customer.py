"""An index for a customer's own orders, newest first.

Why: "my orders" read the whole table for each visitor: 4 ms with the first thousand orders, 900 ms two years later.
Safe: made concurrently, so that orders are placed meanwhile. A try that fails leaves an invalid index, which every
write keeps up and no query uses: the next try drops it first.
Down: the index goes, concurrently too.
"""

from __future__ import annotations

from reference_impl.migrations.steps import drop_index_concurrently, expect, index_concurrently

revision = "0027_orders_of_a_customer"
down_revision = "0026_vendor_name_dropped"

VALID = "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('ix_order_customer_created') AND indisvalid"
OTHER = f"{VALID} AND pg_get_indexdef(indexrelid) NOT LIKE '%(customer_id, created_at)'"


def upgrade() -> None:
    expect(OTHER, 0, "ix_order_customer_created is there, on other columns; drop it, so that it can be made.")
    index_concurrently("ix_order_customer_created", '"order" (customer_id, created_at)')
    expect(VALID, 1, "The index is not valid; run this revision again.")


def downgrade() -> None:
    drop_index_concurrently("ix_order_customer_created")
