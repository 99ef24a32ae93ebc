"""Two more states of a vendor's order: disputed and returned.

Why: a parcel that came back was set to cancelled by hand, and the vendor's statement said that it was never sent.
Safe: the wider check is added beside the narrow one NOT VALID, which needs the lock for a moment, and validated while
orders are written; then it takes the other's name. Both were true of every row all the time.
May run beside the release before, which writes neither state.
Down: orders in one of the two states become delivered, which is what they were before; which they were can't come back.

replay: may change vendor_order.status: the way down knows neither disputed nor returned
replay: its release needs 0023_disputes_and_returns: it writes both states
"""

from __future__ import annotations

from reference_impl.migrations.steps import check_replaced, each, expect, one

revision = "0023_disputes_and_returns"
down_revision = "0022_reference_once"

BEFORE = "'pending', 'acknowledged', 'processing', 'ready_to_ship', 'shipped', 'delivered', 'completed', 'cancelled'"
AFTER = (
    "'pending', 'acknowledged', 'processing', 'ready_to_ship', 'shipped', 'delivered', 'disputed', 'completed',"
    " 'cancelled', 'returned'"
)
COUNT = "SELECT count(*) FROM vendor_order"
NEW = "SELECT count(*) FROM vendor_order WHERE status IN ('disputed', 'returned')"


def upgrade() -> None:
    expect(NEW, 0, "{found} orders have a state already that nobody can have given them.")
    check_replaced("vendor_order", "ck_vendor_order_status", f"status IN ({AFTER})")


def downgrade() -> None:
    each("LOCK TABLE vendor_order IN ACCESS EXCLUSIVE MODE")
    orders = one(COUNT)
    each(
        "UPDATE vendor_order SET status = 'delivered' WHERE status IN ('disputed', 'returned')",
        "ALTER TABLE vendor_order DROP CONSTRAINT ck_vendor_order_status",
        f"ALTER TABLE vendor_order ADD CONSTRAINT ck_vendor_order_status CHECK (status IN ({BEFORE}))",
    )
    expect(COUNT, orders, f"There were {orders} orders of vendors, now {{found}}.")
